#!/bin/bash
# A disk that nobody tidied: surveyed without a change to it, cut and gone on, carried out as datasets, and carried out again without a change.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
run() { OUT=$("$AZEKURA" --server "$BASE" --token "$TOKEN" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
cd "$T" || exit 99
D=$T/disk; mkdir "$D"

# --- the disk ---
mkdir -p "$D/soil survey 2024/raw" "$D/xrd" "$D/poll" "$D/shared" "$D/people" "$D/odd/deep"
printf '# Soils of forty fields\n\nText.\n' >"$D/soil survey 2024/README.md"
for i in $(seq 1 30); do printf 'depth,ph\n%d,%d.5\n' "$i" $((i % 7 + 1)) >"$D/soil survey 2024/raw/plot$i.csv"; done
for i in $(seq -w 1 12); do mkdir "$D/xrd/run0$i"; for k in 1 2 3; do printf '%d %d\n' "$i$k" "1$k" >"$D/xrd/run0$i/scan$k.xy"; done; done
for i in $(seq 1 40); do echo "{\"v\": $i}" >"$D/poll/q$i.json"; touch -d "2021-03-$((i % 9 + 10))" "$D/poll/q$i.json"; done
for i in $(seq 41 80); do echo "{\"v\": $i}" >"$D/poll/q$i.json"; touch -d "2023-09-$((i % 9 + 10))" "$D/poll/q$i.json"; done
printf 'name,email,phone\nA,a@example.org,090-1111-2222\nB,b@example.org,090-3333-4444\n' >"$D/people/participants.csv"
echo loose >"$D/notes.txt"; echo 'about the share' >"$D/README.txt"
head -c 200000 /dev/urandom >"$D/shared/big.bin"; cp "$D/shared/big.bin" "$D/odd/copy.bin"; cp "$D/shared/big.bin" "$D/odd/deep/copy2.bin"
head -c 200000 /dev/urandom >"$D/odd/same-size.bin"
n=0
for name in ' lead' 'trail ' '%41' $'new\nline' $'tab\there' $'bell\a' 'ü' '雪.txt' '#comment' 'deposit: yes' $'e\xff\xfe' "quo'te" '"dq"' '\back' '-rf' '*' $'esc\e[2J'; do
	mkdir -p "$D/names/$name"; echo "$name" >"$D/names/$name/f.txt"; echo "$name" >"$D/names/$name.dat"; n=$((n + 1))
done
ln -s / "$D/odd/root"; ln -s .. "$D/odd/up"; ln -s loop2 "$D/odd/loop1"; ln -s loop1 "$D/odd/loop2"; ln -s "$D" "$D/names/self"
mkfifo "$D/odd/pipe"; mkdir -p "$(printf "$D/odd/%s" "$(printf 'd/%.0s' {1..150})")"; echo x >"$D/odd/$(printf 'd/%.0s' {1..150})leaf.txt"
find "$D" -type f -exec touch -a -d '2020-01-01' {} +
before=$(cd "$D" && find . -printf '%p %y %s %T@ %A@\n' | LC_ALL=C sort | sha256sum)

# --- looked at ---
run survey "$D" --out "$T/list" --json
is "$RC" 0 'a disk of odd things is surveyed' || diag "$ERR"
S=$OUT
is "$(cd "$D" && find . -printf '%p %y %s %T@ %A@\n' | LC_ALL=C sort | sha256sum)" "$before" 'nothing on it changed, times of access included'
is "$(jq .files <<<"$S")" "$(find "$D" -type f -printf x | wc -c)" 'every file is counted once, links are not followed'
is "$(jq .bytes <<<"$S")" "$(find "$D" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')" 'and its bytes'
is "$(jq -c '[.same.largest[0].count, .same.largest[0].bytes]' <<<"$S")" '[3,200000]' 'copies are found by their bytes, not their size'
is "$(jq -c '.same.bytes >= 400000' <<<"$S")" true 'and what they waste is summed'
like "$(jq -c '[.kinds[].kind]' <<<"$S")" '"text/csv"' 'kinds come from the bytes'
is "$(jq -r '.datasets[] | select(.folder == "xrd") | "\(.files) \(.why)"' <<<"$S")" '36 numbered runs of one series' 'run001, run002, ... are one dataset'
is "$(jq -r '.datasets[] | select(.folder == "soil survey 2024") | "\(.files) \(.why) \(.deposit)"' <<<"$S")" '31 has a README true' 'a folder with a README is one, with what lies below'
is "$(jq -c '[.datasets[] | select(.folder == "poll") | [.files, .first, .last]]' <<<"$S")" '[[40,"2021-03-10","2021-03-18"],[40,"2023-09-10","2023-09-18"]]' 'two years between files make two'
is "$(jq -r '.datasets[] | select(.folder == "people") | "\(.deposit) \(.personalHints)"' <<<"$S")" 'false 1' 'hints of personal data: not proposed to go out'
is "$(jq -r '.datasets[] | select(.folder == "") | .deposit' <<<"$S")" false 'nor are loose files at the top'
ok 'the list says which file hints at people' grep -q '^# personal data? .*people/participants.csv' "$T/list"
run survey "$D" --out "$T/list"; is "$RC" 1 'a list that somebody may have edited is never overwritten'
chmod 0 "$D/shared"
if [ "$(id -u)" = 0 ]; then
	# Root reads everything: become nobody, with copies, because the build may lie where nobody may look.
	mkdir -m 777 "$T/nobody"; mkdir "$T/copies"
	cp "$AZEKURA" "$BUILD/azekura-extract" "$T/copies"; cp -r "$AZEKURA_SCHEMA" "$T/copies/schema"; chmod -R a+rX "$T/copies"; chmod a+x "$T"
	OUT=$(AZEKURA_LIBEXEC=$T/copies AZEKURA_SCHEMA=$T/copies/schema HOME=$T/nobody XDG_CACHE_HOME=$T/nobody XDG_CONFIG_HOME=$T/nobody \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$T/copies/azekura" survey "$D" --out "$T/nobody/list2" --json 2>"$T/err2")
else run survey "$D" --out "$T/list2" --json; fi
like "$(jq -c '.unreadable' <<<"$OUT")" '"shared".*denied' 'a folder that cannot be read is named'
chmod 755 "$D/shared"

# --- cut and gone on ---
rows=$(ls "$HOME"/.cache/azekura/survey-* 2>/dev/null); is "$rows" '' 'a survey that is done keeps no state'
same=1 cuts=0
for i in $(seq 1 12); do
	rm -f "$T/cut.list"
	"$AZEKURA" survey "$D" --out "$T/cut.list" --state "$T/rows" --json >/dev/null 2>&1 & pid=$!
	sleep "0.0$((RANDOM % 9))"; kill -9 $pid 2>/dev/null && cuts=$((cuts + 1)); wait $pid 2>/dev/null
	# A kill while rows are written leaves half a line.
	[ ! -s "$T/rows" ] || truncate -s -3 "$T/rows"
	rm -f "$T/cut.list"
done
run survey "$D" --out "$T/cut.list" --state "$T/rows" --json
is "$RC $(jq -cS '[.files, .bytes, .folders, .proposals, .same.groups, .leftOut]' <<<"$OUT")" "0 $(jq -cS '[.files, .bytes, .folders, .proposals, .same.groups, .leftOut]' <<<"$S")" "a survey cut $cuts times sees the same"
is "$(grep -v '^#' "$T/cut.list")" "$(grep -v '^#' "$T/list")" 'and proposes the same'
echo 'azekura-survey 1 sampled one /elsewhere' >"$T/rows"
run survey "$D" --out "$T/other" --state "$T/rows"; is "$RC" 1 'the state of another survey is not taken'

# --- carried out ---
run deposit --from-survey "$T/list" --json
is "$RC $(jq .failed <<<"$OUT")" '1 1' 'names that no dataset can hold stop their block alone'
run deposit --from-survey "$T/list" --json --encode-names
failed=$(jq -c '[.results[] | select(.error)]' <<<"$OUT")
diag "$failed"
made=$(jq '.made + .already' <<<"$OUT")
is "$made" "$(grep -c '^deposit: yes' "$T/list")" 'every block that says yes became a draft' || diag "$ERR"
soil=$(jq -r '.results[] | select(.folder | test("soil")) | .id' <<<"$OUT")
req GET "/api/records/$soil/draft"; ok_json '.metadata.title == "Soils of forty fields"' 'titled by its README'
poll=$(jq -r '[.results[] | select(.folder | test("/poll$"))] | map(.files) | @csv' <<<"$OUT"); is "$poll" '40,40' 'each of the two has its files'
cp "$T/list.done" "$T/done.before"
run deposit --from-survey "$T/list" --json
is "$RC $(jq -c '[.made, .failed, .already]' <<<"$OUT")" "0 [0,0,$made]" 'a second run makes nothing'
ok 'and writes nothing' cmp "$T/list.done" "$T/done.before"
req GET '/api/user/records?size=100'; ok_json ".hits.total == $made" 'the server has each once'

# --- edited, and killed on the way ---
cat >"$T/mine" <<END
# one block, edited by hand
deposit: yes
folder: $D/xrd
title: Diffraction of quartz
access: closed
license: CC-BY-4.0
publish: yes
include: run00[1-4]/*
exclude: scan3.xy
END
for i in 1 2 3 4 5 6; do
	"$AZEKURA" --server "$BASE" --token "$TOKEN" deposit --from-survey "$T/mine" >/dev/null 2>&1 & pid=$!
	sleep "0.0$((RANDOM % 9))"; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
done
run deposit --from-survey "$T/mine" --json
is "$RC $(jq -c '[.results[0].files, .results[0].published]' <<<"$OUT")" '0 [8,true]' 'include and exclude are heeded, six kills on the way' || diag "$ERR"
id=$(jq -r '.results[0].id' <<<"$OUT")
req GET "/api/records/$id"; ok_json '.metadata.title == "Diffraction of quartz" and .files.count == 8' 'with the title from the list'
req GET '/api/records?q=quartz'; wait_until 20 indexed "$id"; req GET '/api/records?q=title:quartz'; ok_json '.hits.total == 1' 'and was published once'
printf 'deposit: yes\nfolder: %s/none\n\ndeposit: yes\nfolder: %s/poll\ninclude: q1.json\n' "$D" "$D" >"$T/half"
run deposit --from-survey "$T/half" --json
is "$RC $(jq -c '[.made, .failed]' <<<"$OUT")" '1 [1,1]' 'one that fails spares the rest'
for bad in 'folder: /x' 'deposit: maybe' $'deposit: yes\nfolder: x' $'deposit: yes\nfolder: /x\ncolour: red' 'noise'; do
	printf '%s\n' "$bad" >"$T/bad"; run deposit --from-survey "$T/bad"
	like "$RC $ERR" '^[1-9].*line [0-9]' "a list with a fault is refused by its line: ${bad//$'\n'/ | }"
done

# --- the examples of the manual ---
mkdir -p "$T/manual/lab/set" "$T/manual/xrd/run1"; echo a,b >"$T/manual/lab/set/a.csv"; echo 1 >"$T/manual/xrd/run1/a"; cd "$T/manual" || exit 99
sed -n '/^\.SS survey/,/^\.SS status/{/^\.EX/,/^\.EE/p}' "$SRC/docs/man/azekura.1" | grep '^azekura' | sed 's/\\-/-/g' >"$T/examples"
is "$(wc -l <"$T/examples")" 3 'the manual has examples'
while read -r line; do
	ok "they run: $line" env AZEKURA_SERVER="$BASE" AZEKURA_TOKEN="$TOKEN" bash -c "azekura() { '$AZEKURA' \"\$@\"; }; $line"
done <"$T/examples"
done_testing
