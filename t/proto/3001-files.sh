#!/bin/bash
# Files: names, ranges, conditions, digests, resuming.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
TOKEN=$(token alice depositor)
id=$(new_draft)
head -c 300000 /dev/urandom >"$T/a.bin"
sum=$(sha256_of "$T/a.bin")
b64=$(printf "$(sed 's/../\\x&/g' <<<"$sum")" | base64)

# InvenioRDM's three steps.
ok_status 201 POST "/api/records/$id/draft/files" -H 'Content-Type: application/json' -d '[{"key":"a.bin"}]'
ok_json '.entries[0].status == "pending"' 'an announced file waits for its content'
ok_status 400 POST "/api/records/$id/draft/actions/publish"
ok_status 409 POST "/api/records/$id/draft/files/a.bin/commit"
ok_status 200 PUT "/api/records/$id/draft/files/a.bin/content" -T "$T/a.bin" -H 'Content-Type: application/octet-stream'
ok_status 200 POST "/api/records/$id/draft/files/a.bin/commit"
ok_json ".checksum == \"sha256:$sum\" and .size == 300000" 'digest and size are told'

# One step, sub-folders, names in any script.
ok_status 200 PUT "/api/records/$id/draft/files/data%2Frun%201%2F%E6%B8%AC%E5%AE%9A.csv/content" -d 'a,b'
ok_status 200 PUT "/api/records/$id/draft/files/data/raw/content" -d 'raw slashes'
ok_status 200 PUT "/api/records/$id/draft/files/empty.txt/content" -X PUT -H 'Content-Length: 0'
for bad in '..' 'a%2F..%2Fb' '%2Fabs' 'a%2F%2Fb' 'x%01y' '%FF%FE' 'a%2F.'; do
	ok_status 400 PUT "/api/records/$id/draft/files/$bad/content" --path-as-is -d x
done
ok_status 200 GET "/api/records/$id/draft/files"
ok_json '[.entries[].key] == ["a.bin","data/raw","data/run 1/測定.csv","empty.txt"]' 'paths are kept, in order'

# A wrong digest keeps the upload, not the file.
ok_status 409 PUT "/api/records/$id/draft/files/b.bin/content" -T "$T/a.bin" -H "Repr-Digest: sha-256=:$(printf x | sha256sum | cut -c1-64 | python3 -c 'import base64,sys;print(base64.b64encode(bytes.fromhex(sys.stdin.read().strip())).decode())'):"
ok_status 200 PUT "/api/records/$id/draft/files/b.bin/content" -T "$T/a.bin" -H "Repr-Digest: sha-256=:$b64:"

# tus: create, a part, ask, the rest.
ok_status 412 POST /api/uploads -H 'Upload-Length: 5'
meta="record $(printf %s "$id" | base64),key $(printf t.bin | base64),sha256 $(printf %s "$sum" | base64 -w0)"
ok_status 201 POST /api/uploads -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 300000' -H "Upload-Metadata: $meta"
up=$(header location)
head -c 100000 "$T/a.bin" >"$T/part1"; tail -c +100001 "$T/a.bin" >"$T/part2"
tus=(-H 'Tus-Resumable: 1.0.0' -H 'Content-Type: application/offset+octet-stream')
ok_status 204 PATCH "$up" "${tus[@]}" -H 'Upload-Offset: 0' --data-binary "@$T/part1"
is "$(header upload-offset)" 100000 'the offset is told'
ok_status 409 PATCH "$up" "${tus[@]}" -H 'Upload-Offset: 5' --data-binary "@$T/part2"
kill9
start_server
up="$BASE/${up#http://*/}"
ok_status 200 HEAD "$up" -I -H 'Tus-Resumable: 1.0.0'
is "$(header upload-offset)" 100000 'after kill -9 the upload goes on where it was'
ok_status 201 POST /api/uploads -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 300000' -H "Upload-Metadata: $meta"
is "${up##*/}" "$(header location | sed 's/.*\///')" 'asking again finds the cut upload'
ok_status 204 PATCH "$up" "${tus[@]}" -H 'Upload-Offset: 100000' --data-binary "@$T/part2"
ok_status 200 GET "/api/records/$id/draft/files/t.bin"
ok_json ".checksum == \"sha256:$sum\"" 'the whole is right'
ok_status 204 DELETE "/api/records/$id/draft/files/t.bin"
publish_draft "$id" >/dev/null

# Reading.
TOKEN=''
ok_status 200 GET "/records/$id/files/a.bin"
ok 'bytes come back as they were' cmp "$BODY" "$T/a.bin"
is "$(header etag)" "\"$sum\"" 'the ETag is the digest'
is "$(header repr-digest)" "sha-256=:$b64:" 'Repr-Digest too'
like "$(header content-disposition)" 'attachment' 'files are attachments'
like "$(header content-security-policy)" 'sandbox' 'and run nothing'
ok_status 206 GET "/records/$id/files/a.bin" -H 'Range: bytes=10-19'
is "$(header content-range)" 'bytes 10-19/300000' 'a range'
ok 'holds those bytes' cmp "$BODY" <(tail -c +11 "$T/a.bin" | head -c 10)
ok_status 206 GET "/records/$id/files/a.bin" -H 'Range: bytes=-5'
is "$(header content-length)" 5 'the last five'
ok_status 416 GET "/records/$id/files/a.bin" -H 'Range: bytes=300000-'
ok_status 200 GET "/records/$id/files/a.bin" -H 'Range: bytes=0-1,5-6'
ok_status 200 GET "/records/$id/files/a.bin" -H 'Range: bytes=0-9' -H 'If-Range: "other"'
ok_status 206 GET "/records/$id/files/a.bin" -H 'Range: bytes=0-9' -H "If-Range: \"$sum\""
ok_status 304 GET "/records/$id/files/a.bin" -H "If-None-Match: \"$sum\""
ok_status 412 GET "/records/$id/files/a.bin" -H 'If-Match: "other"'
ok_status 200 HEAD "/records/$id/files/a.bin" -I
is "$(header content-length)" 300000 'HEAD tells the length'
ok_status 200 GET "/records/$id/files/data/run%201/%E6%B8%AC%E5%AE%9A.csv"
like "$(header content-disposition)" "filename\*=UTF-8''%E6%B8%AC%E5%AE%9A.csv" 'names in any script'
ok_status 200 GET "/records/$id/files/empty.txt"
is "$(stat -c %s "$BODY")" 0 'an empty file is empty'
ok_status 404 GET "/records/$id/files/nothing"

# Published files never change; a new version takes them over without copying.
TOKEN=$("$AZEKURA" admin token create --data "$DATA" --user alice)
ok_status 201 POST "/api/records/$id/draft"
ok_status 409 PUT "/api/records/$id/draft/files/a.bin/content" -d changed
ok_status 204 DELETE "/api/records/$id/draft"
ok_status 201 POST "/api/records/$id/versions"
v2=$(pick .id)
ok_status 201 POST "/api/records/$v2/draft/actions/files-import"
ok_status 204 DELETE "/api/records/$v2/draft/files/empty.txt"
api PUT "/api/records/$v2/draft" "$(req GET "/api/records/$v2/draft"; jq -c '.metadata.publication_date="2026-05-01"' "$BODY")"
publish_draft "$v2" >/dev/null
ok_status 200 GET "/records/$v2/files/a.bin"
ok 'the shared file is whole' cmp "$BODY" "$T/a.bin"
ok_status 404 GET "/records/$v2/files/empty.txt"
ok_status 200 GET "/records/$id/files/empty.txt"
is "$(find "$DATA/ocfl" -size 300000c | wc -l)" 1 'equal bytes are stored once'
stop_server
ok 'the store is sound' "$AZEKURA" admin fsck --data "$DATA"
done_testing
