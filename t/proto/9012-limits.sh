#!/bin/bash
# Too large, too deep, too many, too full: a plain answer, the draft as it was, and other requests served.
. "$AZEKURA_SRC/t/proto/lib.sh"
mounted=''
unmount() { [ -z "$mounted" ] || umount -l "$mounted"; mounted=''; }
trap 'code=$?; stop_server; unmount; (exit $code); lib_end' EXIT
new_repo
start_server
TOKEN=$(token alice depositor)
id=$(new_draft '{"metadata":{"title":"Stays"}}')
ok_status 200 GET "/api/records/$id/draft"
etag=$(header etag)
json=(-H 'Content-Type: application/json' -H 'Expect:')

# Bodies.
head -c 104857600 /dev/zero | tr '\0' ' ' >"$T/hundred"
printf '{"metadata":{"title":"x"}}' >>"$T/hundred"
before=$(awk '/VmHWM/ {print $2}' "/proc/$SERVER_PID/status")
ok_status 413 PUT "/api/records/$id/draft" "${json[@]}" -T "$T/hundred"
problem 413 'a hundred megabytes of JSON are refused as a problem'
ok_status 413 POST /api/records "${json[@]}" -H 'Transfer-Encoding: chunked' -T "$T/hundred"
ok_status 413 POST "/api/records/$id/draft/actions/publish" "${json[@]}" -T "$T/hundred"
TOKEN='' ok_status 401 PUT "/api/records/$id/draft" "${json[@]}" -T "$T/hundred"
grown=$(($(awk '/VmHWM/ {print $2}' "/proc/$SERVER_PID/status") - before))
ok "and cost no more memory than the limit of one body (grew by $grown kB)" test "$grown" -lt 262144
rm "$T/hundred"
out=$(raw "PUT /api/records/$id/draft/files/x/content HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $TOKEN\r\nContent-Length: 100000000000000\r\nExpect: 100-continue\r\n\r\n")
like "$out" '^HTTP/1.1 413' 'a hundred terabytes are refused'
not_ok 'before they are asked for' grep -q '100 Continue' <<<"$out"

# JSON.
sent() { req PUT "/api/records/$id/draft" "${json[@]}" --data-binary "@$1"; }
{ head -c 200000 /dev/zero | tr '\0' '['; } >"$T/j"; sent "$T/j"; problem 400 'brackets 200,000 deep'
{ printf '{"metadata":'; for _ in $(seq 3000); do printf '{"a":'; done; } >"$T/j"; sent "$T/j"; problem 400 'objects without an end'
printf '{"metadata":{"title":"a","title":"b"}}' >"$T/j"; sent "$T/j"; problem 400 'a key twice'
like "$(pick .detail)" "title|duplicate" 'the answer says which'
printf '{"metadata":{"title":"a\xff"}}' >"$T/j"; sent "$T/j"; problem 400 'bytes that are not UTF-8'
printf '{"metadata":{"title":"a\\u0000b"}}' >"$T/j"; sent "$T/j"; like "$STATUS" '^(200|400)$' 'a NUL in a title is no crash'
printf '{"metadata":{"title":1e999}}' >"$T/j"; sent "$T/j"; like "$STATUS" '^(200|400)$' 'a number past all bounds neither'
: >"$T/j"; sent "$T/j"; like "$STATUS" '^(200|400)$' 'nothing at all neither'
printf '[]' >"$T/j"; sent "$T/j"; problem 400 'a list where an object is due'
printf '"x"' >"$T/j"; sent "$T/j"; problem 400 'a text where an object is due'
jq -cn '{metadata: {title: "Crowd", creators: [range(100000) | {person_or_org: {type: "personal", family_name: "N\(.)"}}]}}' >"$T/crowd"
sent "$T/crowd"
problem 400 'a hundred thousand creators'
like "$(pick .detail)" 'creators' 'the answer says what is too many'
api PUT "/api/records/$id/draft" "$(jq -cn --argjson a "$LIB_MINIMAL" '$a * {"metadata": {"title": "Stays"}}')"
ok_status 200 GET "/api/records/$id/draft"
ok_json '.metadata.title == "Stays"' 'the draft is well'
isnt "$(header etag)" "$etag" 'and can be saved'

# Query strings.
ok_status 400 GET "/api/records?sort=nonsense"
for q in 'q=%00' 'q=%ff%fe' 'q=(((((((((((((((' 'q="' 'size=-1' 'size=99999999999999999999' 'page=0' 'cursor=%ff' 'cursor=x' "type=$(printf 'x%.0s' $(seq 2000))" 'q=a%20AND' 'q=title:' 'year=abc' 'lang=xx'; do
	req GET "/api/records?$q"
	like "$STATUS" '^(200|400)$' "search bears ${q:0:30}"
done
req GET "/api/records?page=5000&size=100"
problem 400 'pages past 10,000 hits are refused'

# A full disk.
if [ "$(id -u)" = 0 ] && mkdir "$T/small" && mount -t tmpfs -o size=300m tmpfs "$T/small" 2>/dev/null; then
	stop_server
	mounted=$T/small
	new_repo "$T/small/data"
	printf 'store.reserve = 0\n' >>"$DATA/azekura.conf"
	start_server
	TOKEN=$(token alice depositor)
	id=$(new_draft '{"metadata":{"title":"Full"},"files":{"enabled":true}}')
	printf 'small\n' >"$T/small.txt"
	put_file "$id" small.txt "$T/small.txt"
	head -c 70000000 /dev/urandom >"$T/large"
	sum=$(sha256_of "$T/large")
	meta="record $(printf %s "$id" | base64 -w0),key $(printf up | base64),sha256 $(printf %s "$sum" | base64 -w0)"
	tus=(-H 'Tus-Resumable: 1.0.0' -H 'Content-Type: application/offset+octet-stream' -H 'Expect:')
	ok_status 201 POST /api/uploads -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 70000000' -H "Upload-Metadata: $meta"
	up=$(header location)
	free=$(df --output=avail -B1 "$mounted" | tail -n 1)
	head -c $((free - 30000000)) /dev/zero >"$mounted/filler"
	ok_status 507 PUT "/api/records/$id/draft/files/large/content" -H 'Expect:' -T "$T/large"
	problem 507 'what cannot fit is refused as a problem'
	ok_status 507 PATCH "$up" "${tus[@]}" -H 'Upload-Offset: 0' -T "$T/large"
	problem 507 'a disk that fills up on the way is told as a problem'
	ok_status 200 GET "/api/records/$id/draft"
	ok_status 200 GET "/api/records/$id/draft/files/small.txt/content"
	ok_status 200 GET "/api/records"
	rm "$mounted/filler"
	req HEAD "$up" -H 'Tus-Resumable: 1.0.0'
	at=$(header upload-offset)
	ok "what came before the disk was full is kept (${at:-nothing})" test "${at:-0}" -gt 1000000
	tail -c "+$((at + 1))" "$T/large" >"$T/rest"
	ok_status 204 PATCH "$up" "${tus[@]}" -H "Upload-Offset: $at" -T "$T/rest"
	ok_status 200 GET "/api/records/$id/draft/files/up/content"
	is "$(sha256_of "$BODY")" "$sum" 'with room again the upload ends, byte for byte'
	req DELETE "/api/records/$id/draft/files/large"
	ok_status 202 POST "/api/records/$id/draft/actions/publish"
else
	skip 'a full disk' 'a small file system can only be mounted by root'
fi
stop_server; unmount
done_testing
