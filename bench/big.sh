# 10 GB up and down: what the server holds meanwhile. AZEKURA_BENCH_BIG_GIB sets another size.
gib=${AZEKURA_BENCH_BIG_GIB:-10}
repo_new "$T/big" && serve "$T/big" || return
id=$(api POST /api/records -d "$(echo "$record" | sed 's/"enabled":false/"enabled":true/')" | id_of)
peak=0
watch_private() {
	while kill -0 "$1" 2> /dev/null; do
		p=$(private_kb $srv) && [ "$p" -gt "$peak" ] && peak=$p
		sleep 0.1
	done
}
bytes=$((gib * 1073741824))
(head -c "$bytes" /dev/zero | curl -s -K "$T/curlrc" -o "$T/big.out" -H "Content-Length: $bytes" -H 'Expect:' -T - "$url/api/records/$id/draft/files/f/content") & up=$!
watch_private $up
wait $up
api POST "/api/records/$id/draft/actions/publish" > "$T/big.out"
curl -s "$url/records/$id/files/f" | wc -c > "$T/big.n" & down=$!
watch_private $down
wait $down
value "big: bytes that came back" "$(cat "$T/big.n")" bytes "$bytes"
value "big: most private memory, ${gib} GiB up and down" "$((peak / 1024))" MB 64 lower
unserve
rm -rf "$T/big"
