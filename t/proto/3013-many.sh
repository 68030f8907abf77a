#!/bin/bash
# Many files in one request: a tar made by anybody's tar goes into a draft, file by file; what cannot be taken is named and spares the rest.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
send() { req POST "/api/records/$1/draft/files-archive" -H 'Content-Type: application/x-tar' -H 'Transfer-Encoding: chunked' --data-binary "@$2"; }
keys() { curl -sS -H "Authorization: Bearer $TOKEN" "$BASE/api/records/$1/draft/files" | jq -r '.entries[].key' | LC_ALL=C sort | paste -sd' '; }
with_files='{"files":{"enabled":true}}'

mkdir -p "$T/in/sub"
for i in $(seq 1 40); do echo "x,$i" >"$T/in/sub/$i.csv"; done
long=$(printf 'long%.0s' {1..60}); echo long >"$T/in/sub/$long"; echo 雪 >"$T/in/雪.txt"; : >"$T/in/empty"
head -c 3000000 /dev/urandom >"$T/in/large.bin"
for format in gnu pax; do
	id=$(new_draft "$with_files")
	tar --format=$format -C "$T/in" -cf "$T/$format.tar" .
	send "$id" "$T/$format.tar"
	is "$STATUS $(pick '[.count, .refused, .bytes] | @csv')" "200 44,0,$(cd "$T/in" && cat $(find . -type f) | wc -c)" "a folder as $format is taken whole"
	id=$(publish_draft "$id")
	"$AZEKURA" --server "$BASE" get "$id" -o "$T/out-$format" >/dev/null
	ok "and comes back the same ($format)" diff -r "$T/in" "$T/out-$format"
done

# --- what cannot be taken ---
id=$(new_draft "$with_files")
python3 - "$T/odd.tar" <<'X'
import io, sys, tarfile
t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
def f(name, data, **pax):
    i = tarfile.TarInfo(name); i.size = len(data); i.pax_headers = pax; t.addfile(i, io.BytesIO(data))
def odd(name, kind, link=""):
    i = tarfile.TarInfo(name); i.type = kind; i.linkname = link; t.addfile(i)
f("good.csv", b"a,b\n")
f("../../etc/passwd", b"root"); f("/abs", b"x"); f("a//b", b"x"); f("x/./y", b"x"); f("c\x07", b"x")
odd("soft", tarfile.SYMTYPE, "/etc/passwd"); odd("hard", tarfile.LNKTYPE, "good.csv"); odd("dev", tarfile.CHRTYPE); odd("pipe", tarfile.FIFOTYPE)
f("wrong", b"other bytes", **{"AZEKURA.sha256": "0" * 64})
f("cafe\u0301", b"1"); f("caf\u00e9", b"2")
f("good.csv/below", b"x")
f("last.csv", b"c,d\n")
t.close()
X
send "$id" "$T/odd.tar"
is "$STATUS $(pick '[.count, .refused] | @csv')" '200 3,12' 'links, devices, ways out and wrong digests are refused, the rest is taken'
ok_json '[.errors[].key] | index("soft") and index("hard") and index("dev") and index("pipe") and index("../../etc/passwd") and index("wrong") and index("good.csv/below")' 'each by its path'
ok_json 'all(.errors[]; .status >= 400 and (.message | length) > 5)' 'with a status and words'
is "$(keys "$id")" "$(printf 'cafe\u0301 good.csv last.csv')" 'and the draft holds what was taken'

# --- cut, broken, not allowed ---
tar -C "$T/in/sub" -cf - . | head -c 20000 >"$T/cut.tar"
id=$(new_draft "$with_files"); send "$id" "$T/cut.tar"
problem 400 'a cut tar is an error'
isnt "$(keys "$id")" '' 'and what came whole before is kept'
send "$id" "$T/gnu.tar"; is "$STATUS $(pick .count)" '200 44' 'the whole one can be sent over it'
head -c 2000 /dev/urandom >"$T/noise"; send "$id" "$T/noise"; problem 400 'noise is no tar'
req POST "/api/records/$id/draft/files-archive" -H 'Content-Type: application/zip' --data-binary "@$T/noise"; problem 415 'another type is not taken'
TOKEN=$(token bob depositor); send "$id" "$T/gnu.tar"; problem 404 'nobody else may send into it'
TOKEN=; send "$id" "$T/gnu.tar"; problem 401 'nor anybody unknown'
is "$(find "$DATA/staging/content" -name '*.*' | wc -l)" 0 'no file with a temporary name is left'
ok 'the server is well' server_alive
req GET /api/openapi.json; ok_json '.paths["/api/records/{id}/draft/files-archive"].post.requestBody.content["application/x-tar"]' 'OpenAPI tells of it'

# --- the command line uses it ---
TOKEN=$(token carol depositor)
id=$(deposit "$T/in" --title many)
is "$(jq .files.sent "$T/deposit.json")" 44 'azekura deposit sends them all'
"$AZEKURA" --server "$BASE" get "$id" -o "$T/back" >/dev/null
ok 'the same comes back' diff -r "$T/in" "$T/back"
done_testing
