"""Turtle and JSON-LD of a server, read with rdflib: rdf.py BASE RECORD TOKENLESS-VOCABULARY ONTOLOGY.ttl... Prints TAP lines' verdicts as "ok NAME" or "not ok NAME: WHY"."""
import sys
import urllib.request

import rdflib
import rdflib.compare
from rdflib.namespace import RDF, SKOS

base, rid, vocab = sys.argv[1:4]
RDM = "https://purl.org/rdm/ontology/"


def get(path, accept):
    r = urllib.request.Request(path if path.startswith("http") else base + path, headers={"Accept": accept})
    with urllib.request.urlopen(r) as x:
        return x.headers.get_content_type(), x.read()


def check(name, good, why=""):
    print(("ok " if good else "not ok ") + name + ("" if good else ": %s" % why))


graphs = {}
for fmt, media, path in (("turtle", "text/turtle", "nii-rdm-turtle"), ("json-ld", "application/ld+json", "nii-rdm")):
    kind, body = get("/records/%s/export/%s" % (rid, path), "*/*")
    g = rdflib.Graph()
    g.parse(data=body, format=fmt)
    graphs[fmt] = g
    check("%s parses and comes as %s" % (fmt, media), kind == media and len(g) > 10, (kind, len(g)))
check("both say the same", rdflib.compare.isomorphic(graphs["turtle"], graphs["json-ld"]))
kind, body = get("/records/" + rid, "text/turtle")
check("text/turtle is negotiated", kind == "text/turtle" and len(rdflib.Graph().parse(data=body, format="turtle")) == len(graphs["turtle"]), kind)
g = graphs["turtle"]
data = list(g.subjects(RDF.type, rdflib.URIRef(RDM + "Dataset")))
check("the record is a dataset of the ontology", len(data) == 1, data)
names = set(g.objects(data[0], rdflib.URIRef(RDM + "name"))) if data else set()
check("its titles keep their languages", rdflib.Literal("Rain") in names and rdflib.Literal("雨", lang="ja") in names, names)
check("the access policy is a term of the ontology", (None, rdflib.URIRef(RDM + "conditionOfAccess"), rdflib.URIRef(RDM + "OpenAccess")) in g)
check("people have their ORCID", (rdflib.URIRef("https://orcid.org/0000-0002-1825-0097"), RDF.type, rdflib.URIRef(RDM + "Person")) in g)
own = [u for u in set(g.subjects()) | set(g.objects()) if isinstance(u, rdflib.URIRef) and str(u).startswith(base + "/")]
bad = []
for u in own:
    try:
        get(str(u), "*/*")
    except Exception as e:  # noqa: BLE001
        bad.append((str(u), e))
check("every address of this server in it answers", own and not bad, bad or "none")

declared = None
if sys.argv[4:]:
    onto = rdflib.Graph()
    for f in sys.argv[4:]:
        onto.parse(f, format="turtle")
    declared = {str(s) for s in onto.subjects(RDF.type, None) if str(s).startswith(RDM)}
    used = {str(x) for t in g for x in t if isinstance(x, rdflib.URIRef) and str(x).startswith(RDM)}
    check("every term used is declared in the ontology", used and used <= declared, used - declared)

# the shipped mapping
n, missing, after = 0, [], "/api/vocabularies/rdm?size=100"
g = rdflib.Graph()
g.parse(data=get(after, "text/turtle")[1], format="turtle")
mapped = {str(s) for s in g.subjects(RDF.type, SKOS.Concept)}
check("the mapping's terms are there", len(mapped) >= 80, len(mapped))
if declared is not None:
    check("and declared in the ontology", mapped <= declared, mapped - declared)

for accept, fmt in (("text/turtle", "turtle"), ("application/ld+json", "json-ld")):
    kind, body = get("/api/vocabularies/%s" % vocab, accept)
    g = rdflib.Graph().parse(data=body, format=fmt)
    labels = {str(o) for o in g.objects(None, SKOS.prefLabel) if o.language == "ja"}
    check("a vocabulary as %s" % accept, kind == accept and "動物" in labels, (kind, labels))
g = rdflib.Graph().parse(data=get("/api/vocabularies/%s/b" % vocab, "text/turtle")[1], format="turtle")
e = "http://example.org/animals/"
check("one concept with its neighbours", (rdflib.URIRef(e + "b"), SKOS.broader, rdflib.URIRef(e + "a")) in g and (rdflib.URIRef(e + "b"), SKOS.narrower, rdflib.URIRef(e + "c")) in g, list(g))
