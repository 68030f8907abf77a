# deposit_text.py BASE TOKEN TEXTS: for each of the texts a published record that holds it in every field, one record whose files have them as names,
# columns and values, and one withdrawn for such a reason. Prints {"hostile": [{"id", "text"}], "marks": [paths], "refused": [texts]}.
import csv, io, json, sys, urllib.error, urllib.parse, urllib.request
base, token, path = sys.argv[1:]
texts = json.load(open(path, encoding="utf-8"))


class Refused(Exception):
    pass


def call(method, where, doc=None, data=None, kind="application/vnd.azekura.v1+json"):
    body = json.dumps(doc).encode() if doc is not None else data
    r = urllib.request.Request(base + where, method=method, data=body, headers={"Authorization": "Bearer " + token, "Content-Type": kind, "Accept": "application/json"})
    try:
        with urllib.request.urlopen(r) as a:
            raw = a.read()
    except urllib.error.HTTPError as e:
        raise Refused("%s %s: %d %s" % (method, where, e.code, e.read().decode())) from None
    return json.loads(raw) if raw[:1] in b"{[" and raw else None


def ml(t):
    return [{"value": t, "lang": "en"}]


def record(t, **more):
    agent = {"nameType": "Organizational", "names": ml(t), "affiliations": [{"names": ml(t)}]}
    doc = {"titles": ml(t), "creators": [agent] * 2, "publisher": {"names": ml(t)}, "publicationYear": 2026, "dates": [{"type": "Issued", "value": "2026-01-31"}],
           "resourceType": {"coar": "http://purl.org/coar/resource_type/c_ddb1"}, "subjects": [{"value": t, "lang": "en"}],
           "descriptions": [{"value": t + "\n\n" + t, "lang": "en", "type": "Abstract"}], "accessRights": {"coar": "http://purl.org/coar/access_right/c_abf2"},
           "rights": [{"values": ml(t), "spdx": "CC-BY-4.0", "uri": t}, {"values": ml("x"), "uri": "javascript:alert(1)"}], "version": t,
           "relations": [{"relationType": "References", "identifier": {"type": "URL", "value": t}, "titles": ml(t)}],
           "funding": [{"funder": {"names": ml(t)}, "award": {"number": t, "uri": t, "titles": ml(t)}}],
           "geoLocations": [{"place": ml(t)}]}
    doc.update(more)
    return doc


def publish(doc):
    return call("POST", "/api/records/%s/draft/actions/publish" % call("POST", "/api/records", doc)["id"])["id"]


out = {"hostile": [], "marks": [], "refused": []}
for t in texts:
    # Rules of the schema may refuse a text in one place; the record then goes without that place.
    for less in ((), ("relations",), ("relations", "rights"), ("relations", "rights", "version", "funding")):
        doc = record(t)
        for key in less:
            doc[key] = [{"spdx": "CC-BY-4.0", "values": ml(t), "uri": "https://creativecommons.org/licenses/by/4.0/"}] if key == "rights" else [] if key != "version" else "1"
        try:
            out["hostile"].append({"id": publish(doc), "text": t})
            break
        except Refused as e:
            fault = str(e)
    else:
        out["refused"].append([t, fault])

draft = call("POST", "/api/records", record("Files with hostile names", version="1", relations=[], funding=[]) | {"rights": [{"spdx": "CC0-1.0", "values": ml("CC0"), "uri": "https://creativecommons.org/publicdomain/zero/1.0/"}]})["id"]
table = io.StringIO()
rows = csv.writer(table)
rows.writerow(texts)
rows.writerows([texts, texts])
files = {t: b"x\n" for t in texts}
files["columns.csv"] = table.getvalue().encode()
named = 0
for name, data in files.items():
    where = "/api/records/%s/draft/files" % draft
    key = urllib.parse.quote(name, safe="")
    try:
        call("POST", where, [{"key": name}], kind="application/json")
        call("PUT", "%s/%s/content" % (where, key), data=data, kind="application/octet-stream")
        call("POST", "%s/%s/commit" % (where, key))
        named += 1
    except Refused as e:
        if name == "columns.csv":
            raise
out["named"] = named
rid = call("POST", "/api/records/%s/draft/actions/publish" % draft)["id"]
out["files"] = rid
gone = publish(record("Gone", version="1", relations=[], funding=[], rights=[{"spdx": "CC0-1.0", "values": ml("CC0"), "uri": "https://creativecommons.org/publicdomain/zero/1.0/"}]))
call("DELETE", "/api/records/" + gone, {"reason": texts[0], "note": texts[3]}, kind="application/json")
out["marks"] = ["/records/" + rid, "/records/" + gone]
json.dump(out, sys.stdout)
