# shellcheck shell=bash
#
# Harness of the protocol tests: the real azekurad on a free port with a fresh folder. Sourced, never run:
#
#	. "$AZEKURA_SRC/t/proto/lib.sh"
#	new_repo
#	start_server
#	TOKEN=$(token alice depositor)
#	id=$(publish_record '{"metadata":{"title":"Rain"}}')
#	ok_status 200 GET "/records/$id" -H 'Accept: application/json'
#	ok_json '.metadata.title == "Rain"' 'the title comes back'
#	done_testing
#
# Rules: wait for a condition, never for a time; test names say what is promised; nothing but 127.0.0.1 is spoken to.
# Assertions count in shell variables, so do not call them in a subshell or behind a pipe.
#
# Set for the test
#	T		scratch folder, removed at the end (kept with AZEKURA_KEEP=1)
#	SRC BUILD SHARED	source tree, build tree, shared material (use need_shared before touching the last)
#	AZEKURA AZEKURAD	the two programs
#	DATA		the repository folder of new_repo
#	BASE		http://127.0.0.1:PORT after start_server; SERVER_PID its process; SERVER_LOG its output
#	TOKEN		set it, and every req sends it as a bearer token; empty: anonymous
#	STATUS BODY HEAD	of the last req: code, file with the body, file with the header
#
# TAP
#	pass NAME | fail NAME [DETAIL]		one result
#	ok NAME CMD [ARG...]		passes if CMD succeeds; its output is shown if not
#	not_ok NAME CMD [ARG...]	passes if CMD fails
#	is GOT WANT NAME	texts equal
#	isnt GOT OTHER NAME	texts differ
#	like TEXT ERE NAME	regular expression matches
#	skip NAME REASON	one test skipped; a failure when CI=true
#	skip_all REASON		leaves; a failure when CI=true
#	diag TEXT...		comment lines
#	done_testing		stops the server, checks its log for sanitizer reports, prints the plan. Last line of every test.
#
# Server
#	new_repo [DIR] [INIT-ARG...]	azekura init; DATA=DIR (default $T/data)
#	token USER ROLE		prints a new token (works with and without a running server)
#	start_server [ARG...]	azekurad --data "$DATA" --listen 127.0.0.1:0 ARG...; waits for its "listening" line. Environment passes through.
#	start_fails NAME ERE [ARG...]	passes if azekurad refuses to start, saying something that matches
#	stop_server		SIGTERM and wait; returns the exit status
#	kill9			SIGKILL and wait
#	restart_server [ARG...]	stop_server, start_server
#	server_alive		true while the process runs
#
# HTTP
#	req METHOD PATH [CURL-ARG...]		sets STATUS BODY HEAD; PATH may be a full URL; never fails itself (STATUS 000: no answer)
#	ok_status CODE METHOD PATH [CURL-ARG...]	req, passes if STATUS is CODE
#	api METHOD PATH [JSON]	req with a JSON body, for set-up: stops the test when the answer is not 2xx
#	header NAME		value of a header of the last answer (last one if repeated)
#	body			the last body
#	pick FILTER		jq -r FILTER of the last body
#	ok_json FILTER NAME	passes if jq -e FILTER holds
#	raw TEXT		send bytes (printf %b) to the server, print what it answers until it closes (10 s at most)
#	problem CODE NAME	passes if the last answer is application/problem+json with that status, a title and a detail
#
# Conditions and counters
#	wait_until SECONDS CMD [ARG...]		true as soon as CMD succeeds, false after SECONDS
#	counter NAME		value of a counter of /metrics: store.objects.get is azekura_store_objects_get (with or without _total)
#	mark_counters		what expect_counter counts from (else from the start of the server)
#	expect_counter NAME N	passes if the counter went up by exactly N since then
#	expect_counter_min NAME N	... by at least N
#	indexed ID		search finds the record; for wait_until
#
# Records
#	new_draft [JSON]	POST /api/records with a minimal record merged with JSON; prints the id
#	publish_draft ID	prints the id of the published version
#	publish_record [JSON]	both
#	put_file ID KEY FILE	upload one file into a draft
#	deposit FOLDER [ARG...]	azekura deposit --publish --json with $TOKEN; prints the id; the whole answer is left in $T/deposit.json
#	described ID		the readers are done with the record: its Croissant has a record set; for wait_until
#	sha256_of FILE		hex digest

set -u
SRC=${AZEKURA_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${AZEKURA_BUILD:-$SRC/build}
SHARED=${AZEKURA_SHARED:-$SRC/../shared}
AZEKURA=$BUILD/azekura
AZEKURAD=$BUILD/azekurad
: "${AZEKURA_SCHEMA:=$SRC/schema}"
export AZEKURA_SCHEMA
# A developer's own login and proxies must not leak into a test.
unset AZEKURA_SERVER AZEKURA_TOKEN http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
export no_proxy='127.0.0.1,localhost' LC_ALL=C.UTF-8

T=$(mktemp -d "${TMPDIR:-/tmp}/azekura-test.XXXXXX") || exit 99
export HOME=$T/home
mkdir "$HOME"
export XDG_CONFIG_HOME=$HOME/.config
DATA='' BASE='' TOKEN='' SERVER_PID='' SERVER_LOG=$T/server.log
STATUS=000 BODY=$T/body HEAD=$T/head
TAP_N=0 TAP_FAILED=0 TAP_DONE=0
: >"$BODY"; : >"$HEAD"; : >"$SERVER_LOG"

lib_end() {
	local code=$?
	trap - EXIT
	if [ -n "$SERVER_PID" ]; then kill -9 "$SERVER_PID" 2>/dev/null; wait "$SERVER_PID" 2>/dev/null; fi
	if [ "$TAP_FAILED" -gt 0 ] || [ "$TAP_DONE" = 0 ]; then
		echo "# last lines of the server's log:"
		tail -n 30 "$SERVER_LOG" | cut -c1-400 | sed 's/^/# /'
	fi
	if [ "$TAP_DONE" = 0 ]; then echo "Bail out! $0 ended early with status $code"; fi
	if [ -n "${AZEKURA_KEEP:-}" ]; then echo "# kept: $T"; else chmod -R u+rwX "$T" 2>/dev/null; rm -rf "$T"; fi
	exit "$code"
}
trap lib_end EXIT
trap 'exit 130' INT TERM HUP

# --- TAP ---------------------------------------------------------------------------------------------------------------

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
# A "#" in a name would start a directive.
pass() { TAP_N=$((TAP_N + 1)); printf 'ok %d - %s\n' "$TAP_N" "${1//#/}"; }
fail() {
	TAP_N=$((TAP_N + 1)); TAP_FAILED=$((TAP_FAILED + 1))
	printf 'not ok %d - %s\n' "$TAP_N" "${1//#/}"
	if [ -n "${2:-}" ]; then printf '%s\n' "$2" | head -n 40 | cut -c1-1000 | sed 's/^/# /'; fi
	return 1
}
ok() {
	local name=$1 out; shift
	if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "status $?: $*
$out"; fi
}
not_ok() {
	local name=$1 out; shift
	if out=$("$@" 2>&1); then fail "$name" "succeeded: $*
$out"; else pass "$name"; fi
}
is() { if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:  $1
want: $2"; fi; }
isnt() { if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "both: $1"; fi; }
like() { if [[ $1 =~ $2 ]]; then pass "$3"; else fail "$3" "text:    $1
pattern: $2"; fi; }
skip() {
	if [ "${CI:-}" = true ]; then fail "$1" "may not be skipped in CI: $2"; return 0; fi
	TAP_N=$((TAP_N + 1)); printf 'ok %d - %s # SKIP %s\n' "$TAP_N" "${1//#/}" "$2"
}
skip_all() {
	TAP_DONE=1
	if [ "${CI:-}" = true ]; then printf '1..1\nnot ok 1 - may not be skipped in CI: %s\n' "$1"; exit 1; fi
	printf '1..0 # SKIP %s\n' "$1"; exit 0
}
need_shared() { [ -e "$SHARED/${1:-}" ] || skip_all "shared material is absent: ${1:-}"; }
done_testing() {
	if [ -n "$SERVER_PID" ]; then
		stop_server; is "$?" 0 "the server ends cleanly on SIGTERM"
	fi
	if [ -s "$SERVER_LOG" ]; then
		local bad
		bad=$(grep -aE -A 15 'ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion .* failed' "$SERVER_LOG")
		is "$bad" '' 'the log holds no sanitizer report and no failed assertion'
	fi
	TAP_DONE=1
	echo "1..$TAP_N"
	[ "$TAP_FAILED" = 0 ]; exit $?
}

# --- server ------------------------------------------------------------------------------------------------------------

new_repo() {
	DATA=${1:-$T/data}
	[ $# -gt 0 ] && shift
	"$AZEKURA" init "$DATA" "$@" >"$T/init.out" 2>&1 || { diag "$(cat "$T/init.out")"; echo "Bail out! azekura init failed"; TAP_DONE=1; exit 1; }
}
token() { "$AZEKURA" admin token create --data "$DATA" --user "$1" --role "$2"; }

server_alive() { [ -n "$SERVER_PID" ] && ! lib_dead; }
lib_listening() {
	BASE=$(sed -n 's/^listening \(http:[^ ]*\).*/\1/p' "$T/listening" | head -n 1)
	[ -n "$BASE" ]
}
lib_listening_or_dead() { lib_listening || ! server_alive; }
start_server() {
	: >"$T/listening"
	# The log keeps all runs of one test; the "listening" line is looked for in this run's standard output only.
	"$AZEKURAD" --data "$DATA" --listen 127.0.0.1:0 "$@" >"$T/listening" 2>>"$SERVER_LOG" &
	SERVER_PID=$!
	wait_until 60 lib_listening_or_dead
	if ! lib_listening; then
		diag "azekurad did not start: $(tail -n 5 "$SERVER_LOG")"
		if server_alive; then kill -9 "$SERVER_PID"; fi
		wait "$SERVER_PID" 2>/dev/null
		SERVER_PID=''
		return 1
	fi
	LIB_MARK=''
}
start_fails() {
	local name=$1 ere=$2 out code; shift 2
	out=$(timeout 60 "$AZEKURAD" --data "$DATA" --listen 127.0.0.1:0 "$@" 2>&1); code=$?
	if [ "$code" = 0 ] || [ "$code" -ge 124 ]; then fail "$name" "status $code: $out"; return 1; fi
	like "$out" "$ere" "$name"
}
stop_server() {
	local code
	[ -n "$SERVER_PID" ] || return 0
	kill -TERM "$SERVER_PID" 2>/dev/null
	wait_until 60 lib_dead || kill -9 "$SERVER_PID" 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null; code=$?
	SERVER_PID=''
	return "$code"
}
# A zombie still answers kill -0: ask for its state.
lib_dead() { local s; s=$(sed 's/.*) //' "/proc/$SERVER_PID/stat" 2>/dev/null); [ -z "$s" ] || [ "${s:0:1}" = Z ]; }
kill9() {
	[ -n "$SERVER_PID" ] || return 0
	kill -9 "$SERVER_PID" 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null
	SERVER_PID=''
}
restart_server() { stop_server; start_server "$@"; }

# --- HTTP --------------------------------------------------------------------------------------------------------------

req() {
	local method=$1 url=$2 how=(); shift 2
	case $url in http://*|https://*) ;; *) url=$BASE$url ;; esac
	[ -n "$TOKEN" ] && how+=(-H "Authorization: Bearer $TOKEN")
	if [ "$method" = HEAD ]; then how+=(--head); else how+=(-X "$method"); fi
	: >"$HEAD"; : >"$BODY"
	STATUS=$(curl -sS -g --path-as-is --max-time 120 -o "$BODY" -D "$HEAD" -w '%{http_code}' "${how[@]}" "$@" "$url" 2>"$T/curl.err")
	[ -n "$STATUS" ] || STATUS=000
}
ok_status() {
	local want=$1 method=$2 path=$3; shift 3
	req "$method" "$path" "$@"
	if [ "$STATUS" = "$want" ]; then pass "$want to $method $path"
	else fail "$want to $method $path" "status $STATUS $(cat "$T/curl.err")
$(head -c 1500 "$BODY")"; fi
}
api() {
	if [ $# -gt 2 ]; then req "$1" "$2" -H 'Content-Type: application/json' --data-binary "$3"; else req "$1" "$2"; fi
	case $STATUS in 2??) return 0 ;; esac
	diag "$1 $2 answered $STATUS $(cat "$T/curl.err"): $(head -c 1500 "$BODY")" >&2
	return 1
}
header() { tr -d '\r' <"$HEAD" | awk -v want="$1" 'BEGIN { want = tolower(want) ":" }
	tolower(substr($0, 1, length(want))) == want { v = substr($0, length(want) + 1); sub(/^[ \t]*/, "", v); sub(/[ \t]*$/, "", v) } END { print v }'; }
body() { cat "$BODY"; }
pick() { jq -r "$1" "$BODY"; }
ok_json() {
	# jq 1.6 calls an empty body true: look at what it says, not only at how it ends.
	local said
	if said=$(jq -e "$1" "$BODY" 2>"$T/jq.err") && [ -n "$said" ]; then pass "${2:-$1}"
	else fail "${2:-$1}" "$1 does not hold $(cat "$T/jq.err")
$(head -c 1500 "$BODY")"; fi
}
raw() {
	local host=${BASE#http://} fd
	exec {fd}<>"/dev/tcp/${host%:*}/${host##*:}" || return 1
	printf '%b' "$1" >&"$fd"
	timeout 10 cat <&"$fd"
	exec {fd}>&-
}
problem() {
	is "$STATUS $(header content-type) $(jq -r '"\(.status) \((.title | length) > 0) \((.detail | length) > 0)"' "$BODY" 2>/dev/null)" \
		"$1 application/problem+json $1 true true" "$2"
}

# --- conditions and counters -------------------------------------------------------------------------------------------

wait_until() {
	local end=$((SECONDS + $1)); shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}
lib_metrics() { curl -sS --max-time 30 ${TOKEN:+-H "Authorization: Bearer $TOKEN"} "$BASE/metrics" 2>/dev/null; }
lib_counter_in() {
	awk -v n="azekura_${1//[.-]/_}" '$0 !~ /^#/ { k = $1; sub(/\{.*/, "", k); sub(/_total$/, "", k); if (k == n) { s += $NF; f = 1 } } END { if (f) printf "%d\n", s }'
}
counter() { lib_metrics | lib_counter_in "$1"; }
LIB_MARK=''
mark_counters() { LIB_MARK=$(lib_metrics); }
lib_gain() {
	local now was
	now=$(counter "$1"); was=$(printf '%s\n' "$LIB_MARK" | lib_counter_in "$1")
	[ -n "$now" ] || { echo "no such counter"; return; }
	echo $((now - ${was:-0}))
}
expect_counter() { is "$(lib_gain "$1")" "$2" "counter $1 grew by $2"; }
expect_counter_min() {
	local g; g=$(lib_gain "$1")
	if [ "$g" -ge "$2" ] 2>/dev/null; then pass "counter $1 grew by at least $2"; else fail "counter $1 grew by at least $2" "by $g"; fi
}
indexed() { req GET "/api/records?q=id:%22${1:-none}%22&size=1" && [ "$(jq -r '.hits.total' "$BODY" 2>/dev/null)" = 1 ]; }

# --- records -----------------------------------------------------------------------------------------------------------

LIB_MINIMAL='{"access":{"record":"public","files":"public"},"files":{"enabled":true},"metadata":{"title":"A test record","rights":[{"id":"cc-by-4.0"}],
"resource_type":{"id":"dataset"},"publication_date":"2026-01-31","publisher":"Azekura tests",
"creators":[{"person_or_org":{"type":"personal","family_name":"Tester","given_name":"Tina","name":"Tester, Tina"}}]}}'
new_draft() {
	local doc
	doc=$(jq -cn --argjson a "$LIB_MINIMAL" --argjson b "${1:-{\}}" '$a * $b') || return 1
	api POST /api/records "$doc" && pick .id
}
publish_draft() { api POST "/api/records/$1/draft/actions/publish" && pick .id; }
publish_record() {
	local id doc=${1:-{\}}
	# Without files of its own the record must say so.
	doc=$(jq -cn --argjson b "$doc" '{"files":{"enabled":false}} * $b') || return 1
	id=$(new_draft "$doc") && publish_draft "$id"
}
put_file() {
	local key
	key=$(jq -rn --arg k "$2" '$k | @uri')
	api POST "/api/records/$1/draft/files" "$(jq -cn --arg k "$2" '[{key: $k}]')" &&
	req PUT "/api/records/$1/draft/files/$key/content" -H 'Content-Type: application/octet-stream' -H 'Expect:' --upload-file "$3" &&
	[ "${STATUS:0:1}" = 2 ] && api POST "/api/records/$1/draft/files/$key/commit"
}
deposit() {
	"$AZEKURA" --server "$BASE" --token "$TOKEN" deposit "$@" --publish --json >"$T/deposit.json" 2>"$T/deposit.err" ||
		{ diag "azekura deposit $*: $(tail -n 5 "$T/deposit.err")" >&2; return 1; }
	jq -r .id "$T/deposit.json"
}
described() { [ "$(curl -sS --max-time 30 "$BASE/records/${1:-none}/export/croissant" 2>/dev/null | jq -r '.recordSet | length > 0' 2>/dev/null)" = true ]; }
sha256_of() { sha256sum "$1" | cut -d' ' -f1; }
