#!/bin/bash
# The change log as a stream, and long work as jobs: in order, nothing skipped, only what the listener may see; cancelled, resumed.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) bob=$(token bob depositor) root=$(token root admin)
listen() { # NAME TOKEN CURL-ARG...: a stream into $T/NAME
	local name=$1 tok=$2; shift 2
	: >"$T/$name"; : >"$T/$name.head"
	curl -sSN --max-time 120 -D "$T/$name.head" -o "$T/$name" ${tok:+-H "Authorization: Bearer $tok"} "$@" "$BASE/api/events" 2>/dev/null &
	LISTENER=$!
	wait_until 10 grep -q '^HTTP' "$T/$name.head"
}
heard() { grep -q "\"id\":\"$2\"" "$T/$1"; }
ids() { sed -n 's/^id: //p' "$T/$1"; }

listen everybody '' ; anon=$LISTENER
listen hers "$alice"; hers=$LISTENER
listen his "$bob"; his=$LISTENER
like "$(tr -d '\r' <"$T/everybody.head")" '[Cc]ontent-[Tt]ype: text/event-stream' 'it is a stream of events'
TOKEN=$alice
first=$(publish_record '{"metadata":{"title":"First"}}')
private=$(publish_record '{"metadata":{"title":"Private"},"access":{"record":"restricted","files":"restricted"}}')
for i in $(seq 5); do last=$(publish_record "{\"metadata\":{\"title\":\"More $i\"}}"); done
for who in everybody hers his; do
	ok "the last change arrives ($who)" wait_until 10 heard $who "$last"
	ok "numbers only grow ($who)" sh -c "sed -n 's/^id: //p' '$T/$who' | sort -nuC"
	ok "the first is there ($who)" heard $who "$first"
done
ok 'its owner hears of the private one' heard hers "$private"
not_ok 'others do not' heard everybody "$private"
not_ok 'nor do other users' heard his "$private"

# Cut and resumed.
at=$(ids hers | sed -n 2p)
kill "$hers"; wait "$hers" 2>/dev/null
listen again "$alice" -H "Last-Event-ID: $at"; again=$LISTENER
ok 'a cut stream resumes' wait_until 10 heard again "$last"
is "$(ids again | tr '\n' ' ')" "$(ids hers | awk -v a="$at" '$1 > a' | tr '\n' ' ')" 'after the last number heard, with nothing skipped or doubled'
kill "$again"; wait "$again" 2>/dev/null
listen old '' -H 'Last-Event-ID: 0'; old=$LISTENER
ok 'from the start' wait_until 10 heard old "$last"
ok 'everything public is told' heard old "$first"
kill "$old"; wait "$old" 2>/dev/null
listen odd '' -H 'Last-Event-ID: nonsense'; kill "$LISTENER"; wait "$LISTENER" 2>/dev/null
like "$(cat "$T/odd.head")" '^HTTP/1.1 200' 'a place that is none is from now on'

# A token taken back ends its stream.
TOKEN=$root
api POST /api/admin/token.list '{"user":"bob"}'
api POST /api/admin/token.revoke "{\"token\":\"$(pick '.tokens[0].token')\"}"
TOKEN=$alice publish_record >/dev/null
over() { ! kill -0 "$his" 2>/dev/null; }
ok 'a token taken back ends its stream with the next change' wait_until 20 over

# Many idle streams cost others nothing.
streams=()
for _ in $(seq 200); do curl -sN --max-time 100 -o /dev/null "$BASE/api/events" & streams+=($!); done
TOKEN=$root
conns() { curl -sS "$BASE/metrics" | awk '$1 == "azekura_connections" { print $2 }'; }
many() { [ "$(conns)" -ge 200 ]; }
ok 'two hundred listeners are there' wait_until 30 many
TOKEN=$alice
start=$(date +%s%N)
n=$(publish_record '{"metadata":{"title":"Through the crowd"}}')
ok_status 200 GET "/api/records/$n"
ok 'publishing goes on beside them' test "$((($(date +%s%N) - start) / 1000000))" -lt 10000
ok 'the first listener still hears' wait_until 10 heard everybody "$n"
kill "${streams[@]}"; wait "${streams[@]}" 2>/dev/null
# A listener that went away is found out when something is sent to it.
few() { publish_record >/dev/null; [ "$(conns)" -lt 20 ]; }
ok 'those who left are forgotten' wait_until 20 few
beat() { grep -q '^: ' "$T/everybody"; }
ok 'an idle stream gives a sign of life' wait_until 40 beat
kill "$anon"; wait "$anon" 2>/dev/null

# Jobs.
TOKEN=$root
ok_status 202 POST /api/admin/fsck
job=$(pick .id)
like "$(header location)" "/api/jobs/$job\$" 'long work is a job with an address'
state() { req GET "/api/jobs/$job"; [ "$(pick .state)" = "$1" ]; }
ok 'it ends' wait_until 30 state "done"
ok_json '.result and .started and .ended and .attempts == 1' 'and says what came of it'
ok_status 409 DELETE "/api/jobs/$job"
problem 409 'what has ended cannot be cancelled'
ok_status 403 POST /api/admin/backup -H 'Content-Type: application/json' -d "{\"to\":\"$T/b\"}"
ok_status 404 POST /api/admin/nonsense
ok_status 409 POST /api/admin/rebuild
TOKEN=$alice ok_status 403 POST /api/admin/fsck
TOKEN='' ok_status 401 POST /api/admin/fsck
req POST http://localhost/api/admin/backup --unix-socket "$DATA/admin.sock" -H 'Content-Type: application/json' -d "{\"to\":\"$T/backup\"}"
is "$STATUS" 202 'on its own machine the operator may make a backup'
job=$(pick .id)
ok 'it ends' wait_until 60 state "done"
ok 'and is there' test -n "$(ls -A "$T/backup")"

# Waiting jobs: one is cancelled, the others survive kill -9.
jobs=()
for _ in $(seq 30); do api POST /api/admin/fsck '{}'; jobs+=("$(pick .id)"); done
victim=${jobs[29]}
req DELETE "/api/jobs/$victim"
code=$STATUS
like "$code" '^(204|409)$' 'a waiting job can be cancelled'
kill9
start_server
job=$victim
if [ "$code" = 204 ]; then ok 'it stays cancelled over a crash' state cancelled; fi
bad=''
for job in "${jobs[@]:0:29}"; do wait_until 60 state "done" || bad="$bad $job:$(pick .state)"; done
is "$bad" '' 'after kill -9 every other job is done'
job=$victim
if [ "$code" = 204 ]; then ok 'the cancelled one never ran' state cancelled; fi
done_testing
