#!/bin/bash
# azekura get and package: whole, resumed, checked; and what a server that means ill cannot do.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
run() { OUT=$("$AZEKURA" --server "$BASE" --token "$TOKEN" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
mkdir -p "$T/d/a" "$T/d/b"; head -c 5000000 /dev/urandom >"$T/d/a/big.bin"; echo one >"$T/d/a/one.txt"; echo two >"$T/d/b/two.txt"; : >"$T/d/b/none"; cp "$T/d/a/one.txt" "$T/d/b/same"
id=$(deposit "$T/d")

# --- get ---
cd "$T" || exit 99
run get "$id"; is "$RC" 0 'all files are fetched into a folder named by the record'
ok 'and are the same' diff -r "$T/d" "$T/$id"
mark_counters; run get "$id"; is "$RC" 0 'a second run is fine'
ok 'and fetches nothing again' test "$(lib_gain sent_bytes)" -lt 50000
echo spoilt >"$T/$id/a/one.txt"; run get "$id"; is "$(cat "$T/$id/a/one.txt")" one 'a spoilt file is fetched anew'
sum=$(sha256_of "$T/d/a/big.bin"); rm "$T/$id/a/big.bin"; head -c 4000000 "$T/d/a/big.bin" >"$T/$id/a/${sum:0:32}.azekura-part"
mark_counters; run get "$id"; is "$RC $(sha256_of "$T/$id/a/big.bin")" "0 $sum" 'a part goes on where it stopped'
ok 'and only the rest is fetched' test "$(lib_gain sent_bytes)" -lt 1500000
rm "$T/$id/a/big.bin"; head -c 4000000 /dev/zero >"$T/$id/a/${sum:0:32}.azekura-part"
run get "$id"; is "$RC $(sha256_of "$T/$id/a/big.bin")" "0 $sum" 'a part of something else is thrown away'
is "$(find "$T/$id" -name '*.azekura-part')" '' 'no part is left'
run get "$id" b -o "$T/b"; is "$(cd "$T/b" && find . -type f | sort | xargs)" './b/none ./b/same ./b/two.txt' 'a folder is fetched by name'
run get "$id" b/two.txt a/one.txt --output="$T/two"; is "$(cd "$T/two" && find . -type f | sort | xargs)" './a/one.txt ./b/two.txt' 'files are fetched by name'
run get "$id" nothing; is "$RC" 5 'a file that is not there is told'
run get 11111-11111; is "$RC" 5 'a record that is not there is told'
run get "$id" --list; is "$(cut -f2- <<<"$OUT" | LC_ALL=C sort -k3 | tail -n 1)" "$(printf '4\t%s\tb/two.txt' "$(sha256_of "$T/d/b/two.txt")")" '--list prints size, digest and path'
is "$(curl -sS "$(grep 'b/two.txt$' <<<"$OUT" | cut -f1)")" two 'and an address that other programs fetch'
run get "$id" --json -o "$T/j"; is "$(jq -c '[.folder, (.files | length), (.files[] | select(.path == "b/two.txt") | .size)]' <<<"$OUT")" "[\"$T/j\",5,4]" '--json tells what was fetched'

# --- package ---
run package "$id" zip; is "$RC $(python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))' "$id.zip")" '0 None 5' 'a zip has its name'
made=0; for kind in croissant ro-crate bagit; do run package "$id" $kind; is "$RC $(find . -maxdepth 1 -name "$id*" -newer "$T/$id.zip" | wc -l)" "0 $((++made))" "so has $kind"; done
run --quiet package "$id" croissant -o -; is "$(jq -r .name <<<"$OUT")" d '- is standard output'
"$AZEKURA" --server "$BASE" package "$id" zip -o - --json >"$T/p.zip" 2>/dev/null
ok 'with --json, too, the bytes alone' python3 -c 'import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)' "$T/p.zip"
run package "$id" tar; is "$RC" 5 'a kind that is not offered is told'; is "$(find "$T" -maxdepth 1 -name '*tar*' -o -maxdepth 1 -name '*part')" '' 'and leaves nothing behind'
run package 11111-11111 zip --json; is "$RC $(jq .exit <<<"$OUT")" '5 5' 'a failure is JSON where that was asked for'

# --- a server that means ill ---
python3 "$SRC/t/stub/hostile.py" "$T/asked" >"$T/stub" & stub=$!
wait_until 20 test -s "$T/stub"; read -r bad other <"$T/stub"; : >"$T/asked"
from() { OUT=$("$AZEKURA" --server "$bad" --token azk_secret get "$1" -o "$T/in/$1" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
mkdir "$T/in"
for trick in up deep absolute dot empty double escape line end nul; do
	from $trick; is "$RC" 1 "a path that leaves the folder or speaks to the terminal is refused: $trick"
	is "$(LC_ALL=C grep -c '[^[:print:][:space:]]' "$T/err")" 0 'and not shown raw'
done
is "$(cd "$T/in" && find . -name '*evil*' | wc -l) $(ls "$T"/evil /tmp/azekura-evil 2>/dev/null)" '0 ' 'nothing was written outside'
good=$(python3 -c 'import hashlib; print(hashlib.sha256(bytes(range(256)) * 4000).hexdigest())')
from wrong; like "$RC $ERR" '^1 .*another digest' 'a wrong digest is refused'; is "$(find "$T/in/wrong" -type f)" '' 'and nothing is kept of it'
from badsum; like "$RC $ERR" '^1 .*cannot be read' 'a digest that is none is refused'; is "$(find "$T" -path '*part' | wc -l)" 0 'and names no file'
from nosum; is "$RC" 1 'so is a file without a digest'
for trick in cut norange liar nolink elsewhere; do from $trick; is "$RC $(sha256_of "$T/in/$trick/x.bin")" "0 $good" "the file arrives whole in the end: $trick"; done
from pages; OUT=$("$AZEKURA" --server "$bad/redirect" --token azk_secret whoami 2>&1); isnt $? 0 'a redirect is not followed with a token'
is "$(grep -c '^other ' "$T/asked")" 0 'no other server was asked, and none got the token'
kill "$stub"; wait "$stub" 2>/dev/null
done_testing
