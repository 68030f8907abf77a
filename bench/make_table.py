#!/usr/bin/env python3
"""make_table.py OUT MB [SEED]: a table of observations of mixed types: whole and real numbers, times, booleans, names from short and long lists, notes in English and
Japanese with quotes and commas, gaps. The same arguments give the same bytes."""
import random
import sys

out, want = sys.argv[1], int(sys.argv[2]) * 10**6
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
words = ["soil", "river", "upper", "dry", "sample", "again", "noon", "probe", "cleaned", "salt", "wind", "north", "ridge", "deep", "clear", "ice"]
kanji = ["観測", "土壌", "河川", "北側", "試料", "再測定", "晴れ", "風速", "標高", "深度"]
notes = []
for _ in range(50021):
    r = rng.random()
    if r < 0.2:
        notes.append("")
    elif r < 0.3:
        notes.append("".join(rng.choices(kanji, k=rng.randint(2, 9))))
    elif r < 0.45:
        notes.append('"%s, ""%s"""' % (" ".join(rng.choices(words, k=6)), rng.choice(words)))
    else:
        notes.append(" ".join(rng.choices(words, k=rng.randint(3, 14))))
stations = ["ST%03d" % rng.randrange(300) for _ in range(10007)]
taxa = ["taxon-%04d" % min(1999, int(rng.paretovariate(0.8))) for _ in range(30011)]
n = size = 0
with open(out, "wb") as f:
    head = b"row,observed_at,station,latitude,longitude,value,quality,valid,taxon,note\n"
    f.write(head)
    size += len(head)
    while size < want:
        rows = []
        for _ in range(20000):
            v = rng.random()
            t = n * 37
            rows.append("%d,20%02d-%02d-%02dT%02d:%02d:%02dZ,%s,%.5f,%.5f,%s,%d,%s,%s,%s\n" % (
                n, t // 31104000 % 26, t // 2592000 % 12 + 1, t // 86400 % 28 + 1, t // 3600 % 24, t // 60 % 60, t % 60, stations[n % 10007],
                24 + v * 22, 123 + v * 977 % 23, "" if v < 0.03 else "%.4f" % (v * v * 1e4), int(v * 5), "true" if v > 0.1 else "false",
                taxa[n % 30011], notes[n % 50021]))
            n += 1
        block = "".join(rows).encode()
        f.write(block)
        size += len(block)
print(n, size)
