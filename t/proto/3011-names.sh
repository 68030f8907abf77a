#!/bin/bash
# Names of files: every one that a dataset can hold goes in and comes back byte for byte; every other is refused by name, before anything is sent.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
run() { OUT=$("$AZEKURA" --server "$BASE" --token "$TOKEN" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
cd "$T" || exit 99
D=$T/names; mkdir "$D"
long=$(printf 'n%.0s' {1..255}); wide=$(printf '名%.0s' {1..85})
names=(' ' ' lead' 'trail ' 'two  blanks' 'tab-less' '-dash' '--help' '-rf *' '--' '*' '?' '[a]' '{a,b}' '~' '~root' '$HOME' '$(id)' '`id`' ';ls' 'a&b' 'a|b' 'a<b' 'a>b'
	"it's" '"quoted"' "'" '"' '\' 'back\slash' '%' '%2F' '%2e%2e' '%00' '100%' '+' 'a+b' 'a b+c%20d' '#' '#frag' 'a#b' '?q=1' 'a?b' ':' 'C:' 'http:' 'a:b' '@' 'a@b' '=' ',' ';'
	'!' '!!' '^' '(' ')' '...' '.hidden' '..hidden' 'dots...' 'a..b' 'content' 'commit' 'inventory.json' '0=ocfl_object_1.1' 'draft' 'files' 'null' 'true' '0' '-1' '1e9'
	'CON' 'nul.txt' 'aux' 'data' 'manifest-sha256.txt' 'bagit.txt' 'mimetype' 'é' 'ü.txt' 'ﬁ' 'Å' 'ß' 'ǅ' 'İ' '日本語.txt' 'データ①.csv' '半角ｶﾅ' 'ﾊﾟ' '𠮷野家' '한글' 'العربية' 'עברית' 'ไทย'
	'😀' '👩‍👩‍👧‍👦' '🇯🇵.png' '​zero' $'\u202ertl' $'\u00a0' $'\u3000' $'\ufeffbom' $'\u2028' $'\uffff' $'\U10ffff' $'e\u0301nfd' "$long" "$wide" 'x.azekura' 'UPPER' 'ends.' 'semi;colon.csv')
for n in "${names[@]}"; do printf '%s' "$n" >"$D/$n"; done
mkdir -p "$D/a folder/content" "$D/-x/--" "$D/$wide x" 2>/dev/null
mkdir "$D/metadata"; echo m >"$D/metadata/m.csv"
mkdir -p "$D/deep/$long/$long"; echo deep >"$D/deep/$long/$long/leaf"; echo c >"$D/a folder/content/content"; echo d >"$D/-x/--/-"; : >"$D/empty"; : >"$D/a folder/empty too"
want=$(cd "$D" && find . -type f -printf '%P\n' | LC_ALL=C sort)
diag "$(wc -l <<<"$want") names"
run deposit "$D" --publish --json
is "$RC" 0 'a folder of nasty names is published' || diag "$ERR"
id=$(jq -r .id <<<"$OUT")
is "$(curl -sS "$BASE/api/records/$id/files" | jq -r '.entries[].key' | LC_ALL=C sort)" "$want" 'every name is kept byte for byte'
is "$(jq -c '.warnings' <<<"$OUT")" '[]' 'and none of them is worth a warning'
run get "$id" -o "$T/back"
is "$RC" 0 'they are fetched' || diag "$ERR"
ok 'and are the same' diff -r "$D" "$T/back"
run get -o "$T/part" "$id" -- -x
ok 'a name with a dash is fetched behind --' test -f "$T/part/-x/--/-"
curl -sS "$BASE/api/records/$id/files" >"$T/list.json"
bad=$(python3 - "$T/list.json" "$D" <<'X'
import hashlib, http.client, json, os, sys, urllib.parse
n = 0
for f in json.load(open(sys.argv[1]))["entries"]:
    here = open(os.path.join(sys.argv[2], f["key"]), "rb").read()
    for kind in ("self", "content", "self_html"):
        u = urllib.parse.urlsplit(f["links"][kind])
        c = http.client.HTTPConnection(u.netloc)
        c.request("GET", u.path)
        r = c.getresponse(); body = r.read()
        if r.status != 200 or u.query or u.fragment or (kind != "self" and body != here):
            n += 1; print(r.status, f["links"][kind], file=sys.stderr)
print(n)
X
)
is "$bad" 0 'every link to a file works'
run package "$id" zip -o "$T/all.zip"
is "$(python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))' "$T/all.zip")" "None $(wc -l <<<"$want")" 'the zip holds them all'
run package "$id" bagit -o "$T/bag.zip"; is "$RC" 0 'so does the bag'

# --- twins ---
mkdir "$T/case"; echo 1 >"$T/case/Data.csv"; echo 2 >"$T/case/data.csv"; echo 3 >"$T/case/STRASSE"; echo 4 >"$T/case/straße"
run deposit "$T/case" --publish --json
is "$RC $(jq '[.warnings[] | select(test("differ only in case"))] | length' <<<"$OUT")" '0 2' 'twins by case go in with a warning each'
mkdir "$T/nfc"; echo 1 >"$T/nfc/"$'\u00e9'; echo 2 >"$T/nfc/"$'e\u0301'
run deposit "$T/nfc" --publish
like "$RC $ERR" '^1 .*same name after Unicode normalisation' 'twins by Unicode normalisation are refused'

# --- names that no dataset can hold ---
mkdir "$T/odd"; echo 1 >"$T/odd/"$'caf\xe9'; echo 2 >"$T/odd/"$'line\nend'; echo 3 >"$T/odd/fine"; echo 4 >"$T/odd/"$'\xff%41\x01'
run deposit "$T/odd" --publish
like "$RC $ERR" "^1 .*--encode-names.*caf%E9.*line%0Aend" 'bytes that are no UTF-8 and line ends are refused, shown encoded, with the way out'
run deposit "$T/odd" --publish --json --encode-names
is "$RC $(curl -sS "$BASE/api/records/$(jq -r .id <<<"$OUT")/files" | jq -c '[.entries[].key]')" '0 ["%FF%2541%01","caf%E9","fine","line%0Aend"]' '--encode-names stores them so that they can be turned back'
is "$(jq '.warnings | length' <<<"$OUT")" 3 'and says which'
echo 5 >"$T/odd/caf%E9"; run deposit "$T/odd" --encode-names
like "$RC $ERR" '^1 .*caf%E9' 'an encoded name that is there already is refused'
mkdir "$T/far"; (cd "$T/far" && for _ in 1 2 3 4 5; do mkdir "$long" && cd "$long" || exit; done; echo x >leaf)
run deposit "$T/far"; like "$RC $ERR" '^1 .*1,?024' 'a path over 1,024 bytes is refused'

# --- links and other things ---
mkdir "$T/links"; echo x >"$T/links/x"; ln -s x "$T/links/soft"; ln -s /etc/passwd "$T/links/out"; ln -s . "$T/links/loop"; ln "$T/links/x" "$T/links/hard"; mkfifo "$T/links/pipe"; touch "$T/links/.DS_Store"
mkdir "$T/links/.git"; echo x >"$T/links/.git/config"
run deposit "$T/links" --publish --json
is "$RC $(curl -sS "$BASE/api/records/$(jq -r .id <<<"$OUT")/files" | jq -c '[.entries[].key]')" '0 ["hard","x"]' 'links and pipes stay out, hard links are files'
is "$(jq -r '.warnings[]' <<<"$OUT" | grep -cE "'(soft|out|loop)' is a link|'pipe' is no regular|2 files of other programs")" 5 'and each is told'
rm "$T/links/x" "$T/links/hard"; run deposit "$T/links"; like "$RC $ERR" '^1 .*nothing to deposit' 'nothing but links is nothing'

# --- many ---
mkdir "$T/many"; for d in {0..49}; do mkdir "$T/many/$d"; for f in {0..99}; do echo "$d $f" >"$T/many/$d/$f.txt"; done; done
start=$SECONDS; run deposit "$T/many" --publish --json --jobs 8
diag "5,000 files in $((SECONDS - start)) s"
is "$RC $(jq -c '[.files.count, .files.sent]' <<<"$OUT")" '0 [5000,5000]' '5,000 small files go in'
id=$(jq -r .id <<<"$OUT"); start=$SECONDS
run get "$id" --list; is "$(wc -l <<<"$OUT")" 5000 'all are listed'
run get "$id" 7 49/99.txt -o "$T/some"; is "$(find "$T/some" -type f | wc -l)" 101 'a folder and a file of them are fetched'
diag "listed and fetched in $((SECONDS - start)) s"
done_testing
