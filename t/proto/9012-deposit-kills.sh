#!/bin/bash
# A deposit that is cut anywhere goes on with the same command: client killed, server killed, line cut, answer lost. What arrived is not sent twice, what is published is
# whole, and there is one of it. The moments are drawn from a printed seed (AZEKURA_SEED repeats them; AZEKURA_LONG=1 draws more).
. "$AZEKURA_SRC/t/proto/lib.sh"
need_shared services/faultproxy.py
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
SEED=${AZEKURA_SEED:-$((RANDOM * 32768 + RANDOM))}; diag "AZEKURA_SEED=$SEED"; RANDOM=$((SEED % 32768))
rounds=25; [ -n "${AZEKURA_LONG:-}" ] && rounds=400
PORT=${BASE##*:}
az() { "$AZEKURA" --server "$BASE" --token "$TOKEN" "$@"; }
D=$T/d
# Twelve small files and one that goes by the resumable protocol: 9 MB.
mkdir -p "$D/sub"; for i in {1..12}; do head -c $((i * 1000)) /dev/urandom >"$D/sub/f$i"; done; head -c 9000000 /dev/urandom >"$D/big"
make_folder() { for f in "$D/sub/f1" "$D/sub/f12" "$D/big"; do printf '%s' "$RANDOM $SECONDS $EPOCHREALTIME" | dd of="$f" conv=notrunc status=none; done; }
listed() { (cd "$D" && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 -r sha256sum | sed 's/  / /'); }
stored() { curl -sS "$BASE/api/records/$1/files" | jq -r '.entries[] | "\(.checksum | sub("^sha256:"; "")) \(.key)"' | LC_ALL=C sort -k2; }
found() { indexed "$1"; az --json search "title:round$2" | jq .hits.total; }
start_again() { "$AZEKURAD" --data "$DATA" --listen "127.0.0.1:$PORT" >"$T/listening" 2>>"$SERVER_LOG" & SERVER_PID=$!; wait_until 60 lib_listening_or_dead; }

# --- client killed ---
# How long does one take? The moments lie within it.
deposit "$D" --title warm >/dev/null; make_folder
before=${EPOCHREALTIME/./}; deposit "$D" --title round0 >/dev/null; whole=$((${EPOCHREALTIME/./} - before)); diag "a deposit takes $((whole / 1000)) ms"
bad=0 killed=0 deposits=1 n=0; ids=()
make_folder; : >"$T/out"
while [ "$killed" -lt "$rounds" ] && [ $((n += 1)) -le $((rounds * 3)) ]; do
	title=round${deposits}x$SEED
	"$AZEKURA" --server "$BASE" --token "$TOKEN" deposit "$D" --title "$title" --publish --json >"$T/out" 2>"$T/err" & p=$!
	us=$((whole * (RANDOM % 1100) / 1000))
	sleep "$((us / 1000000)).$(printf %06d $((us % 1000000)))"
	kill -9 "$p" 2>/dev/null
	wait "$p" 2>/dev/null; code=$?
	[ "$code" = 137 ] && killed=$((killed + 1))
	# Now and then the next run may end in peace. The record of the folder is looked at, then comes another folder.
	if [ -z "$(jq -r '.id // empty' "$T/out" 2>/dev/null)" ]; then
		[ $((RANDOM % 4)) = 0 ] || continue
		az deposit "$D" --title "$title" --publish --json >"$T/out" 2>"$T/err" || { bad=$((bad + 1)); diag "round $n: $(tail -n 2 "$T/err")"; }
	fi
	id=$(jq -r .id "$T/out"); ids+=("$id")
	[ "$(stored "$id")" = "$(listed)" ] || { bad=$((bad + 1)); diag "round $n: record $id is not the folder"; }
	deposits=$((deposits + 1)); make_folder; : >"$T/out"
done
wait_until 20 indexed "${ids[-1]}"
for i in "${!ids[@]}"; do
	title=round$((i + 1))x$SEED; req GET "/api/records?q=title:$title"
	[ "$(jq -r '[.hits.total, .hits.hits[0].id] | @tsv' "$BODY")" = "1"$'\t'"${ids[$i]}" ] || { bad=$((bad + 1)); diag "$title: $(jq -c '[.hits.total, .hits.hits[].id]' "$BODY"), not ${ids[$i]}"; }
done
diag "$killed kills, ${#ids[@]} publications"
is "$bad" 0 "after $killed kills of the client each folder is published once, whole"
ok 'several deposits were made' test "${#ids[@]}" -ge 3

# --- finished files are not sent twice ---
mkdir "$T/many"; for i in {1..60}; do head -c 300000 /dev/urandom >"$T/many/$i"; done
"$AZEKURA" --server "$BASE" --token "$TOKEN" deposit "$T/many" --publish --jobs 1 >/dev/null 2>&1 & p=$!
# Drafts of killed rounds may still be listed: ours is the one with its folder's name.
some_there() { draft=$(az --json status | jq -r 'first(.hits.hits[] | select(.metadata.title == "many") | .id) // empty'); [ -n "$draft" ] && req GET "/api/records/$draft/draft/files" && [ "$(jq '[.entries[]? | select(.status == "completed")] | length' "$BODY")" -gt 10 ]; }
wait_until 30 some_there; kill -9 "$p" 2>/dev/null; wait "$p" 2>/dev/null
req GET "/api/records/$draft/draft/files"; have=$(jq '[.entries[] | select(.status == "completed") | .size] | add // 0' "$BODY")
mark_counters; id=$(deposit "$T/many"); got=$(lib_gain received_bytes)
diag "$have of 18000000 bytes had arrived; $got came now"
ok 'what had arrived whole is not sent again' test "$got" -lt $((18000000 - have + 700000))
D0=$D; D=$T/many
is "$(stored "$id")" "$(listed)" 'and the record is the folder'
D=$D0

# --- server killed ---
bad=0
for round in 1 2 3; do
	make_folder
	"$AZEKURA" --server "$BASE" --token "$TOKEN" deposit "$D" --title "server$round" --publish --json >"$T/out" 2>"$T/err" & p=$!
	us=$((whole * (RANDOM % 900) / 1000)); sleep "$((us / 1000000)).$(printf %06d $((us % 1000000)))"
	kill9; start_again
	wait "$p" || az deposit "$D" --title "server$round" --publish --json >"$T/out" 2>"$T/err" || { bad=$((bad + 1)); diag "round $round: $(tail -n 2 "$T/err")"; }
	id=$(jq -r .id "$T/out"); wait_until 20 indexed "$id"
	[ "$(stored "$id")" = "$(listed)" ] || { bad=$((bad + 1)); diag "round $round: record $id is not the folder"; }
	req GET "/api/records?q=title:server$round"; [ "$(pick .hits.total)" = 1 ] || { bad=$((bad + 1)); diag "round $round: $(pick .hits.total) records"; }
done
is "$bad" 0 'after kills of the server each folder is published once, whole'

# --- the line ---
echo '{}' >"$T/rules"
proxy=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 "$SHARED/services/faultproxy.py" --listen "127.0.0.1:$proxy" --to "127.0.0.1:$PORT" --rules "$T/rules" --log "$T/weather" >"$T/proxy.out" 2>&1 & through=$!
wait_until 20 test -s "$T/proxy.out"
weather() { echo "$1" >"$T/rules.new"; mv "$T/rules.new" "$T/rules"; }
via() { "$AZEKURA" --server "http://127.0.0.1:$proxy" --token "$TOKEN" "$@"; }
once() {	# TITLE NAME
	[ -s "$T/out" ] || echo '{}' >"$T/out"; local id; id=$(jq -r .id "$T/out"); wait_until 20 indexed "$id"; req GET "/api/records?q=title:$1"
	is "$(pick .hits.total) $(stored "$id" | sha256sum)" "1 $(listed | sha256sum)" "$2"
}
make_folder; weather '{"cut_up": 4000000}'
via deposit "$D" --title cutup --publish --json --jobs 1 >"$T/out" 2>"$T/err"; code=$?
weather '{}'; mark_counters
[ "$code" = 0 ] || via deposit "$D" --title cutup --publish --json >"$T/out" 2>"$T/err"
once cutup 'a line that breaks every 4 MB'
diag "$(grep -c 'cut after' "$T/weather") cuts"
make_folder; weather '{"http": [{"method": "PUT", "nth": 2, "times": 2, "do": "lose_answer"}, {"method": "PATCH", "nth": 1, "times": 1, "do": "lose_answer"}, {"method": "POST", "path": "actions/publish", "times": 2, "do": "lose_answer"}]}'
via deposit "$D" --title lost --publish --json >"$T/out" 2>"$T/err"; is $? 0 'lost answers do not stop a deposit' || diag "$(cat "$T/err")"
once lost 'lost answers to files and publication: one record'
weather '{"http": [{"method": "POST", "path": "actions/publish", "do": "lose_answer", "id": 2}]}'; make_folder
via deposit "$D" --title never --publish --json >"$T/out" 2>"$T/err"; is $? 6 'an answer that never comes ends with 6'
weather '{}'; via deposit "$D" --title never --publish --json >"$T/out" 2>"$T/err"
once never 'and the same command later finds the one record'
weather '{"http": [{"method": "PUT", "nth": 2, "times": 3, "do": "503"}]}'; make_folder
via deposit "$D" --title busy --publish --json >"$T/out" 2>"$T/err"; once busy 'a busy server is asked again'
weather '{"refuse": true}'; via deposit "$D" --title refused --publish >/dev/null 2>"$T/err"; is $? 6 'a server that cannot be reached ends with 6'
weather '{"http": [{"method": "GET", "path": "content", "nth": 2, "times": 2, "do": "cut_answer"}, {"method": "GET", "path": "content", "nth": 6, "times": 1, "do": "flip_answer"}]}'
via get "$(jq -r .id "$T/out")" -o "$T/got" >/dev/null 2>"$T/err"; is "$? $(diff -r "$D" "$T/got")" '0 ' 'cut and flipped answers: what is fetched is right'
kill "$through"; wait "$through" 2>/dev/null
stop_server
ok 'fsck finds everything whole' "$AZEKURA" admin fsck --data "$DATA"
done_testing
