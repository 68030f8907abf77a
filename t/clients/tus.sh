# tuspy, written for any tus server, uploads here unmodified: whole, in pieces, cut and resumed, after a crash of the server too.
. "$(dirname "$0")/lib.sh"
need_python tus
new_repo; start_server || exit 1
port=${BASE##*:}
TOKEN=$(token alice depositor)
head -c 20000003 /dev/urandom >"$T/big.bin"
sum=$(sha256_of "$T/big.bin")
id=$(new_draft '{"files":{"enabled":true}}')
cat >"$T/up.py" <<'PY'
import sys
from tusclient import client
base, token, draft, path, key, sum, stop, url = sys.argv[1:9]
c = client.TusClient(base + "/api/uploads", headers={"Authorization": "Bearer " + token})
meta = {"record": draft, "key": key}
if sum != "-":
    meta["sha256"] = sum
up = c.uploader(path, chunk_size=3000000, metadata=meta, url=url if url != "-" else None)
up.upload(stop_at=int(stop) if stop != "-" else None)
print(up.url, up.offset)
PY
up() { "$PYTHON" "$T/up.py" "$BASE" "$TOKEN" "$id" "$T/big.bin" "$@" 2>"$T/up.err" || { tail -n 3 "$T/up.err"; return 1; }; }
there() { req GET "/api/records/$id/draft/files/$1/content"; [ "$STATUS $(sha256_of "$BODY")" = "200 $sum" ]; }

like "$(up whole.bin "$sum" - -)" ' 20000003$' 'a file goes up in pieces'
ok 'and is there, byte for byte' there whole.bin
like "$(up none.bin - - -)" ' 20000003$' 'without a digest declared too'
ok 'and is there' there none.bin

out=$(up cut.bin "$sum" 6000000 -)
url=${out% *}
like "$out" ' 6000000$' 'an upload stops part of the way'
req GET "/api/records/$id/draft/files/cut.bin/content"
is "$STATUS" 404 'what is not whole is not there'
kill9
start_server --listen "127.0.0.1:$port" || start_server
url=$BASE/${url#http://*/}
like "$(up cut.bin "$sum" - "$url")" ' 20000003$' 'it goes on where it was, after a crash of the server'
ok 'and is there, byte for byte' there cut.bin

# A client that forgot the address begins anew; bytes of another file with the same length are not taken for its own.
cp "$T/big.bin" "$T/mine.bin"
head -c 20000003 /dev/urandom >"$T/big.bin"
like "$(up again.bin - 9000000 -)" ' 9000000$' 'another file of the same length is begun'
mv "$T/mine.bin" "$T/big.bin"
like "$(up again.bin - - -)" ' 20000003$' 'an upload of the same path begins anew'
ok 'and is not mixed with the other' there again.bin

# A cut in the middle of a piece: what came is kept, the client asks how much that was.
out=$(up torn.bin "$sum" 3000000 -); url=${out% *}
curl -sS --max-time 20 --limit-rate 2M -X PATCH -H "Authorization: Bearer $TOKEN" -H 'Tus-Resumable: 1.0.0' -H 'Upload-Offset: 3000000' -H 'Expect:' \
	-H 'Content-Type: application/offset+octet-stream' --data-binary @<(tail -c +3000001 "$T/big.bin") "$url" >/dev/null 2>&1 &
pid=$!
offset() { req HEAD "$url" -H 'Tus-Resumable: 1.0.0'; header upload-offset; }
sleep 1; kill "$pid"; wait "$pid" 2>/dev/null
durable() { [ "$(offset)" -gt 3000000 ]; }
ok 'of a torn piece what came is kept' wait_until 10 durable
diag "torn at $(offset)"
like "$(up torn.bin "$sum" - "$url")" ' 20000003$' 'the client goes on from there'
ok 'and the file is whole' there torn.bin

# What is not what was announced never arrives.
wrong=$(printf 0%.0s $(seq 64))
out=$(up wrong.bin "$wrong" - - 2>&1)
like "$out" '409|TusUploadFailed|failed' 'another digest than the one declared is refused'
req GET "/api/records/$id/draft/files/wrong.bin/content"
is "$STATUS" 404 'and the file is not there'
req PATCH "${url/uploads\/*/uploads\/none}" -H 'Tus-Resumable: 1.0.0' -H 'Upload-Offset: 0' -H 'Content-Type: application/offset+octet-stream' --data-binary xx
is "$STATUS" 404 'an upload that is none is told so'
req OPTIONS /api/uploads
like "$(header tus-version) $(header tus-extension)" '^1.0.0 creation' 'the server says what it can'
done_testing
