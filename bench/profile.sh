# A full profile of a table (types, range, mean, deviation, quantiles, histogram, different values, commonest values, hints) beside DuckDB's SUMMARIZE of the same
# file, which may use all cores; ours is one helper process. AZEKURA_BENCH_TABLE_MB=1000 for the whole figure.
bench_build bench/extract || return
mb=${AZEKURA_BENCH_TABLE_MB:-300}
python3 "$SRC/bench/make_table.py" "$T/table.csv" "$mb" > "$T/table.rows" || return
profile() { AZEKURA_LIBEXEC=$BUILD "$BUILD/bench/extract" -q -p "$T/table.csv" 2>&1 | tee "$T/profile.out" | awk -F', ' '/MB\/s/ { sub(/ MB.s/, "", $3); printf "%d\n", $3 * 1e6 }'; }
if "$SRC/t/clients/venv" "$SRC/bench/summarize.txt" "$BUILD/venv/summarize" > "$T/venv.log" 2>&1; then
	summarize() { "$BUILD/venv/summarize/bin/python" "$SRC/bench/summarize.py" "$T/table.csv" "$(nproc)" 2> "$T/summarize.err"; }
	paired "profile: $mb MB of mixed CSV, bytes/s; DuckDB SUMMARIZE" "${AZEKURA_BENCH_PAIRS:-5}" 1.0 -- profile summarize
else
	profile > /dev/null
	absent "profile: $mb MB of mixed CSV" "DuckDB cannot be installed"
fi
value "profile: most memory of the helper" "$(awk '/^helpers/ { printf "%.1f", $4 / 1000 }' "$T/profile.out")" MB 64 lower
rm -f "$T/table.csv"
