#!/bin/bash
# An instrument's folder, followed: each finished run is deposited once, whatever happens to the watcher or the server meanwhile.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
port=${BASE##*:}
W=$T/out; mkdir "$W"
watch() { "$AZEKURA" --server "$BASE" --token "$TOKEN" watch "$W" "$@" >>"$T/log" 2>>"$T/watch.err" & WP=$!; }
said() { [ "$(grep -cE "$1" "$T/log")" -ge "${2:-1}" ]; }
drafts() { curl -sS -H "Authorization: Bearer $TOKEN" "$BASE/api/user/records?size=100" | jq -r .hits.total; }
ends() { kill -TERM "$1" 2>/dev/null; wait "$1"; }
: >"$T/log"

# --- runs that were there, a run that is being written ---
mkdir "$W/run001" "$W/.hidden" "$W/other"; echo 1 >"$W/run001/a.dat"; echo x >"$W/other/a"
watch --run-pattern 'run*' --settle 2 --rescan 1
ok 'a run that has been quiet is deposited' wait_until 20 said '^[^ ]* deposited run="run001" id=.* files=1 '
mkdir "$W/run002"
for i in 1 2 3 4 5 6 7; do echo "$i" >>"$W/run002/slow.dat"; echo "$i" >"$W/run002/f$i.dat"; sleep 0.7; done
not_ok 'one that is written slowly is waited for' said 'deposited run="run002"'
ok 'until its writer is done' wait_until 20 said 'deposited run="run002" .* files=8 '
not_ok 'what is no run is left alone' said 'run="(other|.hidden)"'
ends $WP; is "$?" 0 'SIGTERM ends it cleanly'
ok 'and is told' said 'stopped run="" as asked'
# --- restarts ---
watch --run-pattern 'run*' --settle 1 --rescan 1
mkdir "$W/run003"; echo 3 >"$W/run003/c.dat"
ok 'it goes on after a restart' wait_until 20 said 'deposited run="run003"'
is "$(drafts)" 3 'and makes nothing twice'
echo more >>"$W/run001/a.dat"
ok 'a run that changes after its deposit is told of' wait_until 20 said 'changed run="run001"'
kill -9 $WP; wait $WP 2>/dev/null
# --- the server is away ---
kill9
mkdir "$W/run004"; echo 4 >"$W/run004/d.dat"
watch --run-pattern 'run*' --settle 1 --rescan 1
ok 'while the server is away it keeps trying' wait_until 30 said 'retry run="run004"'
start_server --listen "127.0.0.1:$port" || exit 1
ok 'and deposits when it is back' wait_until 60 said 'deposited run="run004"'
is "$(drafts)" 4 'once'
ends $WP
# --- killed at any moment ---
for i in $(seq 5 9); do mkdir "$W/run00$i"; for k in $(seq 1 30); do echo "$i $k" >"$W/run00$i/$k.csv"; done; done
sleep 1.2
for i in $(seq 1 10); do watch --run-pattern 'run*' --settle 1 --rescan 1 --publish; sleep "0.$((RANDOM % 4 + 1))"; kill -9 $WP; wait $WP 2>/dev/null; done
"$AZEKURA" --server "$BASE" --token "$TOKEN" watch "$W" --run-pattern 'run*' --settle 1 --publish --once >>"$T/log" 2>>"$T/watch.err"
is "$?" 0 'what ten kills left is done, and --once ends'
is "$(curl -sS "$BASE/api/records?size=50" | jq '[.hits.hits[].metadata.title] | sort | join(" ")')" '"run005 run006 run007 run008 run009"' 'each run was published once'
# --- a file a run, a marker, a next run ---
W=$T/files; mkdir "$W"; : >"$T/log"
watch --per file --settle 600 --rescan 1
( exec 3>"$W/s1.csv"; echo a,b >&3; sleep 2; echo 1,2 >&3; exec 3>&- )
sleep 1.5; not_ok 'a closed file is not all there is: another might be appended' said 'deposited run="s1.csv"'
exec 4>"$W/s2.csv"; echo a,b >&4
ok 'when the next begins, the one before is finished' wait_until 20 said 'deposited run="s1.csv"'
not_ok 'the next is not' said 'deposited run="s2.csv"'
exec 4>&-; ends $WP
W=$T/marked; mkdir "$W" "$W/r1"; echo 1 >"$W/r1/a"; touch -d '2020-01-01' "$W/r1/a"; : >"$T/log"
watch --marker DONE --settle 0 --rescan 1
sleep 2; not_ok 'with a marker nothing else counts' said 'deposited'
: >"$W/r1/DONE"
ok 'and it counts at once' wait_until 20 said 'deposited run="r1"'
ends $WP
is "$(cat "$T/watch.err")" '' 'nothing else was said'
done_testing
