#!/bin/bash
# What is gone tells nothing but that it is gone; addresses of concepts lead on whatever a path holds; a token's days are a number that means something.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor)
TOKEN=$alice
make() { # KEY FILE -> id
	local id
	id=$(new_draft '{"metadata":{"title":"Zqsecrettitle"},"files":{"enabled":true}}') && put_file "$id" "$1" "$2" && publish_draft "$id"
}
printf 'some rain\n' >"$T/rain.txt"

# Withdrawn, and taken out of sight: neither page nor API tells the title any more.
gone=$(make rain.txt "$T/rain.txt")
hidden=$(make rain.txt "$T/rain.txt")
ok_status 204 DELETE "/api/records/$gone" -H 'Content-Type: application/json' -d '{"reason":"consent was withdrawn"}'
api POST "/api/records/$hidden/draft"
api PUT "/api/records/$hidden/draft" "$(jq -c '.access = {"record":"restricted","files":"restricted"} | .metadata.title = "Zqsecrettitle now"' "$BODY")"
publish_draft "$hidden" >/dev/null
TOKEN=''
for id in "$gone" "$hidden"; do
	for accept in text/html application/json application/ld+json application/x-bibtex; do
		ok_status 410 GET "/records/$id" -H "Accept: $accept"
		not_ok "$accept of it does not tell the title" grep -qi zqsecret "$BODY" "$HEAD"
	done
	ok_status 410 GET "/api/records/$id"
	not_ok 'nor does the API' grep -qi zqsecret "$BODY"
done
req GET "/api/records/$hidden"
ok_json '.tombstone | has("removal_date") | not' 'what was not withdrawn has no day of withdrawal'

# A concept's address leads to the newest version's file, whatever its name holds.
TOKEN=$alice
id=$(make 'a b#c?d%e/ü.txt' "$T/rain.txt")
req GET "/api/records/$id"
parent=$(pick .parent.id)
TOKEN=''
ok_status 302 GET "/records/$parent/files/a%20b%23c%3Fd%25e/%C3%BC.txt"
is "$(header location)" "$BASE/records/$id/files/a%20b%23c%3Fd%25e/%C3%BC.txt" 'the concept leads to the file, encoded'
ok_status 200 GET "$(header location)"
ok 'and it is the file' cmp "$BODY" "$T/rain.txt"
ok_status 302 GET "/records/$parent/files/x%0D%0AX-Evil:%201"
is "$(header x-evil)" '' 'a line end in a path stays in the path'
like "$(header location)" '%0D%0AX-Evil' 'where it is encoded'

# Tokens: a wrong number of days is an error, not a token for ever.
not_ok 'a token of -1 days is refused' "$AZEKURA" admin token create --data "$DATA" --user bob --role depositor --days -1
TOKEN=$(token root admin)
ok_status 400 POST /api/admin/token.create -H 'Content-Type: application/json' -d '{"user":"bob","days":-1}'
done_testing
