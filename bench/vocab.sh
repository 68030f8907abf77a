# Suggestions over a list as large as ROR: 120,000 organisations made by make_ror.py, loaded, asked in one process and over HTTP.
make -C "$BUILD" -s bench/vocab > /dev/null 2>&1
python3 "$SRC/bench/make_ror.py" "${AZEKURA_BENCH_ORGS:-120000}" > "$T/ror.json"
repo_new "$T/vocab"
a=$(now)
"$BUILD/azekura" admin vocab load "$T/ror.json" --name ror --data "$T/vocab" --json > "$T/ror.out"
b=$(now)
value 'load 120,000 organisations' "$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.1f", b - a }')" s 120 lower
row '  dump, catalogue' "$(du -m "$T/ror.json" | cut -f1) MB" "$(du -m "$T/vocab/catalog/data.mdb" | cut -f1) MB" - "$(grep -o '"concepts": [0-9]*' "$T/ror.out")"
set -- $("$BUILD/bench/vocab" "$T/vocab/catalog" ror | head -n 1)
value 'suggest and read 25 concepts in process, p50' "$1" ms 5 lower
value 'suggest and read 25 concepts in process, p99' "$2" ms 5 lower
value 'the same, slowest question by its median' "$4" ms 5 lower
serve "$T/vocab"
python3 - "$url" "$("$BUILD/bench/vocab" --words x)" > "$T/http" <<'PY'
import http.client, sys, time, urllib.parse
host = sys.argv[1].split('//')[1].rstrip('/')
words = sys.argv[2].split('\n')
c = http.client.HTTPConnection(host)
ms = []
for r in range(20):
    for w in words:
        a = time.perf_counter()
        c.request('GET', '/api/vocabularies/ror?size=10&q=' + urllib.parse.quote(w))
        x = c.getresponse()
        x.read()
        assert x.status == 200
        ms.append((time.perf_counter() - a) * 1000)
ms.sort()
print('%.2f %.2f' % (ms[len(ms) // 2], ms[len(ms) * 99 // 100]))
PY
set -- $(cat "$T/http")
value 'suggest 10 over HTTP, one connection, p50' "$1" ms 5 lower
value 'suggest 10 over HTTP, one connection, p99' "$2" ms 5 lower
unserve
