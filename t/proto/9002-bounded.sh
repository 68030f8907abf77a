#!/bin/bash
# Large datasets and large requests stay within bounds: documents that list many files are written while they are sent, and are whole.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
TOKEN=$(token alice depositor)
anon() { awk '/^RssAnon/ { print int($2 / 1024) }' "/proc/$SERVER_PID/status"; }

# More files than a document is made whole for.
mkdir -p "$T/many/sub"
for i in $(seq 1 1205); do echo "$i" >"$T/many/sub/f $i.txt"; done
id=$(deposit "$T/many" --title Many) || { fail 'a folder of 1205 files is deposited'; done_testing; }
pass 'a folder of 1205 files is deposited'
TOKEN=''
ok_status 200 GET "/records/$id/linkset.json"
is "$(header content-type)" application/linkset+json 'the link set is JSON'
ok_json '.linkset[0].item | length == 1206' 'it names each file, and the crate'
ok_json '[.linkset[0].item[].href] | unique | length == 1206' 'each once'
ok_json '.linkset[0] | .anchor != null and (."cite-as" | length == 1) and (.describedby | length > 2)' 'beside the other links'
req GET "$(pick '.linkset[0].item[7].href')"
is "$STATUS" 200 'an address in it leads to a file'
ok_status 200 GET "/records/$id/linkset"
is "$(grep -c 'rel="item"' "$BODY")" 1206 'the same as text'
is "$(grep -o 'anchor=' "$BODY" | wc -l)" "$(grep -c '^ \?[ <]' "$BODY")" 'each with its anchor'
ok_status 200 GET "/records/$id/export/ro-crate"
ok_json '[."@graph"[] | select(."@type" == "File")] | length == 1205' 'the crate names each file'
like "$(header content-length)" '^[0-9]+$' 'and says its length'
is "$(stat -c %s "$BODY")" "$(header content-length)" 'which is so'
ok_status 200 HEAD "/records/$id/export/ro-crate"
ok_status 200 GET "/records/$id" -H 'Accept: application/ld+json;profile="http://mlcommons.org/croissant/1.1"'
like "$(header content-location)" 'export/croissant$' 'Croissant by content negotiation'
ok_json '.distribution | length >= 1' 'is whole'

# A file that is not open is in no link set.
TOKEN=$(token alice depositor)
id=$(new_draft)
put_file "$id" open.txt "$T/many/sub/f 1.txt"
put_file "$id" closed.txt "$T/many/sub/f 2.txt"
api PUT "/api/records/$id/draft/files/closed.txt/metadata" '{"access":"closed"}'
publish_draft "$id" >/dev/null
TOKEN=''
ok_status 200 GET "/records/$id/linkset.json"
ok_json '[.linkset[0].item[].href | select(endswith("open.txt"))] | length == 1' 'the open file is linked'
ok_json '[.linkset[0].item[].href | select(endswith("closed.txt"))] | length == 0' 'the closed one is not'

# Lists that no record may have, and trees without end, are refused before they take memory.
TOKEN=$(token alice depositor)
jq -cn '{metadata: {title: "x", creators: [range(20000) | {person_or_org: {type: "personal", family_name: "F\(.)", given_name: "G", name: "F\(.), G"}}]}}' >"$T/creators.json"
ok_status 400 POST /api/records -H 'Content-Type: application/json' --data-binary "@$T/creators.json"
problem 400 'as a problem'
like "$(pick .detail)" 'creators.*10000' 'that names the list'
awk 'BEGIN { printf "{\"metadata\":{},\"x\":[[]"; for (i = 0; i < 3000000; i++) printf ",[]"; printf "]}" }' >"$T/tree.json"
ok_status 413 POST /api/records -H 'Content-Type: application/json' --data-binary "@$T/tree.json"
if ! grep -qaE "__asan_init|__tsan_init" "$AZEKURAD"; then
	ok "the server kept within bounds: $(anon) MB" test "$(anon)" -lt 120
fi
done_testing
