# inveniordm-py and invenio-rest-api-client, written for InvenioRDM, deposit, publish, search and version here unmodified.
. "$(dirname "$0")/lib.sh"
need_python invenio
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
printf 'a,b\n1,2\n' >"$T/table.csv"
py 'inveniordm-py deposits, uploads, publishes, reads, versions and searches' "$BASE" "$TOKEN" "$T/table.csv" <<'PY'
import sys, time
from inveniordm_py.client import InvenioAPI
from inveniordm_py.records.metadata import DraftMetadata
from inveniordm_py.files.metadata import FilesListMetadata, OutgoingStream
base, token, path = sys.argv[1:]
api = InvenioAPI(base + "/api", token)
meta = {"access": {"record": "public", "files": "public"}, "files": {"enabled": True}, "metadata": {
    "title": "A table from a client of InvenioRDM", "publication_date": "2026-01-31", "publisher": "Tests", "resource_type": {"id": "dataset"}, "rights": [{"id": "cc-by-4.0"}],
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Tester", "given_name": "Tina"}}]}}
draft = api.records.create(data=DraftMetadata(**meta))
draft.files.create(data=FilesListMetadata([{"key": "table.csv"}]))
f = draft.files("table.csv")
stream = OutgoingStream()
stream._data = open(path, "rb")     # version 0.1.1 sends its constructor's argument as a form
f.set_contents(stream)
f.commit()
record = draft.publish()
rid = record.data["id"]
assert record.data["metadata"]["title"] == meta["metadata"]["title"]
got = api.records(rid).files("table.csv").download().content
assert got == open(path, "rb").read(), got
assert [e["key"] for e in api.records(rid).files.get().data["entries"]] == ["table.csv"]
new = api.records(rid).new_version()
assert new.data["id"] != rid
deadline = time.monotonic() + 10
while True:
    hits = [h.data["id"] for h in api.records.search(q="InvenioRDM")]
    if rid in hits or time.monotonic() > deadline:
        break
assert rid in hits, hits
PY
py 'invenio-rest-api-client creates, reads, publishes and lists' "$BASE" "$TOKEN" <<'PY'
import json, sys
from invenio_rest_api_client.client import AuthenticatedClient
from invenio_rest_api_client.api.records import create_a_draft_record, get_a_record_by_id, search_records
from invenio_rest_api_client.api.drafts import publish_a_draft_record
from invenio_rest_api_client.models import CreateADraftRecordBody
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
meta = {"access": {"record": "public", "files": "public"}, "files": {"enabled": False}, "metadata": {
    "title": "From the other client", "publication_date": "2026-01-31", "publisher": "Tests", "resource_type": {"id": "dataset"}, "rights": [{"id": "cc-by-4.0"}],
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Tester", "given_name": "Tina"}}]}}
r = create_a_draft_record.sync_detailed(client=client, body=CreateADraftRecordBody(**meta))
assert r.status_code == 201, (r.status_code, r.content[:500])
rid = r.parsed.id
r = publish_a_draft_record.sync_detailed(rid, client=client)
assert r.status_code == 202 and r.parsed.is_published, (r.status_code, r.content[:500])
r = get_a_record_by_id.sync_detailed(rid, client=client)
assert r.status_code == 200 and r.parsed.metadata.title == meta["metadata"]["title"], (r.status_code, r.content[:500])
PY
done_testing
