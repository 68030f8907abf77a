#!/usr/bin/env python3
"""make_ror.py [N] [SEED]: N organisations in the form of ROR's dump (schema v2), made up, on standard output. The same seed gives the same bytes.

Names are put together from words, so that some words ("university", "大学") stand in a great share of them, as in the real list."""
import json
import random
import sys

n = int(sys.argv[1]) if len(sys.argv) > 1 else 120000
rnd = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
KINDS = [("University of {}", "{}大学"), ("{} University", "{}大学"), ("{} Institute of {}", "{}{}研究所"), ("National {} Center for {}", "国立{}{}センター"),
         ("{} Hospital", "{}病院"), ("{} {} Foundation", "{}{}財団"), ("{} {} Laboratories", "{}{}株式会社"), ("Ministry of {}, {}", "{}{}省"), ("{} College", "{}カレッジ")]
FIELDS = [("Technology", "工業"), ("Science", "理科"), ("Medicine", "医科"), ("Agriculture", "農業"), ("Physics", "物理"), ("Chemistry", "化学"), ("Materials", "材料"),
          ("Oceanography", "海洋"), ("Education", "教育"), ("Arts", "芸術"), ("Energy", "エネルギー"), ("Informatics", "情報")]
SYL = "ka ki ku ke ko sa shi su ta chi to na ni no ha hi fu ma mi mo ya yu yo ra ri ru ro wa ber mün gren tor val ost len mar do".split()
KANJI = "東西南北京都大阪福岡名古屋札幌仙台広島長崎神戸千葉埼玉静岡新潟金沢富山山形青森秋田岩手宮城群馬栃木茨城"
CITIES = [("Tsukuba", "Japan", "ja"), ("Kyoto", "Japan", "ja"), ("Berlin", "Germany", "de"), ("Paris", "France", "fr"), ("Austin", "United States", "en"), ("Leeds", "United Kingdom", "en")]


def place():
    return "".join(rnd.choice(SYL) for _ in range(rnd.randint(2, 4))).capitalize()


def kanji():
    return "".join(rnd.choice(KANJI) for _ in range(rnd.randint(2, 3)))


ids = []
seen = set()
while len(ids) < n:
    x = "0" + "".join(rnd.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(8))
    if x not in seen:
        seen.add(x)
        ids.append("https://ror.org/" + x)
out = sys.stdout
out.write("[\n")
for i, iri in enumerate(ids):
    form, form_ja = rnd.choice(KINDS)
    p, f = place(), rnd.choice(FIELDS)
    slots = form.count("{}")
    name = form.format(*([p] if slots == 1 else [p, f[0]]))
    city = rnd.choice(CITIES)
    names = [{"lang": "en", "types": ["label", "ror_display"], "value": name}]
    if city[2] == "ja":
        names.append({"lang": "ja", "types": ["label"], "value": form_ja.format(*([kanji()] if slots == 1 else [kanji(), f[1]]))})
    if rnd.random() < 0.5:
        names.append({"lang": None, "types": ["acronym"], "value": "".join(w[0] for w in name.split() if w[0].isalpha()).upper() + p[1].upper()})
    if rnd.random() < 0.3:
        names.append({"lang": city[2], "types": ["alias"], "value": place() + " " + p})
    rel = [{"type": "parent", "id": ids[rnd.randrange(i)], "label": "x"}] if i > 100 and rnd.random() < 0.2 else []
    out.write(("" if i == 0 else ",\n") + json.dumps({
        "id": iri, "status": "active" if rnd.random() < 0.97 else "inactive", "established": rnd.randint(1800, 2020), "types": ["education"], "names": names, "relationships": rel,
        "external_ids": [{"type": "grid", "preferred": None, "all": ["grid.%d.%d" % (i, i % 10)]}, {"type": "wikidata", "preferred": None, "all": ["Q%d" % (1000 + i)]}],
        "locations": [{"geonames_id": 1000 + i, "geonames_details": {"name": city[0], "country_name": city[1], "country_code": city[1][:2].upper(), "lat": 1.5, "lng": 2.5}}],
        "links": [{"type": "website", "value": "https://www.example.org/%d" % i}]}, ensure_ascii=False, separators=(",", ":")))
out.write("\n]\n")
