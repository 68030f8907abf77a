# Durable small writes. Drafts saved by 64 clients beside the same entries one per LMDB transaction; metadata-only records published by 8
# connections beside a bare program that writes and fsyncs the objects that this made.
bench_build bench/client bench/bare bench/catalogue || return
echo "$record" > "$T/draft.json"
schema=${AZEKURA_SCHEMA:-$SRC/schema}
repo_new "$T/writes" && serve "$T/writes" || return
drafts() { on_client "$BUILD/bench/client" drafts "$host" "$token" 64 3200 "$T/draft.json"; }
single() { (cd "$T" && AZEKURA_SCHEMA=$schema on_server "$BUILD/bench/catalogue" single 200 "$T/draft.json"); }
drafts > /dev/null
jobs0=$(metric catalog_write_jobs) commits0=$(metric catalog_commits)
paired "writes: drafts saved by 64 clients, writes/s" 5 4 -- drafts single
jobs1=$(metric catalog_write_jobs) commits1=$(metric catalog_commits)
value "writes: writes in one commit" "$(awk -v j=$((jobs1 - jobs0)) -v c=$((commits1 - commits0)) 'BEGIN { printf "%.1f", j / c }')" writes 16
round=0
publish() { on_client "$BUILD/bench/client" publish "$host" "$token" 8 400 "$T/draft.json"; }
bare() { rm -rf "$T/bare"; on_server "$BUILD/bench/bare" objects "$T/writes/ocfl" "$T/bare" 8; }
publish > /dev/null
paired "writes: records published, 8 connections, records/s" 5 0.5 -- publish bare
unserve
rm -rf "$T/writes" "$T/bare"
