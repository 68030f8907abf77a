#!/bin/bash
# Every hostile file of the shared generator in one deposit: it stands, each bad file is told with a reason in words, memory and time stay in budget, helpers may
# die and nothing else does. AZEKURA_HOSTILE_SCALE=0.3 makes the large ones.
# needs: python3
. "${AZEKURA_SRC:-.}/t/proto/lib.sh"
need_shared hostile/make_hostile.py
need_shared fixtures
scale=${AZEKURA_HOSTILE_SCALE:-0.02}
python3 "$SHARED/hostile/make_hostile.py" "$T/made" --scale "$scale" --fixtures "$SHARED/fixtures" >/dev/null || skip_all 'the generator does not run'
jq -r '.cases[] | select(.surface | IN("archive", "science-file", "table", "metadata-xml", "metadata-json", "upload")) | [.file, .expect, .class, .id] | @tsv' \
	"$T/made/manifest.json" | sort -u >"$T/cases"
mkdir "$T/in"
while IFS=$'\t' read -r file _; do
	[ -f "$T/made/$file" ] || continue
	mkdir -p "$T/in/$(dirname "$file")"
	ln -f "$T/made/$file" "$T/in/$file"
done <"$T/cases"
total=$(find "$T/in" -type f | wc -l)
diag "$total files, $(du -sm "$T/in" | cut -f1) MB at scale $scale"

new_repo
start_server
pid=$SERVER_PID
TOKEN=$(token alice depositor)
started=$SECONDS
id=$(deposit "$T/in" --title 'Hostile files')
isnt "$id" '' 'the deposit stands'
# Descriptions that try to hurt may not keep the rest from being read either.
all_read() { [ "$(curl -s --max-time 60 -H "Authorization: Bearer $TOKEN" "$BASE/api/records/$id/facts" | jq '.files.waiting == 0 and .files.read + .files.unreadable + .files.unknown >= '"$total")" = true ]; }
ok 'every file was looked at' wait_until 600 all_read
diag "deposited and read in $((SECONDS - started)) s"
is "$SERVER_PID $(server_alive && echo alive)" "$pid alive" 'the server is the same process'
high=$(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status")
diag "the server took at most $high MB, $(counter extract.crashed) helpers crashed, $(counter extract.over_budget) over budget"
# A sanitizer takes several times the memory: the bound is one of the plain build.
if ! grep -qaE '__asan_init|__tsan_init' "$AZEKURAD"; then
	ok 'within 256 MB of memory' test "$high" -lt 256
fi

ok_status 200 GET "/api/records/$id/facts"
cp "$BODY" "$T/facts.json"
is "$(jq '[.findings[] | select((.text // "") == "")] | length' "$T/facts.json")" 0 'every finding has words'
# A library may die in its cell, and then that is the reason; what tries something forbidden is our fault.
is "$(jq -r '[.findings[] | select(.text | test("^(not read within|the reader tried)")) | .path] | join(" ")' "$T/facts.json")" '' 'no reader ran out of time or tried something forbidden'
diag "readers died at: $(jq -r '[.findings[] | select(.text | test("^the reader crashed")) | .path] | join(" ")' "$T/facts.json")"
jq -r '.findings[].path' "$T/facts.json" | sort -u >"$T/told"
# Each of these is right as bytes, or told in the facts themselves; with why it needs no warning.
fair='^(
archive/(zero\.zip|mtree\.tar)|	empty; plain text that names files: told as what they are
archive/(bomb_flat|bomb_lying_size|bomb_overlap)\.zip|	small at this scale: what comes out fits the budget
archive/(file_and_dir|name_nul)\.zip|archive/sparse\.tar|	listed as they are; wrong only for who unpacks to disk
json/(croissant_path|datapackage_path)\.json|	valid JSON: paths are never followed
json/(lone_surrogate|nan|utf16)\.json|	read as their writers meant it
json/(many_keys|string_100mb)\.json|xml/(deep|huge_attribute|many_attributes)\.xml|	large, and read within the budget
xml/empty\.xml	empty
)$'
fair=$(printf '%s' "$fair" | sed 's/\t.*//' | tr -d '\n')
silent=$(awk -F'\t' '$2 == "reject" { print $1 }' "$T/cases" | sort -u | comm -23 - "$T/told" | grep -Ev "$fair" | paste -sd' ')
is "$silent" '' 'every file that must be refused carries a reason'
ok_status 200 GET "/records/$id" -H 'Accept: text/html'
not_ok 'and its page runs nothing of theirs' grep -aqi '<script>alert\|onerror=\|onload=alert' "$BODY"
done_testing
