#!/bin/bash
# The manners of the command line: help, exit codes, JSON, quiet, progress, where tokens are kept and where they never show.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo "$T/data" --name 'A repository' --email data@example.org; start_server || exit 1
TOKEN=$(token alice depositor)
run() { OUT=$("$AZEKURA" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
az() { run --server "$BASE" --token "$TOKEN" "$@"; }

# --- help and wrong use ---
run --help; is "$RC" 0 'there is help'; commands=$(sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' <<<"$OUT")
for c in $commands; do
	run "$c" --help; like "$RC $OUT" "^0 azekura $c.*usage: azekura $c" "$c: help starts with an example"
	run help "$c"; is "$RC $(head -n 1 <<<"$OUT" | cut -d' ' -f1-2)" "0 azekura $c" "$c: so does help $c"
	run "$c" --no-such-option; is "$RC" 2 "$c: an unknown option is wrong use"
	is "$(man -l "$SRC/docs/man/azekura.1" 2>/dev/null | col -b 2>/dev/null | grep -c "^ *$c\b" | awk '{ print ($1 > 0) }' || true)" "$(command -v man >/dev/null && echo 1 || echo 0)" "$c: stands in the manual"
done
run; is "$RC" 2 'no command is wrong use'; run depsoit; like "$RC $ERR" "^2 .*did you mean 'deposit'" 'a mistyped command is told'; run help depsoit; is "$RC" 2 'help of none, too'
run --version; like "$OUT" '^azekura [0-9]' '--version'; run whoami --server; is "$RC" 2 'an option without its value is wrong use'

# --- codes and JSON ---
az --json whoami; is "$RC $(jq -r .username <<<"$OUT")" '0 alice' 'whoami'
az whoami --json; is "$(jq -r .role <<<"$OUT")" depositor 'global options may stand anywhere'
run "--server=$BASE" "--token=$TOKEN" whoami; like "$OUT" alice 'and be written with ='
run --server "$BASE" whoami; is "$RC" 4 'no token: 4'; run --server "$BASE" --token azk_wrong whoami; is "$RC" 4 'a wrong token: 4'
run --server http://127.0.0.1:1 --token x whoami --json; is "$RC $(jq .exit <<<"$OUT")" '6 6' 'no server: 6, in JSON, too'
az show 11111-11111 --json; is "$RC $(jq -r .status <<<"$OUT")" '5 absent' 'no record: 5'
mkdir "$T/d"; printf 'day,rain\n1,2.5\n2,0.5\n' >"$T/d/rain.csv"
az deposit "$T/d" --json; id=$(jq -r .id <<<"$OUT"); az status; like "$OUT" "$id" 'status lists drafts'
az status "$id" --json; is "$(jq -r .status <<<"$OUT")" draft 'status of a draft'
az publish "$id" --json; is "$RC $(jq -r .id <<<"$OUT")" "0 $id" 'publish'; wait_until 20 described "$id"; wait_until 20 indexed "$id"
for c in "status $id" "show $id" "search rain" "get $id --list" "new-version $id" "status"; do
	# shellcheck disable=SC2086
	az $c --json; is "$RC $(jq -s length <<<"$OUT")" '0 1' "${c%% *}: one JSON value"
done
az show "$id"; like "$OUT" 'rain.csv: 2 rows' 'show tells tables'; az show "$id" --format datacite; like "$OUT" 'http://datacite.org/schema' 'and formats as the server has them'
az --quiet show "$id"; is "$RC$OUT$ERR" 0 '--quiet says nothing'
az withdraw "$id"; is "$RC" 2 'withdraw wants a reason'; az withdraw "$id" --reason 'a test' --json; is "$RC" 0 'withdraw'; az show "$id"; is "$RC" 5 'a withdrawn record: 5'
run init "$DATA"; is "$RC" 1 'a folder that holds a repository is refused'; run init "$T/r2" --json --oai-id r2.example; is "$RC $(jq -r .oaiId <<<"$OUT")" '0 r2.example' 'init'

# --- progress ---
if command -v script >/dev/null; then
	head -c 30000000 /dev/urandom >"$T/d/big"; export AZEKURA_SERVER=$BASE AZEKURA_TOKEN=$TOKEN
	TERM=xterm script -qec "'$AZEKURA' deposit '$T/d' --restart --title T" "$T/tty" >/dev/null </dev/null
	like "$(tr -d '\033' <"$T/tty")" 'sending \[[#.]{24}\]' 'a terminal gets a bar'
	TERM=dumb script -qec "'$AZEKURA' deposit '$T/d' --restart --title T" "$T/tty" >/dev/null </dev/null
	is "$(grep -c $'\033' "$T/tty")" 0 'a dumb one gets none'
	NO_COLOR=1 TERM=xterm script -qec "'$AZEKURA' deposit '$T/d' --restart --title T" "$T/tty" >/dev/null </dev/null
	is "$(grep -cE $'\033\\[[0-9;]*m' "$T/tty")" 0 'NO_COLOR is obeyed'
	TERM=xterm script -qec "'$AZEKURA' --quiet deposit '$T/d' --restart --title T" "$T/tty" >/dev/null </dev/null
	is "$(sed '/^Script /d' "$T/tty" | grep -c '[^[:space:]]')" 0 '--quiet says nothing on a terminal either'
	unset AZEKURA_SERVER AZEKURA_TOKEN
else skip 'a terminal gets a bar' 'script(1) is absent'; fi
az deposit "$T/d" --restart --title T; is "$(grep -c $'[\r\033]' "$T/err")" 0 'a pipe gets plain lines'

# --- tokens ---
OUT=$(printf '%s\n' "$TOKEN" | "$AZEKURA" login "$BASE/" 2>&1); is $? 0 'login keeps a token'
f=$XDG_CONFIG_HOME/azekura/login.json
is "$(stat -c %a "$f") $(stat -c %a "$(dirname "$f")")" '600 700' 'that only its owner can read'
run whoami; is "$RC $(cut -d' ' -f1 <<<"$OUT")" '0 alice' 'and it is used from then on'
AZEKURA_TOKEN=azk_other run whoami; is "$RC" 4 'the environment stands above it'
printf 'azk_nonsense\n' | "$AZEKURA" login "$BASE" >/dev/null 2>&1; is $? 4 'a wrong token is not kept'; run whoami; is "$RC" 0 'and the old one stays'
"$AZEKURA" login "$BASE" >/dev/null 2>&1 </dev/null; is $? 2 'no token is wrong use'
# Where other users look: the list of processes. A server that never answers holds the client there.
python3 -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(60)' >"$T/port" & mute=$!
wait_until 20 test -s "$T/port"
"$AZEKURA" --server "http://127.0.0.1:$(cat "$T/port")" --token azk_topsecret whoami >/dev/null 2>&1 & p=$!
hidden() { tr '\0' ' ' <"/proc/$p/cmdline" | grep -q 'whoami' && ! grep -q topsecret "/proc/$p/cmdline"; }
ok 'a token is not left in the list of processes' wait_until 10 hidden
kill -9 "$p" "$mute"; wait "$p" "$mute" 2>/dev/null
is "$(grep -rlF "$TOKEN" "$DATA" "$SERVER_LOG" 2>/dev/null)" '' 'no token stands in the repository or the log'
is "$(cat "$T/err" "$T"/*.out 2>/dev/null | grep -cF "$TOKEN")" 0 'or in what the client says'
done_testing
