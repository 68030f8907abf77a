#!/bin/bash
# roc-validator finds no REQUIRED fault in the attached and the detached crate; ro-crate-py reads it.
# needs: unzip
. "$(dirname "$0")/lib.sh"
need_program unzip
need_python rocrate
need_shared fixtures/ro-crate/contexts
new_repo
start_server
TOKEN=$(token alice depositor)
printf 'a,b\n1,2\n' >"$T/t.csv"
id=$(new_draft '{"metadata":{"title":"A crate","description":"For validators."},"files":{"enabled":true}}')
put_file "$id" "data/ta ble.csv" "$T/t.csv"
put_file "$id" "表.csv" "$T/t.csv"
publish_draft "$id" >/dev/null
ok 'the contexts go into the cache of the validator' "$PYTHON" "$SRC/t/clients/crate_cache.py" "$T/cache" "$SHARED/fixtures/ro-crate/contexts"
roc() { "$VENV/bin/rocrate-validator" -y validate --offline --cache-path "$T/cache" -l REQUIRED --no-paging "$1"; }
ok_status 200 GET "/records/$id/packages/ro-crate"
mkdir "$T/crate" "$T/detached"
ok 'the crate unpacks' unzip -q "$BODY" -d "$T/crate"
ok 'the attached crate has no REQUIRED fault' roc "$T/crate"
ok_status 200 GET "/records/$id/export/ro-crate"
cp "$BODY" "$T/detached/$id-ro-crate-metadata.json"
ok 'the detached crate has no REQUIRED fault' roc "$T/detached"
py 'ro-crate-py reads name and files' "$T/crate" <<'PY'
import sys
from rocrate.rocrate import ROCrate
c = ROCrate(sys.argv[1])
assert c.name == "A crate", c.name
assert len(c.data_entities) == 2, c.data_entities
PY
done_testing
