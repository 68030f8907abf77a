#!/bin/bash
# "review = yes": depositors hand in, curators publish or give back.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) bob=$(token bob depositor) carol=$(token carol curator)
TOKEN=$alice
id=$(new_draft)
ok_status 409 POST "/api/records/$id/draft/actions/submit-review"
stop_server
sed -i '/^ *review/d' "$DATA/azekura.conf"
printf 'review = yes\n' >>"$DATA/azekura.conf"
start_server

printf 'x\n' >"$T/x"
id=$(new_draft '{"files":{"enabled":true}}')
put_file "$id" x "$T/x"
ok_status 403 POST "/api/records/$id/draft/actions/publish"
problem 403 'a depositor does not publish'
like "$(pick .detail)" submit-review 'and is told what to do'
ok_status 403 POST "/api/records/$id/draft/actions/publish" -H 'Idempotency-Key: k'
TOKEN=$bob ok_status 404 POST "/api/records/$id/draft/actions/publish"
TOKEN=$bob ok_status 404 POST "/api/records/$id/draft/actions/submit-review"
bare=$(api POST /api/records '{"metadata":{}}' && pick .id)
ok_status 400 POST "/api/records/$bare/draft/actions/submit-review"
ok_json '.errors | length > 0' 'what could not be published is not taken for review'
ok_status 202 POST "/api/records/$id/draft/actions/submit-review"
ok_json '.status == "in_review"' 'it is in review'
ok_status 403 POST "/api/records/$id/draft/actions/submit-review"

# In review it rests: its owner reads, and changes nothing.
ok_status 200 GET "/api/records/$id/draft"
ok_status 200 GET "/api/records/$id/draft/files/x/content"
ok_status 200 GET /api/user/records
ok_json "[.hits.hits[].id] | index(\"$id\") != null" 'its owner finds it among the drafts'
ok_status 403 PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -d '{"metadata":{"title":"changed"}}'
ok_status 403 PUT "/api/records/$id/draft/files/x/content" --data-binary y
ok_status 403 DELETE "/api/records/$id/draft"
ok_status 403 POST "/api/records/$id/draft/actions/return"
TOKEN=$bob ok_status 404 GET "/api/records/$id/draft"
TOKEN=$bob ok_status 404 POST "/api/records/$id/draft/actions/return"
TOKEN='' ok_status 404 GET "/api/records/$id"

TOKEN=$carol ok_status 200 POST "/api/records/$id/draft/actions/return"
TOKEN=$alice
ok_status 200 GET "/api/records/$id/draft"
ok_json '.status == "draft"' 'given back it is a draft again'
ok_status 202 POST "/api/records/$id/draft/actions/submit-review"
restart_server
TOKEN=$carol ok_status 202 POST "/api/records/$id/draft/actions/publish"
ok_json '.parent.access.owned_by.user == "1"' 'published by a curator it stays its owner'\''s'
TOKEN='' ok_status 200 GET "/api/records/$id"

# Revisions and versions go the same way.
TOKEN=$alice
ok_status 201 POST "/api/records/$id/draft"
ok_status 403 POST "/api/records/$id/draft/actions/publish"
ok_status 202 POST "/api/records/$id/draft/actions/submit-review"
TOKEN=$carol ok_status 202 POST "/api/records/$id/draft/actions/publish"
TOKEN='' ok_status 200 GET "/api/records/$id"
stop_server
ok 'the store is sound' "$AZEKURA" admin fsck --data "$DATA"
done_testing
