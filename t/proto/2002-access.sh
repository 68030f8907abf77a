#!/bin/bash
# Open, embargoed, restricted, closed, private: the same answer from every outlet.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) bob=$(token bob depositor)
TOKEN=$alice
printf 'a,b\n1,2\n' >"$T/data.csv"
make() { # ACCESS-JSON -> id
	local id
	id=$(new_draft "{\"metadata\":{\"title\":\"Guarded $2\"},\"access\":$1,\"files\":{\"enabled\":true}}")
	put_file "$id" data.csv "$T/data.csv"
	publish_draft "$id"
}
embargoed=$(make '{"record":"public","files":"restricted","embargo":{"active":true,"until":"2090-01-01","reason":"paper"}}' embargoed)
restricted=$(make '{"record":"public","files":"restricted"}' restricted)
private=$(make '{"record":"restricted","files":"restricted"}' private)
open=$(make '{"record":"public","files":"public"}' open)
ok 'search knows them' wait_until 5 indexed "$open"

TOKEN=''
ok_status 200 GET "/records/$open/files/data.csv"
for id in $embargoed $restricted; do
	ok_status 200 GET "/api/records/$id"
	ok_status 401 GET "/records/$id/files/data.csv"
	ok_status 401 GET "/api/records/$id/facts"
	TOKEN=$bob ok_status 403 GET "/records/$id/files/data.csv"
	req GET "/records/$id/packages/zip" -o "$T/p.zip"
	not_ok "the zip of $id holds no guarded file" sh -c "unzip -l '$T/p.zip' | grep -q 'data.csv$'"
done
for path in "/api/records/$private" "/records/$private" "/records/$private/export/datacite" "/records/$private/packages/zip" "/records/$private/files/data.csv" \
    "/api/records/$private/files" "/api/records/$private/versions" "/records/$private/linkset.json"; do
	ok_status 404 GET "$path"
done
ok_status 200 GET '/api/records?q=guarded'
ok_json "[.hits.hits[].id] | index(\"$private\") == null" 'search does not find the private one'
ok_json '.hits.total == 3' 'nor count it'
ok_status 200 GET '/oai?verb=ListIdentifiers&metadataPrefix=oai_dc'
not_ok 'harvesters do not see it' grep -q "$private" "$BODY"
TOKEN=$bob ok_status 404 GET "/api/records/$private"
TOKEN=$alice ok_status 200 GET "/api/records/$private"
TOKEN=$alice ok_status 200 GET "/records/$restricted/files/data.csv"

# The embargo ends by itself, in every outlet.
stop_server
AZEKURA_CLOCK_OFFSET=$((64 * 366 * 86400)) start_server
TOKEN=''
ok 'after its day the file is open' wait_until 10 sh -c "curl -s -o /dev/null -w '%{http_code}' '$BASE/records/$embargoed/files/data.csv' | grep -q 200"
ok_status 200 GET "/api/records/$embargoed"
ok_json '.access.status == "open"' 'and the record says so'
done_testing
