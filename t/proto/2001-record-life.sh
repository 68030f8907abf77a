#!/bin/bash
# A record from draft to tombstone: versions, revisions, conditions, rights.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) bob=$(token bob depositor) carol=$(token carol curator)
TOKEN=$alice

# Drafts are their owner's.
id=$(new_draft '{"metadata":{"title":"Rain over Hokkaido"}}')
like "$id" '^[0-9a-z]{5}-[0-9a-z]{5}$' 'a draft has an identifier'
ok_status 200 GET "/api/records/$id/draft"
etag=$(header etag)
TOKEN=$bob ok_status 404 GET "/api/records/$id/draft"
TOKEN='' ok_status 401 GET "/api/records/$id/draft"
ok_status 404 GET "/api/records/$id"

# Saved with faults, each named.
ok_status 200 PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -d '{"metadata":{"title":"Rain"}}'
ok_json '[.errors[].field] | length > 2' 'every missing field is named at once'
ok_status 412 PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -H "If-Match: $etag" -d '{"metadata":{"title":"Snow"}}'
problem 412 'an edit based on an old state is refused'
ok_status 400 POST "/api/records/$id/draft/actions/publish"
ok_json '.errors | length > 2' 'publication lists what is missing'
ok_status 400 PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -d '{"metadata":{"title":"Rain"'
like "$(pick .detail)" 'line 1' 'broken JSON says where it broke'

# Publication, once.
full='{"metadata":{"title":"Rain over Hokkaido","publication_date":"2026-04-01","publisher":"Test","resource_type":{"id":"dataset"},
 "creators":[{"person_or_org":{"type":"personal","family_name":"Joho","given_name":"Taro"}}],"rights":[{"id":"cc-by-4.0"}]},
 "access":{"record":"public","files":"public"},"files":{"enabled":false}}'
ok_status 200 PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -d "$full"
ok_status 202 POST "/api/records/$id/draft/actions/publish" -H 'Idempotency-Key: k1'
parent=$(pick .parent.id)
ok_status 202 POST "/api/records/$id/draft/actions/publish" -H 'Idempotency-Key: k1'
is "$(pick .id)" "$id" 'a repeated publish with the same key gives the first answer'
TOKEN=''
ok_status 200 GET "/api/records/$id"
ok_json '.versions.index == 1 and .is_published and .metadata.title == "Rain over Hokkaido"' 'the record is public'
etag=$(header etag)
ok_status 304 GET "/api/records/$id" -H "If-None-Match: $etag"
ok_status 302 GET "/api/records/$parent"
like "$(header location)" "/api/records/$id" 'the concept leads to its newest version'
ok_status 200 GET "/api/records/${id^^}"
ok 'search finds it within a second' wait_until 1 indexed "$id"

# Canonical form, lossless.
ok_status 200 GET "/api/records/$id" -H 'Accept: application/vnd.azekura.v1+json'
ok_json '.titles[0].value == "Rain over Hokkaido" and .rights[0].spdx == "CC-BY-4.0"' 'the canonical record is served'

# A revision changes metadata, not the version.
TOKEN=$alice
ok_status 201 POST "/api/records/$id/draft"
ok_status 200 PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -d "${full/Rain over/Snow over}"
TOKEN='' ok_status 200 GET "/api/records/$id"
ok_json '.metadata.title == "Rain over Hokkaido"' 'until it is published, readers see the old metadata'
TOKEN=$alice
ok_status 202 POST "/api/records/$id/draft/actions/publish"
TOKEN='' ok_status 200 GET "/api/records/$id"
ok_json '.metadata.title == "Snow over Hokkaido" and .versions.index == 1' 'then the new, in the same version'

# A new version.
TOKEN=$alice
ok_status 201 POST "/api/records/$id/versions"
v2=$(pick .id)
isnt "$v2" "$id" 'a version has its own identifier'
ok_status 200 PUT "/api/records/$v2/draft" -H 'Content-Type: application/json' -d "${full/Rain/Hail}"
ok_status 202 POST "/api/records/$v2/draft/actions/publish"
TOKEN=''
ok_status 302 GET "/api/records/$id/versions/latest"
like "$(header location)" "$v2" 'latest is the new one'
ok_status 200 GET "/api/records/$id/versions"
ok_json '.hits.total == 2' 'both versions are listed'
ok_status 200 GET "/api/records/$id"
ok_json '.versions.is_latest == false' 'the old one says it is not the newest'

# Withdrawal leaves a tombstone; only a curator brings it back.
TOKEN=$bob ok_status 403 POST "/api/records/$id/actions/withdraw" -H 'Content-Type: application/json' -d '{"reason":"spite"}'
TOKEN=$alice ok_status 400 POST "/api/records/$id/actions/withdraw"
TOKEN=$carol ok_status 204 POST "/api/records/$id/actions/withdraw" -H 'Content-Type: application/json' -d '{"reason":"consent was withdrawn"}'
TOKEN=''
ok_status 410 GET "/api/records/$id"
ok_json '.tombstone.reason == "consent was withdrawn" and (has("metadata")|not)' 'the tombstone says why, and nothing else'
ok_status 410 GET "/records/$id" -H 'Accept: text/html'
restart_server
ok_status 410 GET "/api/records/$id"
TOKEN=$carol ok_status 303 POST "/api/records/$id/actions/restore"
TOKEN='' ok_status 200 GET "/api/records/$id"

# Discarding.
TOKEN=$alice
d=$(new_draft)
ok_status 204 DELETE "/api/records/$d/draft"
ok_status 404 GET "/api/records/$d/draft"
stop_server
ok 'the store is sound' "$AZEKURA" admin fsck --data "$DATA"
done_testing
