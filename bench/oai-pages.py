#!/usr/bin/python3
"""Does page N of an OAI-PMH list cost what page 1 does?   oai-pages.py BASE [PREFIX]

Harvests everything by ListRecords, without compression and then with gzip, and times the first and the last page, asked for in turns so that
both see the same machine: median of 41. Case 175 of the conformance document. Python's standard library only."""

import gzip, http.client, re, statistics, sys, time

base, prefix = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "oai_dc"
conn = http.client.HTTPConnection(base[7:], timeout=120)


def get(query, coding):
    t = time.perf_counter()
    conn.request("GET", "/oai?verb=ListRecords&" + query, headers={"Accept-Encoding": coding})
    r = conn.getresponse()
    body = r.read()
    t = time.perf_counter() - t
    assert r.status == 200, r.status
    if coding == "gzip":
        assert r.headers["Content-Encoding"] == "gzip"
        body = gzip.decompress(body)
    return body, t


for coding in ("identity", "gzip"):
    query, queries, records, size, began = "metadataPrefix=" + prefix, [], 0, 0, time.perf_counter()
    while query:
        queries.append(query)
        body, t = get(query, coding)
        records += body.count(b"<record>")
        size += len(body)
        m = re.search(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>", body)
        query = "resumptionToken=" + m.group(1).decode() if m else None
    took = time.perf_counter() - began
    print("%s: %d records on %d pages, %.1f MB, in %.1f s: %.0f records/s" % (coding, records, len(queries), size / 1e6, took, records / took))
    places = {"first": queries[0], "middle": queries[len(queries) // 2], "last full": queries[-2]}
    times = {k: [] for k in places}
    for i in range(41):
        for k, q in places.items():
            times[k].append(get(q, coding)[1])
    first = statistics.median(times["first"])
    for k in times:
        m = statistics.median(times[k])
        print("%s: %s page %.3f ms, %.2f of the first" % (coding, k, m * 1000, m / first))
