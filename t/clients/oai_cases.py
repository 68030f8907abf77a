"""The numbered cases of the OAI-PMH conformance document, against the real daemon. Run by oai-cases.sh, which numbers what is printed here:
"ok - case 81 ...", "not ok - case 81 ..." and comment lines. Two repositories: R0 without items, R1 with 1,274 of them."""

from oai_lib import *

t0 = time.time()
R0 = Server("r0").start()
R1 = build_r1()
print("# R0 and R1 stand after %.1f s" % (time.time() - t0))

LIST = "verb=ListRecords&metadataPrefix=oai_dc"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def undated(body):
    return re.sub(rb"<responseDate>[^<]*</responseDate>", b"", body)


def raw_http(s, data, shut=False):
    c = socket.create_connection(s.host.split(":"), timeout=30)
    c.sendall(data)
    if shut:
        c.shutdown(socket.SHUT_WR)
    out = b""
    while True:
        try:
            b = c.recv(65536)
        except ConnectionResetError:
            break
        if not b:
            break
        out += b
    c.close()
    return out


# ---- 1. HTTP ----

@case(1, "Identify by GET")
def _():
    ok(ask(R1, "verb", "Identify"), "Identify")


@case(2, "Identify by POST says the same")
def _():
    a = ok(raw(R1, None, method="POST", body=b"verb=Identify", headers=FORM), "Identify")
    same(undated(a.body), undated(fetch(R1, "verb=Identify").body))


@case(3, "GetRecord by POST")
def _():
    q = urllib.parse.urlencode({"verb": "GetRecord", "identifier": oid(R1.id), "metadataPrefix": "oai_dc"})
    ok(raw(R1, None, method="POST", body=q.encode(), headers=FORM), "GetRecord")


@case(4, "a form with a charset parameter")
def _():
    ok(raw(R1, None, method="POST", body=b"verb=Identify", headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}), "Identify")


@case(5, "POST with the arguments in the query and an empty body")
def _():
    ok(raw(R1, "verb=Identify", method="POST", body=b"", headers=FORM), "Identify")


@case(6, "a verb in query and body is given twice")
def _():
    err(raw(R1, "verb=Identify", method="POST", body=b"verb=Identify", headers=FORM), "badVerb")


@case(7, "POST of JSON is refused")
def _():
    a = fetch(R1, None, method="POST", body=b'{"verb":"Identify"}', headers={"Content-Type": "application/json"})
    same(a.status, 415)


@case(8, "a POST body of 64 KiB with a long token is answered")
def _():
    body = b"verb=ListRecords&resumptionToken=" + b"A" * (65536 - 33)
    err(raw(R1, None, method="POST", body=body, headers=FORM), "badResumptionToken")


@case(9, "HEAD has the headers of GET and no body")
def _():
    g, h = fetch(R1, "verb=Identify"), fetch(R1, "verb=Identify", method="HEAD")
    same((h.status, h.raw), (200, b""))
    for k in ("Content-Type", "Cache-Control", "Vary"):
        same(h.headers[k], g.headers[k], k)


@case(10, "other methods are answered 405 with Allow")
def _():
    for m in ("PUT", "DELETE", "PATCH"):
        a = fetch(R1, "verb=Identify", method=m, body=b"x")
        same(a.status, 405, m)
        same(set(a.headers["Allow"].replace(" ", "").split(",")), {"GET", "HEAD", "POST", "OPTIONS"})


@case(11, "Accept: application/json changes nothing")
def _():
    ok(ask(R1, "verb", "Identify", headers={"Accept": "application/json"}), "Identify")


@case(12, "no coding is applied that was not asked for")
def _():
    same(fetch(R1, LIST).headers["Content-Encoding"], None)


@case(13, "gzip is applied when asked for, and holds the same text, fresh and kept")
def _():
    plain = fetch(R1, LIST)
    for i in range(3):
        a = fetch(R1, LIST, headers={"Accept-Encoding": "gzip;q=1.0, identity;q=0.5"})
        same((a.headers["Content-Encoding"], a.headers["Vary"]), ("gzip", "Accept-Encoding"))
        same(undated(a.body), undated(plain.body))
        assert len(a.raw) < len(a.body) / 3
        check_envelope(R1, a, "oai_dc")
    for cmd in (["curl", "-sS", "--compressed", R1.oai + "?" + LIST],):
        same(undated(subprocess.run(cmd, check=True, capture_output=True).stdout), undated(plain.body), cmd[0])
    path = WORK + "/page.gz"
    with open(path, "wb") as f:
        f.write(a.raw)
    same(undated(subprocess.run(["gzip", "-dc", path], check=True, capture_output=True).stdout), undated(plain.body), "gzip")


def coding(value):
    return fetch(R1, LIST, headers={"Accept-Encoding": value})


@case(14, "gzip;q=0 forbids gzip")
def _():
    same(coding("gzip;q=0, identity").headers["Content-Encoding"], None)


@case(15, "codings that are not offered leave the identity")
def _():
    same(coding("br, zstd").headers["Content-Encoding"], None)


@case(16, "GZIP in capitals and * are labelled rightly")
def _():
    plain = undated(fetch(R1, LIST).body)
    for v in ("GZIP", "*", "*;q=0", "deflate, *;q=0.1"):
        a = coding(v)
        assert a.headers["Content-Encoding"] in (None, "gzip")
        same(undated(a.body), plain, v)


def crowd(s, n=24):
    """${n} clients at once; statuses and the headers of the refused."""
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        got = list(pool.map(lambda i: fetch(s, "verb=ListRecords&metadataPrefix=oai_datacite&until=2099-01-0%d" % (1 + i % 9)), range(n * 4)))
    return got


@case(17, "more requests of one client than allowed are answered 503 with Retry-After, and succeed later")
def _():
    s = Server("busy", oai__per_peer=1)
    s.start()
    for i in range(3):
        s.record(meta={"title": "雨" * 5000, "description": "雨" * 190000})
    got = crowd(s)
    refused = [a for a in got if a.status == 503]
    same({a.status for a in got}, {200, 503})
    s.refused = refused
    for a in refused:
        assert re.fullmatch(r"[0-9]+", a.headers["Retry-After"]) and 1 <= int(a.headers["Retry-After"]) <= 3600
    ok(ask(s, "verb", "ListRecords", "metadataPrefix", "oai_dc"), "ListRecords")
    globals()["BUSY"] = s


@case(18, "the refusal is 503 and not 429, and names seconds")
def _():
    assert BUSY.refused and all(a.status == 503 and a.headers["Retry-After"].isdigit() for a in BUSY.refused)


@case(202, "harvesters that back off get through; Retry-After is at most 30 s")
def _():
    assert all(int(a.headers["Retry-After"]) <= 30 for a in BUSY.refused)

    def patient(i):
        for n in range(40):
            a = fetch(BUSY, LIST + "&until=2098-01-0%d" % (1 + i % 9))
            if a.status == 200:
                return len(etree.fromstring(a.body).findall(".//" + OAI + "record"))
            time.sleep(0.05 * (n + 1))
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        same(set(pool.map(patient, range(12))), {3})
    BUSY.stop()


@case(19, "a mirror is named by 302 with the whole query")
def _():
    s = Server("mirrored", oai__mirror="https://mirror.example/oai")
    s.start()
    a = fetch(s, LIST + "&from=2026-01-01")
    same((a.status, a.headers["Location"]), (302, "https://mirror.example/oai?" + LIST + "&from=2026-01-01"))
    s.stop()


@case(20, "HTTP/1.0 without Host: complete, closed, not chunked")
def _():
    out = raw_http(R1, ("GET /oai?%s HTTP/1.0\r\n\r\n" % LIST).encode())
    head, body = out.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.") and b" 200 " in head.split(b"\r\n")[0], head
    assert b"chunked" not in head.lower()
    assert body.endswith(b"</OAI-PMH>\n")


@case(21, "the base URL is the set one whatever the request looks like")
def _():
    for path in ("/oai", "/oai/"):
        raw(R1, "verb=Identify", path=path)
    # A fragment is never sent by a client, and paths are matched as they are documented: refused, never misread.
    assert fetch(R1, "verb=Identify#x").status in (200, 400) and fetch(R1, "verb=Identify", path="/%6Fai").status in (200, 404)
    out = raw_http(R1, b"GET /oai?verb=Identify HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert b"evil.example" not in out and b"200" in out.split(b"\r\n")[0], out[:200]


@case(22, "an invalid percent escape is badArgument")
def _():
    bad(R1, "badArgument", "verb=Identify&x=%zz", "verb=GetRecord&metadataPrefix=oai_dc&identifier=%", "verb=GetRecord&metadataPrefix=oai_dc&identifier=%e3")


@case(23, "invalid UTF-8 is refused and never echoed")
def _():
    bad(R1, "idDoesNotExist badArgument", "verb=GetRecord&identifier=%C0%AF&metadataPrefix=oai_dc", "verb=GetRecord&identifier=%ff%fe&metadataPrefix=oai_dc",
        "verb=GetRecord&identifier=%ed%a0%80&metadataPrefix=oai_dc")


@case(24, "NUL does not cut a value short")
def _():
    i = urllib.parse.quote(oid(R1.id))
    bad(R1, "idDoesNotExist badArgument", "verb=GetRecord&metadataPrefix=oai_dc&identifier=%s%%00" % i)
    bad(R1, "badVerb", "verb=Identify%00")
    bad(R1, "badArgument cannotDisseminateFormat", "verb=ListRecords&metadataPrefix=oai_dc%00")
    bad(R1, "badArgument", LIST + "&set=inst%00", LIST + "&from=2026-01-01%00")
    bad(R1, "badResumptionToken", "verb=ListRecords&resumptionToken=%00")


@case(25, "a query of 1 MiB is refused and the server stays up")
def _():
    out = raw_http(R1, b"GET /oai?verb=Identify&x=" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert out[:12] in (b"HTTP/1.1 414", b"HTTP/1.1 400", b"HTTP/1.1 431", b""), out[:100]
    ok(ask(R1, "verb", "Identify"), "Identify")


@case(26, "clients that go away leave nothing behind")
def _():
    def leave(i):
        c = socket.create_connection(R1.host.split(":"))
        c.sendall(("GET /oai?%s HTTP/1.1\r\nHost: x\r\n\r\n" % LIST).encode())
        c.recv(10)
        c.close()
    for i in range(40):
        leave(i)
    before = os.path.getsize(R1.dir + "/catalog/data.mdb")
    for i in range(10):
        R1.edit(R1.none, lambda d: d["metadata"].update(title="In no community, change %d" % i))
    assert os.path.getsize(R1.dir + "/catalog/data.mdb") - before < 4 << 20
    ok(ask(R1, "verb", "Identify"), "Identify")


@case(27, "conditional requests are answered in full")
def _():
    a = fetch(R1, "verb=Identify", headers={"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"})
    same((a.status, a.headers["Cache-Control"]), (200, "no-store"))


@case(28, "any origin may read")
def _():
    same(fetch(R1, "verb=Identify", headers={"Origin": "https://a.example"}).headers["Access-Control-Allow-Origin"], "*")


# ---- 2. Envelope. 29, 30, 38 and more hold for every answer: check_envelope(). ----

@case(29, "the first bytes are the XML declaration")
def _():
    for q in ("verb=Identify", "verb=junk", LIST):
        assert fetch(R1, q).body.startswith(b'<?xml version="1.0" encoding="UTF-8"')


@case(30, "the root names its namespace and schema")
def _():
    root = ask(R1, "verb", "Identify").root
    same(root.nsmap[None], "http://www.openarchives.org/OAI/2.0/")
    same(root.get(XSI + "schemaLocation").split()[1], "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd")


@case(31, "responseDate is the server's time in UTC")
def _():
    assert abs(secs(ask(R1, "verb", "Identify").date) - time.time()) <= 5


@case(32, "responseDate is the time of the snapshot")
def _():
    t = int(time.time())
    a = pages(R1, "ListRecords")[0]
    assert t - 1 <= secs(a.date) <= time.time()


@case(33, "request repeats the decoded arguments")
def _():
    a = get(R1, R1.id)
    same(dict(a.request.attrib), {"verb": "GetRecord", "identifier": oid(R1.id), "metadataPrefix": "oai_dc"})


@case(34, "request repeats from, until and set as given")
def _():
    q = {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2020-01-01", "until": "2099-12-31", "set": "inst"}
    a = ok(ask(R1, *sum(map(list, q.items()), [])), "ListRecords")
    same(dict(a.request.attrib), q)


@case(35, "request of a continued list has verb and token alone")
def _():
    a = pages(R1, "ListRecords")[1]
    same(set(a.request.attrib), {"verb", "resumptionToken"})


@case(36, "request of badVerb and badArgument has no attributes")
def _():
    bad(R1, "badVerb", "verb=x&identifier=y")
    bad(R1, "badArgument", LIST + "&from=x")


@case(37, "request of other errors repeats what was asked")
def _():
    a = ask(R1, "verb", "GetRecord", "identifier", "oai:x:y", "metadataPrefix", "oai_dc")
    err(a, "idDoesNotExist")
    assert dict(a.request.attrib) in ({}, {"verb": "GetRecord", "identifier": "oai:x:y", "metadataPrefix": "oai_dc"})


@case(38, "no document type and no entities of one's own")
def _():
    for a in pages(R1, "ListRecords"):
        assert b"<!" not in a.body


@case(40, "what was asked is escaped in answers")
def _():
    a = raw(R1, "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + urllib.parse.quote('<script>"&\'\x01\x0b]]>'))
    assert b"<script" not in a.body


# ---- 3. Identify ----

@case(41, "Identify has its children in order")
def _():
    a = ok(ask(R1, "verb", "Identify"), "Identify")
    same([e.tag[len(OAI):] for e in a.verb],
         "repositoryName baseURL protocolVersion adminEmail earliestDatestamp deletedRecord granularity compression description".split())


@case(42, "baseURL is the base URL")
def _():
    same(ask(R1, "verb", "Identify").root.findtext(".//" + OAI + "baseURL"), R1.oai)


@case(43, "version, granularity and deletions")
def _():
    r = ask(R1, "verb", "Identify").root
    same([r.findtext(".//" + OAI + x) for x in ("protocolVersion", "granularity", "deletedRecord")], ["2.0", "YYYY-MM-DDThh:mm:ssZ", "persistent"])


def refuses(word, **conf):
    s = Server("refused-%d" % random.randrange(1 << 40), **conf)
    p = subprocess.run([AZEKURAD, "--data", s.dir, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
    assert p.returncode != 0 and word in p.stderr + p.stdout, (conf, p)


@case(44, "adminEmail is an address harvesters accept; others keep the server from starting")
def _():
    m = ask(R1, "verb", "Identify").root.findtext(".//" + OAI + "adminEmail")
    assert re.match(r"^\w[\w.-]+@[a-zA-Z0-9.-]+\.[a-z]{2,}$", m)
    for v in ("mailto:a@b.example", "admin@localhost", "nobody", "@b.example", "a b@c.example", "admin@x.e"):
        refuses("a-zA-Z0-9.-", email=v)


@case(45, "earliestDatestamp is not later than any datestamp")
def _():
    first = ask(R1, "verb", "Identify").root.findtext(".//" + OAI + "earliestDatestamp")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first)
    assert all(first <= h[1] for p in ("oai_dc", "oai_datacite") for h in harvest(R1, prefix=p))


@case(46, "an empty repository has an earliestDatestamp")
def _():
    t = secs(ask(R0, "verb", "Identify").root.findtext(".//" + OAI + "earliestDatestamp"))
    assert t0 - 60 < t <= time.time()


@case(47, "earliestDatestamp stays when the oldest item is deleted")
def _():
    s = Server("oldest").start()
    ids = [s.record(), s.record()]
    before = ask(s, "verb", "Identify").root.findtext(".//" + OAI + "earliestDatestamp")
    next_second()
    s.withdraw(ids[0])
    same(ask(s, "verb", "Identify").root.findtext(".//" + OAI + "earliestDatestamp"), before)
    s.stop()


@case(48, "gzip is the one compression named")
def _():
    same([e.text for e in ask(R1, "verb", "Identify").root.iter(OAI + "compression")], ["gzip"])


@case(49, "one oai-identifier description in its own default namespace")
def _():
    ns = "{http://www.openarchives.org/OAI/2.0/oai-identifier}"
    for s in (R0, R1):
        d = ask(s, "verb", "Identify").root.findall(".//" + ns + "oai-identifier")
        same(len(d), 1)
        same((d[0].prefix, d[0].findtext(ns + "scheme"), d[0].findtext(ns + "delimiter")), (None, "oai", ":"))
        assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]+)+", d[0].findtext(ns + "repositoryIdentifier"))


@case(50, "the sample identifier is one")
def _():
    sample = ask(R1, "verb", "Identify").root.findtext(".//{*}sampleIdentifier")
    ok(ask(R1, "verb", "GetRecord", "identifier", sample, "metadataPrefix", "oai_dc"), "GetRecord")


@case(51, "a repository identifier off the pattern keeps the server from starting")
def _():
    for v in ("localhost", "1repo.example", "repo.1example", "repo_a.example", "repo..example", "-a.example", "a.b", "repo.example."):
        refuses("a-zA-Z0-9-", oai_id=v)


@case(52, "Identify takes no unknown argument")
def _():
    bad(R1, "badArgument", "verb=Identify&foo=bar")


@case(53, "Identify takes no metadataPrefix")
def _():
    bad(R1, "badArgument", "verb=Identify&metadataPrefix=oai_dc")


# ---- 4. Verbs and arguments ----

@case(54, "no verb")
def _():
    err(raw(R1, None), "badVerb")
    bad(R1, "badVerb", "", "junk")


@case(55, "an unknown verb")
def _():
    bad(R1, "badVerb", "verb=junk")


@case(56, "a verb in the wrong case, empty, or under the wrong name")
def _():
    bad(R1, "badVerb", "verb=identify", "verb=", "Verb=Identify")


@case(57, "the same verb twice")
def _():
    bad(R1, "badVerb", "verb=Identify&verb=Identify")


@case(58, "two verbs")
def _():
    bad(R1, "badVerb", "verb=Identify&verb=ListSets")


@case(59, "an argument twice with the same value")
def _():
    bad(R1, "badArgument", LIST + "&metadataPrefix=oai_dc")


@case(60, "GetRecord without identifier")
def _():
    bad(R1, "badArgument", "verb=GetRecord&metadataPrefix=oai_dc")


@case(61, "GetRecord without metadataPrefix")
def _():
    bad(R1, "badArgument", "verb=GetRecord&identifier=" + oid(R1.id))


@case(62, "GetRecord without both says so twice")
def _():
    same(err(raw(R1, "verb=GetRecord"), "badArgument"), ["badArgument"] * 2)


@case(63, "lists without metadataPrefix")
def _():
    bad(R1, "badArgument", "verb=ListIdentifiers", "verb=ListRecords")


@case(64, "ListRecords takes no identifier")
def _():
    bad(R1, "badArgument", LIST + "&identifier=" + oid(R1.id))


@case(65, "ListSets takes no metadataPrefix")
def _():
    bad(R1, "badArgument", "verb=ListSets&metadataPrefix=oai_dc")


@case(66, "ListMetadataFormats takes no metadataPrefix")
def _():
    bad(R1, "badArgument", "verb=ListMetadataFormats&metadataPrefix=oai_dc")


@case(67, "ListIdentifiers with until=junk")
def _():
    bad(R1, "badArgument", "verb=ListIdentifiers&until=junk")


@case(68, "ListIdentifiers with from=junk")
def _():
    bad(R1, "badArgument", "verb=ListIdentifiers&from=junk")


@case(69, "ListIdentifiers with a token and until")
def _():
    bad(R1, "badArgument", "verb=ListIdentifiers&resumptionToken=junk&until=2000-02-05")


@case(70, "ListRecords with a token and other arguments")
def _():
    bad(R1, "badArgument", LIST + "&resumptionToken=junk&until=1990-01-10")


@case(71, "ListRecords with junk dates")
def _():
    bad(R1, "badArgument", LIST + "&from=junk", LIST + "&until=junk")


@case(72, "an identifier with a quotation mark")
def _():
    out = raw_http(R1, b'GET /oai?verb=GetRecord&identifier=invalid"id&metadataPrefix=oai_dc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    head, body = out.split(b"\r\n\r\n", 1)
    if b" 200 " in head.split(b"\r\n")[0]:
        assert b"idDoesNotExist" in body or b"badArgument" in body
        etree.fromstring(body)
    else:
        assert b" 400 " in head.split(b"\r\n")[0], head
    bad(R1, "idDoesNotExist badArgument", "verb=GetRecord&identifier=invalid%22id&metadataPrefix=oai_dc")


@case(73, "empty values")
def _():
    bad(R1, "badArgument", LIST + "&set=", LIST + "&from=", LIST + "&until=", "verb=GetRecord&metadataPrefix=oai_dc&identifier=", "verb=ListRecords&metadataPrefix=")


@case(74, "empty pairs are ignored")
def _():
    for q in (LIST + "&", "&" + LIST, LIST.replace("&", "&&") + "&&"):
        ok(raw(R1, q), "ListRecords")


@case(75, "arguments in any order")
def _():
    ok(raw(R1, "metadataPrefix=oai_dc&identifier=%s&verb=GetRecord" % oid(R1.id)), "GetRecord")


@case(76, "reserved characters sent encoded and as they are")
def _():
    a = ok(raw(R1, "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + oid(R1.id)), "GetRecord")
    b = ok(raw(R1, "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + oid(R1.id).replace(":", "%3A").replace("-", "%2D")), "GetRecord")
    same(undated(a.body), undated(b.body))


@case(77, "identifiers are decoded exactly once")
def _():
    bad(R1, "idDoesNotExist", "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + oid(R1.id).replace(":", "%253A"))


@case(78, "identifiers are never case-folded")
def _():
    i = oid(R1.id)
    for x in (i.upper(), "oai:Azekura.invalid:" + R1.id, "OAI:azekura.invalid:" + R1.id, "oai:azekura.invalid:" + R1.id.upper()):
        if x != i:
            bad(R1, "idDoesNotExist", "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + x)


@case(79, "prefixes are case-sensitive")
def _():
    bad(R1, "cannotDisseminateFormat", "verb=ListRecords&metadataPrefix=OAI_DC")


@case(80, "a prefix of illegal characters")
def _():
    bad(R1, "badArgument cannotDisseminateFormat", "verb=ListRecords&metadataPrefix=oai%20dc", "verb=GetRecord&metadataPrefix=oai%20dc&identifier=" + oid(R1.id))


# ---- 5. Dates ----

@case(81, "both ends inclusive")
def _():
    d = get(R1, R1.mat).header[1]
    assert R1.mat in ids_or_none(R1, FROM=d, until=d)


@case(82, "a day holds all and only its records")
def _():
    every = harvest(R1)
    for day in {h[1][:10] for h in every}:
        same(sorted(harvest(R1, FROM=day, until=day)), sorted(h for h in every if h[1][:10] == day), day)


@case(83, "mixed granularity")
def _():
    bad(R1, "badArgument", LIST + "&from=2002-02-05&until=2002-02-06T05:35:00Z", LIST + "&from=2002-02-05T05:35:00Z&until=2002-02-06")


@case(84, "from later than until")
def _():
    bad(R1, "badArgument", LIST + "&from=2026-02-01&until=2026-01-01", LIST + "&from=2026-01-01T00:00:01Z&until=2026-01-01T00:00:00Z")


@case(85, "until before the earliest datestamp")
def _():
    e = ask(R1, "verb", "Identify").root.findtext(".//" + OAI + "earliestDatestamp")
    bad(R1, "noRecordsMatch", LIST + "&until=%d%s" % (int(e[:4]) - 1, e[4:]), LIST + "&until=%d%s" % (int(e[:4]) - 1, e[4:10]))


@case(86, "from in the future")
def _():
    bad(R1, "noRecordsMatch", LIST + "&from=2090-01-01", LIST + "&from=2090-01-01T00:00:00Z")


@case(87, "dates of another form")
def _():
    bad(R1, "badArgument", *(LIST + "&from=" + d for d in ("2026", "2026-01", "20260101", "2026-1-1", "99999-01-01", "-001-01-01", "now", "1e9")))


@case(88, "times of another form")
def _():
    bad(R1, "badArgument", *(LIST + "&from=2026-01-01" + urllib.parse.quote(d) for d in
        ("T00:00Z", "T00:00:00", "T00:00:00z", "T00:00:00.000Z", "T00:00:00+09:00", "T24:00:00Z", " 00:00:00Z", "t00:00:00Z")))


@case(89, "days and seconds that do not exist")
def _():
    bad(R1, "badArgument", *(LIST + "&from=" + d for d in ("2026-02-30", "2026-13-01", "2025-02-29", "2026-00-01", "2026-01-00", "2026-01-01T23:59:60Z", "2026-01-01T00:60:00Z")))


@case(90, "a leap day")
def _():
    ok(raw(R1, LIST + "&from=2024-02-29"), "ListRecords")


@case(91, "midnight is not widened to a day")
def _():
    day = get(R1, R1.mat).header[1][:10]
    same([h for h in harvest(R1, until=day) if h[1] > day + "T00:00:00Z"] != [], True)
    a = raw(R1, LIST + "&until=%sT00:00:00Z" % day)
    if a.root.find(OAI + "error") is None:
        assert all(h[1] <= day + "T00:00:00Z" for h in headers_of([a]))
    else:
        err(a, "noRecordsMatch")


@case(92, "from the first day of all is from the start")
def _():
    same(sorted(harvest(R1, FROM="0001-01-01")), sorted(harvest(R1)))


@case(93, "a day given as both ends")
def _():
    d = get(R1, R1.mat).header[1][:10]
    got = harvest(R1, FROM=d, until=d)
    assert all(h[1].startswith(d) for h in got) and oid(R1.mat) in [h[0] for h in got]


@case(94, "a new title is found from the previous responseDate on")
def _():
    s = CHANGING
    old = get(s, s.a).header[1]
    date = pages(s, "ListRecords")[0].date
    next_second()
    s.edit(s.a, lambda d: d["metadata"].update(title="Another title"))
    assert s.a in ids_or_none(s, FROM=date) and get(s, s.a).header[1] > old
    assert "Another title" in get(s, s.a).body.decode()


@case(96, "an embargo's end, a set, a licence and an access give a new datestamp")
def _():
    s = CHANGING
    both = ("oai_dc", "oai_datacite")
    for formats_moved, what in (
            (both, lambda: s.sets(s.b, "inst")), (both, lambda: s.sets(s.b)), (both, lambda: s.edit(s.b, lambda d: d["metadata"].update(rights=[{"id": "cc0-1.0"}]))),
            (both, lambda: s.edit(s.b, lambda d: d.update(access={"record": "public", "files": "restricted", "embargo": {"active": True, "until": "2090-01-01"}}))),
            # Simple Dublin Core does not tell the day: that record stays as it is.
            (both[1:], lambda: s.edit(s.b, lambda d: d.update(access={"record": "public", "files": "restricted", "embargo": {"active": True, "until": "2091-01-01"}}))),
            (both, lambda: s.edit(s.b, lambda d: d.update(access={"record": "public", "files": "public"})))):
        since = later(s)
        what()
        for p in formats_moved:
            same([h[0] for h in harvest(s, prefix=p, FROM=since)], [oid(s.b)], p)
            assert get(s, s.b, p).header[1] >= since, p


@case(97, "reading and indexing leave the datestamp")
def _():
    s = CHANGING
    before = harvest(s)
    next_second()
    for i in range(20):
        s.call("GET", "/records/" + s.a)
        s.call("GET", "/records/%s/export/datacite" % s.a)
        s.call("GET", "/api/records?q=title")
    s.restart()
    same(harvest(s), before)


@case(98, "harvests beside a writer lose nothing")
def _():
    s = CHANGING
    have, stop, made = {}, threading.Event(), []

    def write():
        while not stop.is_set():
            made.append(s.record())
    writers = [threading.Thread(target=write) for i in range(3)]
    [w.start() for w in writers]
    since, end = None, time.time() + 5
    while time.time() < end or not stop.is_set():
        if time.time() >= end:
            stop.set()
            [w.join() for w in writers]
        q = {"FROM": since} if since else {}
        a = ask(s, "verb", "ListRecords", "metadataPrefix", "oai_dc", *(["from", since] if since else []))
        if a.root.find(OAI + "error") is None:
            got = pages(s, "ListIdentifiers", **q)
            for h in headers_of(got):
                have[h[0]] = h[1]
            since = got[0].date
        else:
            since = a.date
    missing = [i for i in made if oid(i) not in have]
    same(missing, [], "of %d" % len(made))


@case(99, "datestamps never decrease though the clock is set back")
def _():
    s = Server("clock").start()
    s.a = s.record()
    s.restart(offset=7200)
    i = s.record()
    ahead = get(s, i).header[1]
    s.restart(offset=0)
    j = s.record()
    s.edit(s.a, lambda d: d["metadata"].update(title="After the clock was set back"))
    assert get(s, j).header[1] >= ahead and get(s, s.a).header[1] >= ahead
    last = ""
    for h in harvest(s):
        assert h[1] >= last, h
        last = h[1]
    assert {i, j, s.a} <= set(ids_or_none(s, FROM=ahead))
    s.stop()


@case(100, "the end of an embargo dates the record")
def _():
    s = Server("embargo").start()
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86400))
    i = s.record(meta={"title": "Under embargo"}, access={"record": "public", "files": "restricted", "embargo": {"active": True, "until": until}})
    j = s.record()
    before = {p: get(s, i, p) for p in ("oai_dc", "oai_datacite")}
    assert b"embargoed access" in before["oai_dc"].body
    s.restart(offset=86400)
    time.sleep(1.5)
    same(get(s, i).header, before["oai_dc"].header, "one day before the end")
    s.restart(offset=2 * 86400 + 60)
    end = time.time() + 20
    while get(s, i).header[1] == before["oai_dc"].header[1] and time.time() < end:
        time.sleep(0.1)
    for p in before:
        a = get(s, i, p)
        assert a.header[1] >= until + "T00:00:00Z", a.header
        assert b"embargoed access" not in a.body and b"c_f1cf" not in a.body, p
    assert "access:open" in " ".join(a.header[3])
    same(ids_or_none(s, FROM=until), [i])
    assert get(s, j).header[1] < until
    s.stop()


# ---- 6. Sets ----

def sets_of(s):
    a = ok(ask(s, "verb", "ListSets"), "ListSets")
    return {e.findtext(OAI + "setSpec"): e for e in a.verb.findall(OAI + "set")}, a


@case(101, "every set once, with a name, after its ancestors")
def _():
    sets, a = sets_of(R1)
    same(len(sets), len(a.verb.findall(OAI + "set")))
    assert {"inst", "inst:eng", "inst:eng:mat", "type:dataset", "access:open", "empty"} <= set(sets), sorted(sets)
    for spec, e in sets.items():
        assert e.findtext(OAI + "setName")
        for i in range(1, spec.count(":") + 1):
            assert ":".join(spec.split(":")[:i]) in sets


@case(102, "a repository without sets")
def _():
    err(ask(R0, "verb", "ListSets"), "noSetHierarchy")


@case(103, "a set asked for where there are none")
def _():
    bad(R0, "noSetHierarchy", LIST + "&set=x", "verb=ListIdentifiers&metadataPrefix=oai_dc&set=x")


@case(104, "a set holds what is in its descendants")
def _():
    same(set(ids_or_none(R1, set="inst")), {R1.mat, R1.eng, R1.two})
    same(set(ids_or_none(R1, set="inst:eng")), {R1.mat, R1.eng})


@case(105, "a leaf holds its own alone")
def _():
    same(ids_or_none(R1, set="inst:eng:mat"), [R1.mat])


@case(106, "headers name the lowest sets only")
def _():
    sets = get(R1, R1.mat).header[3]
    assert "inst:eng:mat" in sets and "inst" not in sets and "inst:eng" not in sets, sets
    sets = get(R1, R1.two).header[3]
    assert "inst" in sets and "other" in sets, sets


@case(107, "what is found by a set says so")
def _():
    for spec in sets_of(R1)[0]:
        for i in ids_or_none(R1, set=spec)[:3]:
            assert any(x == spec or x.startswith(spec + ":") for x in get(R1, i).header[3]), (spec, i)


@case(108, "a set without items")
def _():
    bad(R1, "noRecordsMatch", LIST + "&set=empty")


@case(109, "a set that does not exist")
def _():
    bad(R1, "noRecordsMatch", LIST + "&set=nosuchset")


@case(110, "what cannot be a setSpec")
def _():
    bad(R1, "badArgument", *(LIST + "&set=" + urllib.parse.quote(x) for x in ("a::b", ":a", "a:", "あ", "a b", "a/b")))


@case(111, "sets match by path element")
def _():
    bad(R1, "noRecordsMatch", LIST + "&set=ins", LIST + "&set=inst:en")


@case(112, "a list without set holds what is in no community")
def _():
    assert R1.none in ids_or_none(R1)


@case(113, "more sets than a page are continued")
def _():
    s = Server("sets").start()
    n = 520
    for i in range(n):
        s.api("POST", "/api/communities", {"slug": "s%03d" % i, "metadata": {"title": "Set %d 集合 <&>" % i}})
    q, seen, cursors, sizes = ["verb", "ListSets"], [], [], []
    while True:
        a = ok(ask(s, *q), "ListSets")
        seen += [e.text for e in a.verb.iter(OAI + "setSpec")]
        t = token_of(a)
        cursors.append(int(t.get("cursor")))
        sizes.append(int(t.get("completeListSize")))
        if not t.text:
            break
        bad(s, "badResumptionToken", "verb=ListRecords&resumptionToken=" + t.text)
        q = ["verb", "ListSets", "resumptionToken", t.text]
    same((len(seen), len(set(seen)), cursors, set(sizes)), (n, n, [0, 500], {n}))
    s.stop()


@case(114, "a name with control characters")
def _():
    name = sets_of(R1)[0]["other"].findtext(OAI + "setName")
    same(name, "Another")


@case(115, "a set's description is oai_dc")
def _():
    e = sets_of(R1)[0]["inst:eng:mat"]
    same(e.findtext(".//" + DC + "description"), "Materials & more")


@case(116, "a collection's path that is no setSpec is refused")
def _():
    for bad_spec in ("科学", "a b", "a::b", ":a", "a:", "a/b", "a<b", "x" * 300, "a\u0003b", ""):
        status, data = R1.call("PUT", "/api/records/%s/communities" % R1.none, {"communities": [{"id": bad_spec}]})
        assert 400 <= status < 500, (bad_spec, status, data)
        status, data = R1.call("POST", "/api/communities", {"slug": bad_spec, "metadata": {"title": "x"}})
        assert 400 <= status < 500, (bad_spec, status, data)
    sets_of(R1)
    get(R1, R1.none)


# ---- 7. Formats ----

def formats(s, *more):
    a = ok(ask(s, "verb", "ListMetadataFormats", *more), "ListMetadataFormats")
    return {f[0].text: (f[1].text, f[2].text) for f in a.verb}


@case(117, "oai_dc is offered")
def _():
    for s in (R0, R1):
        same(formats(s)["oai_dc"], ("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/"))


@case(118, "formats name the namespace and schema that records have")
def _():
    have = formats(R1)
    assert {"oai_dc", "datacite", "oai_datacite"} <= set(have)
    for prefix, (xsd, ns) in have.items():
        root = get(R1, R1.special, prefix).verb[0].find(OAI + "metadata")[0]
        same(etree.QName(root).namespace, ns, prefix)
        where = root.get(XSI + "schemaLocation").split()
        same(dict(zip(where[::2], where[1::2]))[ns], xsd, prefix)


@case(119, "formats of an item are those GetRecord gives")
def _():
    of = formats(R1, "identifier", oid(R1.id))
    assert "oai_dc" in of
    for p in formats(R1):
        a = ask(R1, "verb", "GetRecord", "identifier", oid(R1.id), "metadataPrefix", p)
        same(a.root.find(OAI + "GetRecord") is not None, p in of, p)


@case(120, "formats of no item")
def _():
    bad(R1, "idDoesNotExist", "verb=ListMetadataFormats&identifier=" + oid("aaaaa-aaaaa"))


@case(121, "formats of a deleted item")
def _():
    bad(R1, "noMetadataFormats", "verb=ListMetadataFormats&identifier=" + oid(R1.gone))


@case(122, "GetRecord in no format")
def _():
    bad(R1, "cannotDisseminateFormat", "verb=GetRecord&metadataPrefix=nosuch&identifier=" + oid(R1.id))


@case(124, "ListRecords in no format")
def _():
    bad(R1, "cannotDisseminateFormat", "verb=ListRecords&metadataPrefix=nosuch", "verb=ListIdentifiers&metadataPrefix=nosuch")


@case(125, "a list of a format holds every item that has it")
def _():
    for p in formats(R1):
        listed = {h[0] for h in harvest(R1, prefix=p) if h[2] is None}
        if p in ("oai_dc", "datacite", "oai_datacite"):
            same(len(listed), R1.total - N_DELETED, p)
        for i in (R1.special, R1.illegal, R1.long, R1.id):
            a = ask(R1, "verb", "GetRecord", "identifier", oid(i), "metadataPrefix", p)
            same(a.root.find(OAI + "GetRecord") is not None, oid(i) in listed, p)


def every_page(prefix):
    key = "pages-" + prefix
    if key not in globals():
        globals()[key] = pages(R1, "ListRecords", prefix)
    return globals()[key]


@case(126, "the root of every record declares namespace and schema")
def _():
    for p, (xsd, ns) in formats(R1).items():
        for a in every_page(p):
            for m in a.root.iter(OAI + "metadata"):
                assert ns + " " + xsd in m[0].get(XSI + "schemaLocation")


@case(127, "every record of every format is valid")
def _():
    for p in formats(R1):
        same(sum(len(a.verb.findall(OAI + "record")) for a in every_page(p)) >= 900, True, p)
        assert all(a.verb is not None for a in every_page(p))


def dcs():
    return [m[0] for a in every_page("oai_dc") for m in a.root.iter(OAI + "metadata")]


@case(130, "oai_dc has title, creator, date, type and an address of its own")
def _():
    urls = []
    for dc in dcs():
        for e in ("title", "creator", "date", "type", "identifier"):
            assert dc.findtext(DC + e), etree.tostring(dc)[:300]
        urls += [e.text for e in dc.iter(DC + "identifier") if e.text.startswith(R1.base + "/records/")]
    same(len(set(urls)), len(dcs()))


@case(131, "dates are ISO 8601, languages ISO 639")
def _():
    for dc in dcs():
        assert all(re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", e.text) for e in dc.iter(DC + "date"))
        assert all(re.fullmatch(r"[a-z]{2,3}", e.text) for e in dc.iter(DC + "language"))


@case(132, "oai_dc has no empty elements and no text between them")
def _():
    for dc in dcs():
        assert not (dc.text or "").strip() and all(e.text.strip() and not (e.tail or "").strip() for e in dc)


# ---- 8. Records ----

@case(133, "GetRecord gives the record asked for")
def _():
    same(get(R1, R1.id).header[0], oid(R1.id))


@case(134, "GetRecord of no item")
def _():
    bad(R1, "idDoesNotExist", "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + oid("aaaaa-aaaaa"))


@case(135, "GetRecord by a part of the identifier or by DOI")
def _():
    bad(R1, "idDoesNotExist", *("verb=GetRecord&metadataPrefix=oai_dc&identifier=" + urllib.parse.quote(x) for x in
        (R1.id, "10.1234/" + R1.id, "doi:10.1234/x", R1.base + "/records/" + R1.id, "oai:other.example:" + R1.id, oid(R1.id) + ":", oid(R1.id) + " ")))


@case(136, "datestamps have seconds")
def _():
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", h[1]) for h in harvest(R1))


@case(137, "headers of one record are equal everywhere")
def _():
    recs, idents = {h[0]: h for h in headers_of(every_page("oai_dc"))}, {h[0]: h for h in harvest(R1)}
    same(recs, idents)
    for i in (R1.mat, R1.two, R1.none, R1.gone, R1.id):
        same(get(R1, i).header, recs[oid(i)])


@case(138, "GetRecord of a deleted item")
def _():
    a = get(R1, R1.gone)
    same((a.header[2], [e.tag for e in a.verb[0]]), ("deleted", [OAI + "header"]))


@case(139, "deletions are listed, under sets too")
def _():
    for verb in ("ListRecords", "ListIdentifiers"):
        got = {h[0]: h for h in harvest(R1, verb)}
        for i in R1.deleted:
            same(got[oid(i)][2], "deleted")
    d = get(R1, R1.gone).header[1]
    assert oid(R1.gone) in [h[0] for h in harvest(R1, FROM=d, until=d) if h[2] == "deleted"]
    assert oid(R1.gone) in [h[0] for h in harvest(R1, set="type:dataset") if h[2] == "deleted"]


@case(140, "deletions stay through restart, kill, rebuild and backup, byte for byte")
def _():
    s = Server("keep", oai__page=5).start()
    ids = [s.record(meta={"title": "Kept %d" % i}) for i in range(12)]
    s.api("POST", "/api/communities", {"slug": "inst:eng", "metadata": {"title": "Engineering"}})
    s.sets(ids[0], "inst:eng")
    s.sets(ids[1], "inst")
    s.sets(ids[1])
    for i in ids[3:7]:
        s.withdraw(i)
    s.restore(ids[3])
    port = int(s.host.split(":")[1])

    def look(x):
        out = [undated(a.body) for v in ("ListRecords", "ListIdentifiers") for p in ("oai_dc", "oai_datacite") for a in pages(x, v, p)]
        return out + [undated(a.body) for spec in sorted(sets_of(x)[0]) for a in ([ask(x, "verb", "ListRecords", "metadataPrefix", "oai_dc", "set", spec)])]
    before = look(s)
    middle = token_of(pages(s, "ListRecords")[0]).text
    s.restart(port=port)
    same(look(s), before, "after a restart")
    s.kill()
    s.start(port=port)
    same(look(s), before, "after a kill")
    copy = WORK + "/keep-copy"
    subprocess.run([AZEKURA, "admin", "backup", "--data", s.dir, "--to", copy], check=True, capture_output=True)
    s.stop()
    subprocess.run([AZEKURA, "admin", "rebuild", "--data", s.dir], check=True, capture_output=True)
    s.start(port=port)
    same(look(s), before, "after a rebuild")
    ok(ask(s, "verb", "ListRecords", "resumptionToken", middle), "ListRecords")
    s.stop()
    c = Server("keep-copy")
    c.token = s.token
    c.start(port=port)
    same(look(c), before, "in a backup")
    globals()["COPY"], globals()["MIDDLE"] = c, middle


@case(163, "a token works on another server of the same data")
def _():
    ok(ask(COPY, "verb", "ListRecords", "resumptionToken", MIDDLE), "ListRecords")
    COPY.stop()


@case(141, "an item withdrawn or made private is reported deleted")
def _():
    s = CHANGING
    i = s.record(meta={"title": "Going private"})
    since = later(s)
    s.edit(i, lambda d: d.update(access={"record": "restricted", "files": "restricted"}))
    a = get(s, i)
    same(a.header[2], "deleted")
    assert i in ids_or_none(s, FROM=since)
    s.edit(i, lambda d: d.update(access={"record": "public", "files": "public"}))
    same(get(s, i).header[2], None)


@case(142, "an item deleted and brought back")
def _():
    s = CHANGING
    i = s.record(meta={"title": "Coming back"})
    next_second()
    s.withdraw(i)
    gone = get(s, i)
    same(gone.header[2], "deleted")
    next_second()
    s.restore(i)
    back = get(s, i)
    same((back.header[0], back.header[2]), (oid(i), None))
    assert back.header[1] > gone.header[1]


@case(143, "a draft is never seen")
def _():
    s = CHANGING
    i = s.draft()
    bad(s, "idDoesNotExist", "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + oid(i), "verb=ListMetadataFormats&identifier=" + oid(i))
    assert i not in ids_or_none(s)
    j = s.record(access={"record": "restricted", "files": "restricted"})
    bad(s, "idDoesNotExist", "verb=GetRecord&metadataPrefix=oai_dc&identifier=" + oid(j))


@case(144, "metadata of an embargoed item is served")
def _():
    a = get(R1, R1.embargoed)
    assert b"Under embargo" in a.body and b"embargoed access" in a.body


# ---- 9. Lists ----

@case(148, "a full harvest has every record once, live and deleted")
def _():
    got = headers_of(every_page("oai_dc"))
    same((len(got), len({h[0] for h in got}), len([h for h in got if h[2]])), (R1.total, R1.total, N_DELETED))
    same({h[0].split(":")[2] for h in got if h[2]}, set(R1.deleted))


@case(149, "ListIdentifiers gives the same headers")
def _():
    same(sorted(harvest(R1)), sorted(headers_of(every_page("oai_dc"))))


@case(150, "an incomplete page ends in a token")
def _():
    for a in every_page("oai_dc")[:-1]:
        same(a.verb[-1].tag, OAI + "resumptionToken")
        assert a.verb[-1].text


@case(151, "the last page of several ends in an empty token")
def _():
    t = every_page("oai_dc")[-1].verb[-1]
    same((t.tag, t.text), (OAI + "resumptionToken", None))


@case(152, "a list of one page has no token")
def _():
    same(token_of(ok(raw(R1, LIST + "&set=inst"), "ListRecords")), None)


@case(153, "no page is empty when the number is a multiple of the page")
def _():
    s = Server("multiple", oai__page=5).start()
    for i in range(10):
        s.record()
    for verb, n in (("ListRecords", [5, 5]), ("ListIdentifiers", [10])):
        same([len([e for e in a.verb if e.tag != OAI + "resumptionToken"]) for a in pages(s, verb)], n)
    globals()["SMALL"] = s


@case(154, "cursor counts what was delivered before")
def _():
    at = 0
    for a in every_page("oai_dc"):
        same(int(token_of(a).get("cursor")), at)
        at += len(a.verb.findall(OAI + "record"))


@case(155, "completeListSize is the true number")
def _():
    same({int(token_of(a).get("completeListSize")) for a in every_page("oai_dc")}, {R1.total})
    same({int(token_of(a).get("completeListSize")) for a in pages(R1, "ListRecords", FROM="2020-01-01")}, {R1.total})


@case(156, "tokens do not expire")
def _():
    assert all(token_of(a).get("expirationDate") is None for a in every_page("oai_dc"))


@case(157, "pages have 100 records and more headers")
def _():
    same([len(a.verb.findall(OAI + "record")) for a in every_page("oai_dc")][0], 100)
    same(len(pages(R1, "ListIdentifiers")[0].verb.findall(OAI + "header")), 500)


@case(158, "the last token again gives the same list")
def _():
    t = [token_of(a).text for a in every_page("oai_dc")]
    a = ok(ask(R1, "verb", "ListRecords", "resumptionToken", t[-2]), "ListRecords")
    same(undated(a.body), undated(every_page("oai_dc")[-1].body))


@case(159, "earlier tokens are answered too")
def _():
    for i, page in enumerate(every_page("oai_dc")[:-1]):
        a = ok(ask(R1, "verb", "ListRecords", "resumptionToken", token_of(page).text), "ListRecords")
        same(undated(a.body), undated(every_page("oai_dc")[i + 1].body))


@case(160, "what does not change during a sequence is delivered exactly once")
def _():
    s = Server("moving", oai__page=10).start()
    ids = [s.record(meta={"title": "Moving %d" % i}) for i in range(45)]
    changed = set()

    def between(n):
        s.withdraw(ids[n])
        s.edit(ids[40 - n], lambda d: d["metadata"].update(title="Moved"))
        changed.update((ids[n], ids[40 - n], s.record()))
    got = [h[0].split(":")[2] for h in headers_of(pages(s, "ListRecords", between=between))]
    for i in set(ids) - changed:
        same(got.count(i), 1, i)
    s.ids = ids
    globals()["MOVING"] = s


@case(161, "a sequence ends although all that is left is re-dated again and again")
def _():
    s = MOVING
    live = [h[0].split(":")[2] for h in harvest(s) if not h[2]]

    def between(n):
        assert n < 20
        for i in live:
            s.edit(i, lambda d: d["metadata"].update(title="Again %d" % n))
    got = pages(s, "ListRecords", between=between)
    assert all(len(a.verb.findall(OAI + "record")) > 0 for a in got)
    seen = {h[0] for h in headers_of(got)} | {oid(i) for i in ids_or_none(s, FROM=got[0].date)}
    assert {oid(i) for i in live} <= seen
    # The same with an end: what is left moves out of the range that was asked for.
    live = [h[0].split(":")[2] for h in harvest(s) if not h[2]]
    last = max(h[1] for h in harvest(s))
    next_second()
    got = pages(s, "ListRecords", until=last, between=between)
    assert len(got) >= 2 and all(len(a.verb.findall(OAI + "record")) > 0 for a in got)
    s.stop()


@case(162, "a token works after a restart")
def _():
    s = SMALL
    a = ok(ask(s, "verb", "ListRecords", "metadataPrefix", "oai_dc"), "ListRecords")
    t = token_of(a).text
    before = ok(ask(s, "verb", "ListRecords", "resumptionToken", t), "ListRecords")
    s.restart(port=int(s.host.split(":")[1]))
    same(undated(ok(ask(s, "verb", "ListRecords", "resumptionToken", t), "ListRecords").body), undated(before.body))


@case(164, "a token of junk")
def _():
    bad(R1, "badResumptionToken", "verb=ListRecords&resumptionToken=junk", "verb=ListIdentifiers&resumptionToken=junk")


def first_token():
    return token_of(every_page("oai_dc")[0]).text


@case(165, "a token changed in any character or bit, cut, or longer is refused")
def _():
    t = first_token()
    tries = [t[:i] + ("A" if t[i] != "A" else "B") + t[i + 1:] for i in range(len(t) - 1)] + [t[:i] for i in range(0, len(t), 7) if i] + [t + "A", t + t, t + "=", "A" + t, t[:-1]]
    raw_bytes = base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
    for bit in range(len(raw_bytes) * 8):
        b = bytearray(raw_bytes)
        b[bit // 8] ^= 1 << bit % 8
        tries.append(base64.urlsafe_b64encode(bytes(b)).decode().rstrip("="))
    bad(R1, "badResumptionToken", *("verb=ListRecords&resumptionToken=" + x for x in tries))
    # The last character may stand for bits that are not used: no two texts are the same token.
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if c != t[-1]:
            bad(R1, "badResumptionToken", "verb=ListRecords&resumptionToken=" + t[:-1] + c)


@case(166, "a token of another verb is refused")
def _():
    bad(R1, "badResumptionToken", "verb=ListIdentifiers&resumptionToken=" + first_token(), "verb=ListSets&resumptionToken=" + first_token())


@case(167, "a token of another repository is refused")
def _():
    bad(SMALL, "badResumptionToken", "verb=ListRecords&resumptionToken=" + first_token())


@case(168, "a token stands alone")
def _():
    for x in ("metadataPrefix=oai_dc", "set=inst", "from=2026-01-01", "until=2099-01-01", "x=y", "identifier=a"):
        bad(R1, "badArgument", "verb=ListRecords&resumptionToken=%s&%s" % (first_token(), x))


@case(169, "tokens survive being sent raw and encoded")
def _():
    t = first_token()
    assert re.fullmatch(r"[A-Za-z0-9_.~-]+", t)
    a = ok(raw(R1, "verb=ListRecords&resumptionToken=" + "".join("%%%02X" % ord(c) for c in t)), "ListRecords")
    same(undated(a.body), undated(every_page("oai_dc")[1].body))


@case(170, "tokens are at most 512 characters long")
def _():
    longest = "a" * 200
    s = SMALL
    s.api("POST", "/api/communities", {"slug": longest, "metadata": {"title": "x"}})
    for i in range(6):
        s.sets(s.record(), longest)
    a = ok(ask(s, "verb", "ListRecords", "metadataPrefix", "oai_datacite", "set", longest, "from", "2020-01-01T00:00:00Z", "until", "2099-01-01T00:00:00Z"), "ListRecords")
    assert 0 < len(token_of(a).text) <= 512


@case(171, "an empty token")
def _():
    bad(R1, "badArgument badResumptionToken", "verb=ListIdentifiers&resumptionToken=")


@case(172, "hundreds of records of one second are delivered once each")
def _():
    got = headers_of(every_page("oai_dc"))
    by = {}
    for h in got:
        by.setdefault(h[1], []).append(h[0])
    stamp, most = max(by.items(), key=lambda x: len(x[1]))
    assert len(most) >= 300, len(most)
    one = [h[0] for h in headers_of(pages(R1, "ListRecords", FROM=stamp, until=stamp))]
    same((len(one), set(one)), (len(set(one)), set(most)))


@case(173, "ListSets with a junk token")
def _():
    bad(R1, "badResumptionToken", "verb=ListSets&resumptionToken=junk")
    bad(R0, "badResumptionToken", "verb=ListSets&resumptionToken=junk")


@case(174, "lists of an empty repository")
def _():
    bad(R0, "noRecordsMatch", LIST, "verb=ListIdentifiers&metadataPrefix=oai_datacite")


@case(176, "a page of large records ends early: memory does not grow with what records hold")
def _():
    s = Server("large").start()
    for i in range(18):
        s.record(meta={"title": "Large %d" % i, "description": "雨" * 190000, "additional_descriptions": [{"description": "雪" * 190000, "type": {"id": "other"}}]})
    got = pages(s, "ListRecords")
    assert len(got) > 1 and max(len(a.body) for a in got) < 16 << 20, [len(a.body) for a in got]
    same(len({h[0] for h in headers_of(got)}), 18)
    s.stop()


@case(177, "two harvesters do not disturb each other")
def _():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        a, b = pool.submit(harvest, R1, "ListRecords"), pool.submit(harvest, R1, "ListRecords", "oai_datacite", set="access:open")
    same(sorted(a.result()), sorted(headers_of(every_page("oai_dc"))))
    same(len(b.result()), len({h[0] for h in b.result()}))


@case(178, "one second as both ends, over all pages")
def _():
    for i in (R1.id, R1.mat, R1.gone):
        d = get(R1, i).header[1]
        assert i in ids_or_none(R1, FROM=d, until=d)


# ---- 10. Characters ----

@case(179, "no forbidden character in any answer")
def _():
    for p in formats(R1):
        for a in every_page(p):
            assert not FORBIDDEN.search(a.body.decode())


@case(180, "a record with illegal characters is delivered without them, the others complete")
def _():
    for p in formats(R1):
        a = get(R1, R1.illegal, p)
        assert b">abcdeg<" in a.body and b">xabcdeg<" in a.body, a.body[:2000]
        assert oid(R1.illegal) in {h[0] for h in headers_of(every_page(p))}


@case(181, "markup in text is escaped once and stays text")
def _():
    dc = get(R1, R1.special).verb[0].find(OAI + "metadata")[0]
    same(dc.findtext(DC + "description"), DESCRIPTION)
    assert "Rain &amp; \"snow\" &lt;li&gt;one&lt;/li&gt; &amp;nbsp; ]]&gt;" in get(R1, R1.special).body.decode()


@case(182, "text of all planes and directions is as it was stored")
def _():
    dc = get(R1, R1.special).verb[0].find(OAI + "metadata")[0]
    same([e.text for e in dc.iter(DC + "title")], [TITLE])
    same([e.text for e in get(R1, R1.special, "datacite").root.iter("{*}title")], [TITLE])


@case(183, "metadata has no declaration and no processing instruction of its own")
def _():
    for p in formats(R1):
        for a in every_page(p):
            same(a.body.count(b"<?"), 1, p)


@case(184, "languages are tags")
def _():
    for p in formats(R1):
        for a in every_page(p):
            for e in a.root.iter():
                lang = e.get("{http://www.w3.org/XML/1998/namespace}lang")
                assert lang is None or re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", lang), lang


@case(185, "line breaks inside a text are kept")
def _():
    i = CHANGING.record(meta={"title": "Lines", "description": "one\ntwo\n\nthree"})
    assert "one\ntwo\n\nthree" in [e.text for e in get(CHANGING, i).root.iter(DC + "description")]


@case(186, "a text of 100,000 characters and the longest title are delivered whole")
def _():
    root = get(R1, R1.long).root
    same((root.findtext(".//" + DC + "title"), root.findtext(".//" + DC + "description")), ("雨" * 5000, "雪" * 100000))


@case(187, "every identifier is an oai-identifier")
def _():
    assert all(re.fullmatch(r"oai:[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]+)+:[a-zA-Z0-9\-_.!~*'();/?:@&=+$,%]+", h[0]) for h in harvest(R1))


@case(188, "random records are valid in every format or not offered")
def _():
    s = CHANGING
    rnd = random.Random(20260121)
    chars = "ab 雨\u0003\ufffe\U0002000b<&>\"']]>\n\t\u202e\u0301-:/%"

    def text(n=40):
        return "x" + "".join(rnd.choice(chars) for _ in range(rnd.randrange(n)))
    made, refused = 0, {}
    for i in range(60):
        meta = {"title": text(), "description": text(200), "publication_date": rnd.choice(["2020", "2020-02", "2020-02-29", "1999/2001", "2020-01-01/2020-02-01"]),
                "additional_titles": [{"title": text(), "type": {"id": rnd.choice(["alternative-title", "subtitle", "other"])}}],
                "subjects": [{"subject": text()} for _ in range(rnd.randrange(4))], "version": text(8), "languages": [{"id": rnd.choice(["eng", "jpn", "deu"])}],
                "creators": [{"person_or_org": {"type": "personal", "family_name": text(), "given_name": text(9), "name": text(),
                                                "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}]}, "affiliations": [{"name": text()}]}],
                "contributors": [{"person_or_org": {"type": "organizational", "name": text()}, "role": {"id": rnd.choice(["datacurator", "other", "hostinginstitution"])}}],
                "identifiers": [{"scheme": "other", "identifier": text()}],
                "related_identifiers": [{**rnd.choice([{"scheme": "url", "identifier": "https://a.example/" + urllib.parse.quote(text(9))}, {"scheme": "doi", "identifier": "10.1234/" + text(6)}]),
                                         "relation_type": {"id": rnd.choice(["cites", "issourceof", "isderivedfrom", "isidenticalto"])}}],
                "funding": [{"funder": {"name": text()}, "award": {"number": text(5), "title": {"en": text()}}}],
                "locations": {"features": [{"place": text(), "geometry": {"type": "Point", "coordinates": [rnd.uniform(-190, 190), rnd.uniform(-92, 92)]}}]},
                "sizes": [text(5)], "formats": [text(5)], "rights": [{"title": {"en": text()}, "link": "https://l.example/" + urllib.parse.quote(text(3))}]}
        for k in rnd.sample([k for k in meta if k not in ("title", "creators", "publication_date", "rights")], rnd.randrange(8)):
            del meta[k]
        status, data = s.call("POST", "/api/records", {"access": {"record": "public", "files": "public"}, "files": {"enabled": False},
                                                       "metadata": {"resource_type": {"id": "dataset"}, "publisher": text(), **meta}})
        assert status in (201, 400, 422), (status, data[:300])
        if status != 201:
            continue
        id = json.loads(data)["id"]
        status, data = s.call("POST", "/api/records/%s/draft/actions/publish" % id)
        assert status in (200, 201, 202, 400, 422), (status, data[:300])
        if status >= 300:
            for x in json.loads(data).get("errors", []):
                refused[x["field"] + ": " + x["messages"][0][:70]] = 1 + refused.get(x["field"] + ": " + x["messages"][0][:70], 0)
            continue
        made += 1
        offered = formats(s, "identifier", oid(id))
        assert "oai_dc" in offered
        for p in offered:
            get(s, id, p)
    print("# %d of 60 random records were accepted; refused for %s" % (made, refused))
    assert made >= 20


# ---- 11. and 12. Harvesters ----

@case(189, "the steps of the Open Archives validator")
def _():
    spec = next(x for x in sets_of(R1)[0] if ids_or_none(R1, set=x))
    i = ids_or_none(R1, set=spec)[0]
    assert "oai_dc" in formats(R1, "identifier", oid(i))
    d = get(R1, i).header[1]
    assert i in [h[0].split(":")[2] for h in headers_of(pages(R1, "ListRecords", FROM=d, until=d))]


@case(190, "what OVAL asks for")
def _():
    got = pages(R1, "ListRecords")
    n = len(got[0].verb.findall(OAI + "record"))
    assert 100 <= n <= 500 and int(token_of(got[0]).get("completeListSize")) >= n
    day = get(R1, R1.id).header[1]
    ok(raw(R1, LIST + "&from=" + day[:10]), "ListRecords")
    ok(raw(R1, LIST + "&from=" + day), "ListRecords")
    for a in got:
        assert "Ã" not in a.body.decode() and "ã\u0081" not in a.body.decode()


@case(195, "every body is labelled text/xml; charset=utf-8")
def _():
    for q in ("verb=Identify", "verb=junk", LIST, "verb=ListSets", "verb=ListMetadataFormats"):
        for h in ({}, {"Accept-Encoding": "gzip"}):
            same(fetch(R1, q, headers=h).headers["Content-Type"], "text/xml; charset=utf-8")


@case(196, "elements of OAI-PMH have no prefix")
def _():
    for a in every_page("datacite"):
        assert all(e.prefix is None for e in a.root.iter(OAI + "*"))


@case(197, "payloads have the prefixes clients compare literally")
def _():
    for dc in dcs():
        same((dc.prefix, {e.prefix for e in dc}), ("oai_dc", {"dc"}))
    for p in ("datacite", "oai_datacite"):
        for a in every_page(p):
            assert all(e.prefix is None for m in a.root.iter(OAI + "metadata") for e in m.iter())


@case(198, "no empty elements in any payload")
def _():
    for p in formats(R1):
        for a in every_page(p):
            for m in a.root.iter(OAI + "metadata"):
                assert len(m) == 1 and len(m[0]) > 0
                assert all(len(e) or (e.text or "").strip() or e.attrib for e in m.iter())


@case(199, "set=* is a set that does not exist")
def _():
    bad(R1, "noRecordsMatch", LIST + "&set=*")


@case(200, "a token kept for a day goes on")
def _():
    s = SMALL
    t = token_of(ok(ask(s, "verb", "ListRecords", "metadataPrefix", "oai_dc"), "ListRecords")).text
    s.restart(offset=90000, port=int(s.host.split(":")[1]))
    ok(ask(s, "verb", "ListRecords", "resumptionToken", t), "ListRecords")
    s.stop()


@case(201, "daily harvests from yesterday deliver every change around midnight")
def _():
    s = Server("daily").start()
    ids = [s.record(meta={"title": "Daily %d" % i}) for i in range(3)]
    midnight = (int(time.time()) // 86400 + 1) * 86400
    delivered = set()
    for day in range(30):
        # From one second before midnight over it: a change on each side.
        s.restart(offset=midnight + day * 86400 - 1 - int(time.time()))
        made = []
        end = time.time() + 1.2
        n = 0
        while time.time() < end:
            i = ids[n % 3]
            title = "Day %d change %d" % (day, n)
            s.edit(i, lambda d: d["metadata"].update(title=title))
            made.append((i, get(s, i).header[1]))
            n += 1
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(midnight + (day - 1) * 86400))
        got = {(h[0].split(":")[2], h[1]) for h in harvest(s, FROM=yesterday)}
        newest = {}
        for i, d in made:
            newest[i] = d
        assert set(newest.items()) <= got, (day, newest, got)
    s.stop()


@case(203, "a parser that knows no namespaces finds what it looks for")
def _():
    for p in ("oai_dc", "datacite", "oai_datacite"):
        text = get(R1, R1.mat, p).body.decode()
        assert "<header><identifier>%s</identifier><datestamp>" % oid(R1.mat) in text and "<setSpec>inst:eng:mat</setSpec>" in text
        assert re.search(r"<dc:title[ >]" if p == "oai_dc" else r"<title[ >]", text)


# ---- hostile queries ----

def hostile():
    out = WORK + "/hostile"
    subprocess.run([sys.executable, SHARED + "/hostile/make_hostile.py", out, "--only", "oai"], check=True, capture_output=True)
    man = json.load(open(out + "/manifest.json"))["cases"]
    honest = first_token()
    for c in man:
        if c.get("surface") != "oai-url":
            continue
        want = c["error"].split(":")[1] if c.get("error") else None

        def one(c=c, want=want):
            for line in open(os.path.join(out, c["file"]), "rb").read().split(b"\n")[:-1]:
                q = line.decode("utf-8", "surrogateescape").replace("{TOKEN_OF_LISTRECORDS}", honest).replace("{TOKEN_TRUNCATED}", honest[:-5]).replace("{TOKEN}", honest)
                if "{TOKEN_BITFLIP}" in q:
                    q = q.replace("{TOKEN_BITFLIP}", ("A" if honest[9] != "A" else "B") .join((honest[:9], honest[10:])))
                data = b"GET /oai?" + q.encode("utf-8", "surrogateescape") + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                reply = raw_http(R1, data)
                head, _, body = reply.partition(b"\r\n\r\n")
                code = int(head.split()[1])
                assert code in (200, 400, 414, 431), (q[:200], head[:200])
                if code == 200:
                    a = Answer()
                    a.status, a.body, a.headers = 200, body, {"Content-Type": "text/xml; charset=utf-8"}
                    check_envelope(R1, a, "oai_dc")
                    if c["expect"] == "reject" and want:
                        err(a, want, *(("badArgument",) if want == "badResumptionToken" and q.endswith("=") else ()))
                    elif a.root.find(OAI + "error") is not None:
                        err(a, *[e.get("code") for e in a.root.iter(OAI + "error")])
        name = "hostile %s: %s" % (c["id"], c.get("why", c.get("description", "")))
        try:
            one()
        except Exception:
            say(False, name, traceback.format_exc())
        else:
            say(True, name)


CHANGING = None
try:
    if not ONLY or ONLY & {94, 96, 97, 98, 99, 141, 142, 143, 185, 188}:
        CHANGING = Server("changing").start()
        CHANGING.api("POST", "/api/communities", {"slug": "inst", "metadata": {"title": "Institute"}})
        CHANGING.a, CHANGING.b = CHANGING.record(), CHANGING.record()
    run_cases()
    if not ONLY or 0 in ONLY:
        hostile()
finally:
    for s in (R0, R1):
        try:
            s.stop()
            say(True, "the server of %s ends cleanly" % os.path.basename(s.dir))
        except Exception:
            say(False, "the server of %s ends cleanly" % os.path.basename(s.dir), traceback.format_exc())
print("# %.1f s in all" % (time.time() - t0))
