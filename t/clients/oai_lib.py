"""What oai_cases.py stands on: the daemon, requests whose answers are checked against the schemas, the repository R1."""

import atexit, base64, concurrent.futures, gzip, html, http.client, json, os, random, re, signal, socket, subprocess, sys, threading, time, traceback, urllib.parse, zlib

WORK, AZEKURA, AZEKURAD, SHARED, SERVER_LOG = sys.argv[1:6]
ONLY = set(map(int, filter(None, os.environ.get("OAI_ONLY", "").split(","))))
SCHEMAS = os.path.join(SHARED, "schemas")
os.environ["XML_CATALOG_FILES"] = os.path.join(SCHEMAS, "catalog.xml")
from lxml import etree  # after the catalogue is named: libxml2 reads that once

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
DRIVERS = {"oai_dc": "oai_dc", "datacite": "datacite_4.6", "oai_datacite": "datacite_4.6", "jpcoar": "jpcoar_1.0", "jpcoar_1.0": "jpcoar_1.0",
           "jpcoar_2.0": "jpcoar_2.0", "jpcoar_2.1": "jpcoar_2.1", "oai_openaire": "oai_openaire", "oai_ddi25": "oai_ddi25"}
EMPTY_OK = re.compile(r"resumptionToken$")
_schemas = {}


def schema(driver):
    if driver not in _schemas:
        _schemas[driver] = etree.XMLSchema(etree.parse("%s/drivers/oai-response-%s.xsd" % (SCHEMAS, driver)))
    return _schemas[driver]


def end_all():
    for s in STARTED:
        if s.process is not None:
            s.process.kill()
            s.process.wait()


atexit.register(end_all)

# ---- results ----

def say(ok, name, detail=""):
    print("%s - %s" % ("ok" if ok else "not ok", name))
    for line in detail.splitlines()[-14:]:
        print("# " + line[:400])
    sys.stdout.flush()


CASES, STARTED = [], []


def case(number, text):
    def add(fn):
        CASES.append((number, text, fn))
        return fn
    return add


def run_cases():
    for number, text, fn in CASES:
        if ONLY and number not in ONLY:
            continue
        name = "case %d %s" % (number, text)
        try:
            fn()
        except Exception:
            say(False, name, traceback.format_exc())
        else:
            say(True, name)
    CASES.clear()


def same(a, b, what=""):
    assert a == b, "%s: got %r, want %r" % (what, a, b)


# ---- the server ----

class Server:
    def __init__(self, name, **conf):
        self.dir = os.path.join(WORK, name)
        self.token = None
        self.process = None
        if not os.path.exists(self.dir):
            subprocess.run([AZEKURA, "init", self.dir], check=True, stdout=subprocess.DEVNULL)
        if conf:
            self.conf(**conf)

    def conf(self, **conf):
        with open(self.dir + "/azekura.conf", "a") as f:
            for k, v in conf.items():
                f.write("%s = %s\n" % (k.replace("__", ".").replace("_", "-"), v))

    def admin(self, *args):
        return subprocess.run([AZEKURA, "admin", *args[:2], "--data", self.dir, *args[2:]], check=True, capture_output=True, text=True).stdout.strip()

    def start(self, offset=0, port=0):
        env = dict(os.environ, AZEKURA_CLOCK_OFFSET=str(offset))
        self.process = subprocess.Popen([AZEKURAD, "--data", self.dir, "--listen", "127.0.0.1:%d" % port], stdout=subprocess.PIPE,
                                        stderr=open(SERVER_LOG, "a"), env=env, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening http://"), "the server did not start: %r" % line
        if self not in STARTED:
            STARTED.append(self)
        self.base = line.split()[1]
        self.host = self.base[7:]
        self.oai = self.base + "/oai"
        self.offset = offset
        if self.token is None:
            self.token = self.admin("token", "create", "--user", "taro", "--role", "admin")
        return self

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process = None
        same(code, 0, "status at the end")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self, offset=0, port=0):
        self.stop()
        return self.start(offset, port)

    def call(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection(self.host, timeout=60)
        h = {"Authorization": "Bearer " + self.token, **(headers or {})}
        if isinstance(body, (dict, list)):
            body, h["Content-Type"] = json.dumps(body).encode(), "application/json"
        c.request(method, path, body, h)
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, data

    def api(self, method, path, body=None):
        status, data = self.call(method, path, body)
        assert 200 <= status < 400, "%s %s: %d %s" % (method, path, status, data[:600])
        return json.loads(data) if data else None

    def draft(self, more=None, meta=None, access=None):
        doc = {"access": {"record": "public", "files": "public", **(access or {})}, "files": {"enabled": False},
               "metadata": {"title": "A test record", "rights": [{"id": "cc-by-4.0"}], "resource_type": {"id": "dataset"}, "publication_date": "2026-01-31",
                            "publisher": "Azekura tests", "creators": [{"person_or_org": {"type": "personal", "family_name": "Tester", "given_name": "Tina",
                                                                                        "name": "Tester, Tina"}}], **(meta or {})}, **(more or {})}
        return self.api("POST", "/api/records", doc)["id"]

    def publish(self, id):
        return self.api("POST", "/api/records/%s/draft/actions/publish" % id)["id"]

    def record(self, **kw):
        return self.publish(self.draft(**kw))

    def edit(self, id, change):
        self.api("POST", "/api/records/%s/draft" % id)
        doc = self.api("GET", "/api/records/%s/draft" % id)
        change(doc)
        self.api("PUT", "/api/records/%s/draft" % id, doc)
        self.publish(id)

    def withdraw(self, id):
        self.api("POST", "/api/records/%s/actions/withdraw" % id, {"reason": "test"})

    def restore(self, id):
        self.api("POST", "/api/records/%s/actions/restore" % id)

    def sets(self, id, *specs):
        self.api("PUT", "/api/records/%s/communities" % id, {"communities": [{"id": s} for s in specs]})


# ---- OAI-PMH ----

class Answer:
    pass


def fetch(s, query, method="GET", body=None, headers=None, path="/oai"):
    """One exchange; ${query} goes out as it is."""
    c = http.client.HTTPConnection(s.host, timeout=120)
    c.putrequest(method, path + ("?" + query if query is not None else ""), skip_accept_encoding=True)
    for k, v in (headers or {}).items():
        c.putheader(k, v)
    if body is not None:
        c.putheader("Content-Length", str(len(body)))
    c.endheaders(body)
    r = c.getresponse()
    a = Answer()
    a.status, a.raw, a.headers = r.status, r.read(), r.headers
    c.close()
    a.body = a.raw
    if a.headers.get("Content-Encoding") == "gzip":
        a.body = gzip.decompress(a.raw)
        same(zlib.decompress(a.raw, 31), a.body, "zlib reads another text")
    return a


FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def check_envelope(s, a, driver):
    """Cases 29-38, 179, 195, 196 and the schema: what holds for every answer."""
    same(a.status, 200, "status")
    same(a.headers["Content-Type"], "text/xml; charset=utf-8", "type")
    assert a.body.startswith(b'<?xml version="1.0" encoding="UTF-8"'), a.body[:60]
    text = a.body.decode("utf-8")
    assert not FORBIDDEN.search(text) and "<!DOCTYPE" not in text
    for ref in re.findall(r"&[^;]*;", text):
        assert ref in ("&lt;", "&gt;", "&amp;", "&quot;", "&apos;") or re.fullmatch(r"&#(x[0-9A-Fa-f]+|[0-9]+);", ref), ref
        if ref.startswith("&#"):
            n = int(ref[3:-1], 16) if ref[2] == "x" else int(ref[2:-1])
            assert not FORBIDDEN.search(chr(n)), ref
    a.root = etree.fromstring(a.body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    x = schema(driver)
    assert x.validate(a.root), "\n".join(map(str, list(x.error_log)[:6]))
    same(a.root.tag, OAI + "OAI-PMH")
    for e in a.root.iter(OAI + "*"):
        same(e.prefix, None, "prefix of " + e.tag)
    where = a.root.get(XSI + "schemaLocation").split()
    same(where[:2], ["http://www.openarchives.org/OAI/2.0/", "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"])
    a.date = a.root.findtext(OAI + "responseDate")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", a.date), a.date
    a.request = a.root.find(OAI + "request")
    same(a.request.text, s.oai, "request")
    return a


def ask(s, *pairs, driver=None, **kw):
    """OK or ERR: a checked answer. ${pairs}: name, value, ...; "FROM" is from."""
    q = [(pairs[i], pairs[i + 1]) for i in range(0, len(pairs), 2)]
    prefix = dict(q).get("metadataPrefix")
    return check_envelope(s, fetch(s, urllib.parse.urlencode(q), **kw), driver or DRIVERS.get(prefix, "oai_dc"))


def raw(s, query, driver="oai_dc", **kw):
    return check_envelope(s, fetch(s, query, **kw), driver)


def ok(a, verb):
    same([e.tag for e in a.root], [OAI + "responseDate", OAI + "request", OAI + verb], "children")
    a.verb = a.root[2]
    return a


def err(a, *codes):
    es = a.root.findall(OAI + "error")
    assert es, etree.tostring(a.root)[:900]
    assert all(e.text for e in es), "an empty message"
    got = [e.get("code") for e in es]
    assert all(e.tag != OAI + v for e in a.root for v in ("Identify", "ListSets", "ListRecords", "ListIdentifiers", "GetRecord", "ListMetadataFormats"))
    assert any(c in got for c in codes), "got %r, want %r" % (got, codes)
    if "badVerb" in got or "badArgument" in got:
        same(dict(a.request.attrib), {}, "attributes of request")
    return got


def bad(s, code, *queries):
    for q in queries:
        try:
            err(raw(s, q), *code.split())
        except AssertionError as e:
            raise AssertionError("%s: %s" % (q[:200], e))


def header(h):
    return (h.findtext(OAI + "identifier"), h.findtext(OAI + "datestamp"), h.get("status"), tuple(x.text for x in h.findall(OAI + "setSpec")))


def token_of(a):
    return a.verb.find(OAI + "resumptionToken")


def pages(s, verb, prefix="oai_dc", between=None, headers=None, **args):
    """All answers of a list, by its tokens."""
    q = ["verb", verb, "metadataPrefix", prefix]
    for k, v in args.items():
        q += [k.lower() if k == "FROM" else k, v]
    out = []
    while True:
        a = ok(ask(s, *q, driver=DRIVERS[prefix], headers=headers), verb)
        out.append(a)
        t = token_of(a)
        if t is None or not t.text:
            return out
        assert t.getnext() is None
        q = ["verb", verb, "resumptionToken", t.text]
        if between:
            between(len(out))


def headers_of(answers):
    return [header(h) for a in answers for h in a.verb.iter(OAI + "header")]


def harvest(s, verb="ListIdentifiers", prefix="oai_dc", **args):
    return headers_of(pages(s, verb, prefix, **args))


def ids_or_none(s, **args):
    """Local identifiers of a list; [] when nothing matches."""
    q = ["verb", "ListIdentifiers", "metadataPrefix", "oai_dc"]
    for k, v in args.items():
        q += [k.lower() if k == "FROM" else k, v]
    a = ask(s, *q)
    if a.root.find(OAI + "error") is not None:
        same([e.get("code") for e in a.root.findall(OAI + "error")], ["noRecordsMatch"])
        return []
    return [h[0].split(":")[2] for h in harvest(s, **args)]


def get(s, id, prefix="oai_dc"):
    a = ok(ask(s, "verb", "GetRecord", "identifier", oid(id), "metadataPrefix", prefix), "GetRecord")
    same(len(a.verb), 1)
    a.header = header(a.verb[0].find(OAI + "header"))
    return a


def oid(id):
    return "oai:azekura.invalid:" + id


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def secs(text):
    import calendar
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def next_second():
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.01)


def later(s):
    """A moment of the server's clock after all that was done so far."""
    next_second()
    return iso(time.time() + s.offset)


# ---- the repositories ----

DESCRIPTION = 'Rain & "snow" <li>one</li> &nbsp; ]]> \'quoted\' \u05e9\u05dc\u05d5\u05dd \u202bעברית\u202c e\u0301 \U0002000b'
TITLE = 'かなの題名 カナ & < > " \' \U0002000b𠀋'
ILLEGAL = "a\u0003b\u001ac\u000bd\ufffee\uffffg"
SETS = ("inst:eng:mat", "empty")
N_BULK, N_DELETED = 1226, 40


def build_r1():
    s = Server("r1")
    lines = []
    for i in range(N_BULK):
        lines.append(json.dumps({"id": "b%d" % i, "title": "Observation %d 観測%d" % (i, i), "description": "Rain in town %d." % i, "creators": ["Tester %d" % (i % 7)],
                                 "keywords": ["rain", "町%d" % (i % 5)], "date": "20%02d-0%d-1%d" % (i % 26, 1 + i % 9, i % 10), "lang": "ja" if i % 3 else "en"},
                                ensure_ascii=False))
    path = WORK + "/bulk.jsonl"
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    print("# " + subprocess.run([AZEKURA, "admin", "import", "--data", s.dir, "--bulk", path, "--source", "bulk-source"], check=True, capture_output=True, text=True).stdout.replace("\n", " "))
    s.admin("community", "create", "--slug", "inst:eng:mat", "--name", 'Materials <&> "科学" \U0002000b', "--description", "Materials & more")
    s.admin("community", "create", "--slug", "inst:eng", "--name", "Engineering")
    s.admin("community", "create", "--slug", "inst", "--name", "Institute")
    s.admin("community", "create", "--slug", "empty", "--name", "Nothing in it")
    s.admin("community", "create", "--slug", "other", "--name", "An\u0003\u001bother\u000b")
    s.start()
    s.bulk = sorted(h[0].split(":")[2] for h in harvest(s))
    same(len(s.bulk), N_BULK)
    s.special = s.record(meta={"title": TITLE, "description": html.escape(DESCRIPTION, False), "languages": [{"id": "jpn"}]})
    s.illegal = s.record(meta={"title": ILLEGAL, "description": "x" + ILLEGAL})
    s.long = s.record(meta={"title": "雨" * 5000, "description": "雪" * 100000})
    s.mat = s.record(meta={"title": "In inst:eng:mat"})
    s.eng = s.record(meta={"title": "In inst:eng"})
    s.two = s.record(meta={"title": "In two sets"})
    s.none = s.record(meta={"title": "In no community"})
    s.end_of_embargo = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3 * 86400))
    s.embargoed = s.record(meta={"title": "Under embargo"}, access={"record": "public", "files": "restricted",
                           "embargo": {"active": True, "until": s.end_of_embargo, "reason": "test"}})
    s.sets(s.mat, "inst:eng:mat")
    s.sets(s.eng, "inst:eng")
    s.sets(s.two, "inst", "other")
    # What comes from a bulk import is changed at its source alone: these are withdrawn.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        s.deleted = list(pool.map(lambda i: s.record(meta={"title": "Withdrawn %d" % i}), range(N_DELETED)))
        list(pool.map(s.withdraw, s.deleted))
    s.id, s.gone, s.total = s.bulk[100], s.deleted[3], N_BULK + N_DELETED + 8
    return s
