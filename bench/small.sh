# Many small files (1 to 20 KB, ten kinds) as one dataset: sent, durable, published, and every file profiled by the extractor, beside `tar` of the
# same folder into a file with a sync of that file system behind it. AZEKURA_BENCH_SMALL=N (default 100000) files.
bench_build bench/small_files || return
n=${AZEKURA_BENCH_SMALL:-100000}
"$BUILD/bench/small_files" "$T/many" "$n" || return
sync -f "$T"
# Warm both: what is compared is the work of storing, not who read the folder first.
tar cf - -C "$T/many" . | cat > /dev/null
t0=$(now)
tar cf "$T/many.tar" -C "$T/many" . && sync -f "$T/many.tar"
t1=$(now)
rm -f "$T/many.tar"
sync -f "$T"
peer_s=$(awk -v a="$t0" -v b="$t1" 'BEGIN { printf "%.1f", b - a }')
repo_new "$T/smallrepo" || return
: > "$T/serve.out"
"$BUILD/azekurad" --data "$T/smallrepo" --listen 127.0.0.1:0 --log error > "$T/serve.out" 2> "$T/serve.err" & srv=$!
until url=$(sed -n 's/^listening //p' "$T/serve.out") && [ -n "$url" ]; do kill -0 $srv || { cat "$T/serve.err" >&2; return; }; sleep 0.01; done
# The highest private memory of the server, looked at ten times a second.
( most=0; while kill -0 $srv 2> /dev/null; do k=$(private_kb $srv); [ "${k:-0}" -gt "$most" ] && most=$k && echo "$most" > "$T/most"; sleep 0.1; done ) & watcher=$!
t0=$(now)
"$BUILD/azekura" deposit "$T/many" --title "Many small files" --publish --json --server "$url" --token "$token" > "$T/small.json" || { cat "$T/small.json" "$T/serve.err"; unserve; return; }
t1=$(now)
id=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$T/small.json" | head -n 1)
# Read and indexed: the page of the record says so.
until [ "$(metric extracted_change)" = "$(metric changes)" ] || [ -z "$(metric changes)" ]; do sleep 0.1; done
t2=$(now)
cpu=$(awk '{ printf "%.1f", ($14 + $15 + $16 + $17) / 100 }' "/proc/$srv/stat")
row "small: $n files, tar into a file, sync" "" "$peer_s s" - -
value "small: $n files sent, durable, published" "$(awk -v a="$t0" -v b="$t1" 'BEGIN { printf "%.1f", b - a }')" s 60 lower
value "small: and profiled and indexed" "$(awk -v a="$t0" -v b="$t2" 'BEGIN { printf "%.1f", b - a }')" s 60 lower
ratio "small: all of it against tar (s)" "$(awk -v a="$t0" -v b="$t2" 'BEGIN { printf "%.1f", b - a }')" "$peer_s" 1000 lower
value "small: private memory of the server at most" "$(($(cat "$T/most") / 1024))" MB 64 lower
row "small: CPU time of server and its helpers" "$cpu s" "" - -
curl -s "$url/metrics" | grep -E '^azekura_(helper|extract|facts)' | sed 's/^/# /'
kill $watcher 2> /dev/null
unserve
rm -rf "$T/many" "$T/smallrepo"
