# 100,000 records: imported in bulk (stored, catalogued, rendered, indexed), the start with them, and ListRecords over them.
# The corpus comes from AZEKURA_BENCH_CORPUS (JSON Lines), else it is made by the shared program, which needs a Debian mirror.
corpus=${AZEKURA_BENCH_CORPUS:-}
if [ -z "$corpus" ] && [ -r "$SHARED/bench/make_corpus.py" ]; then
	mk="python3 $SHARED/bench/make_corpus.py"
	$mk fetch --lists "$T/lists" > "$T/mk.log" 2>&1 && $mk real --lists "$T/lists" --out "$T/real.jsonl" >> "$T/mk.log" 2>&1 &&
		$mk scale --real "$T/real.jsonl" --n 100000 --seed 1 --out "$T/100k.jsonl" >> "$T/mk.log" 2>&1 && corpus=$T/100k.jsonl
fi
if [ ! -r "${corpus:-/nonexistent}" ]; then
	absent "bulk: 100,000 records" "no corpus: set AZEKURA_BENCH_CORPUS"
	return
fi
repo_new "$T/bulk" || return
n=$(wc -l < "$corpus")
t0=$(now)
taskset -c 0,1 "$BUILD/azekura" admin import --data "$T/bulk" --bulk "$corpus" --source bench > "$T/import.out" 2>&1 & imp=$!
peak=0
while kill -0 $imp 2> /dev/null; do
	p=$(private_kb $imp 2> /dev/null) && [ "${p:-0}" -gt "$peak" ] && peak=$p
	c=$(awk '{ print $14 + $15 }' /proc/$imp/stat 2> /dev/null) && [ -n "$c" ] && cpu=$c
	sleep 0.1
done
wait $imp || { cat "$T/import.out"; return; }
t1=$(now)
start=$(now)
serve "$T/bulk" || return
until [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/readyz")" = 200 ]; do sleep 0.005; done
ready=$(now)
last=$(metric changes)
while [ "$(metric indexed_change)" -lt "$last" ]; do
	p=$(private_kb $srv) && [ "$p" -gt "$peak" ] && peak=$p
	sleep 0.05
done
t2=$(now)
# The import ends when search knows all; the server started after it only has to agree.
value "bulk: imported, catalogued, rendered and indexed" "$(awk -v n="$n" -v a="$t0" -v b="$t1" 'BEGIN { printf "%.0f", n / (b - a) }')" records/s 10000
value "bulk: the same until a new server says so" "$(awk -v n="$n" -v a="$t0" -v b="$t2" 'BEGIN { printf "%.0f", n / (b - a) }')" records/s 10000
value "bulk: the same by CPU time of two cores (for a loaded machine)" "$(awk -v n="$n" -v c="$cpu" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.0f", n / (c / hz / 2) }')" records/s 10000
value "bulk: most private memory, of import and of server" "$((peak / 1024))" MB 100 lower
unserve

# Start again: everything is there; how long until it answers, and what it holds when nobody asks.
starts() {
	unset url
	a=$(now)
	serve "$T/bulk"
	until [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/readyz")" = 200 ]; do sleep 0.002; done
	now | awk -v a="$a" '{ print $1 - a }'
}
: > "$T/starts"
for i in 1 2 3 4 5; do
	[ $i = 1 ] || unserve
	starts >> "$T/starts"
done
value "bulk: start with $n records until /readyz" "$(median < "$T/starts")" s 0.5 lower
sleep 2
value "bulk: resident when idle" "$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' /proc/$srv/status)" MB 32 lower

# ListRecords, every page by its resumption token; then the same page again and again, gzip, beside nginx gzip_static.
python3 - "$url/oai" "$T/pages" <<-'END' || { absent "bulk: ListRecords" "python3 failed"; unserve; return; }
import re, sys, time, urllib.request, os
url, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)
args, times, tokens, seen = 'verb=ListRecords&metadataPrefix=oai_dc', [], [], 0
while True:
    t = time.perf_counter()
    with urllib.request.urlopen(url + '?' + args) as r:
        body = r.read()
    times.append(time.perf_counter() - t)
    tokens.append(args)
    seen += body.count(b'<record>')
    if len(times) == 1:
        open(out + '/first.xml', 'wb').write(body)
    m = re.search(rb'<resumptionToken[^>]*>([^<]+)</resumptionToken>', body)
    if not m:
        break
    import urllib.parse
    args = 'verb=ListRecords&resumptionToken=' + urllib.parse.quote(m.group(1).decode())
first, last = tokens[0], tokens[-2]
def of(q):
    t = time.perf_counter()
    urllib.request.urlopen(url + '?' + q).read()
    return time.perf_counter() - t
pairs = sorted((of(last) / of(first), 0) for _ in range(101))
print(seen, len(times), file=open(out + '/count', 'w'))
print(first, file=open(out + '/first', 'w'))
print(last, file=open(out + '/last', 'w'))
print('%.3f' % pairs[50][0], file=open(out + '/ratio', 'w'))
h = len(times) // 10
walk = sorted(times[1:h + 1])[h // 2], sorted(times[-h - 1:-1])[h // 2]
print('%.2f %.2f' % (walk[0] * 1e3, walk[1] * 1e3), file=open(out + '/walk', 'w'))
END
value "bulk: ListRecords, records harvested" "$(cut -d' ' -f1 "$T/pages/count")" records "$n"
set -- $(cat "$T/pages/walk")
ratio "bulk: page of the walk's last tenth / first tenth, ms" "$2" "$1" 1.2 lower
value "bulk: last page / first page, asked in turn (median of 101)" "$(cat "$T/pages/ratio")" x 1.2 lower
if command -v wrk > /dev/null && mkdir -p "$T/static" && curl -s -H 'Accept-Encoding: gzip' "$url/oai?$(cat "$T/pages/first")" > "$T/static/page.xml.gz" &&
	gunzip -k "$T/static/page.xml.gz" && nginx_on "$T/static"; then
	printf 'wrk.headers["Accept-Encoding"] = "gzip"\n' > "$T/gzip.lua"
	paired "bulk: ListRecords page of $(wc -c < "$T/static/page.xml") bytes, gzip, pages/s" 5 0.25 -- \
		'wrk_rate 16 "$url/oai?$(cat "$T/pages/first")" 3s "$T/gzip.lua"' 'wrk_rate 16 "$peer/page.xml" 3s "$T/gzip.lua"'
	nginx_off
else
	absent "bulk: gzip pages" "nginx or wrk is missing"
fi
unserve
rm -rf "$T/bulk" "$T/static"
