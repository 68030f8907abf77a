# ro-crate-py reads the crate back, and roc-validator finds nothing that RO-Crate 1.2 requires missing, attached or detached.
# needs: unzip
. "$(dirname "$0")/lib.sh"
need_python rocrate
need_program unzip
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
id=$(deposit "$SRC/t/data/sample")
ok 'the tables of the deposit are read' wait_until 60 described "$id"
ok_status 200 GET "/records/$id/packages/ro-crate"
cp "$BODY" "$T/crate.zip"
mkdir "$T/crate"
ok 'the crate is a sound zip' unzip -q "$T/crate.zip" -d "$T/crate"
ok 'its files are those that were deposited' diff -r "$SRC/t/data/sample/tables" "$(dirname "$(find "$T/crate" -name emc.csv)")"
py 'ro-crate-py reads it, with its files and licence' "$T/crate" <<'PY'
import sys, os
from rocrate.rocrate import ROCrate
c = ROCrate(sys.argv[1])
assert c.name and c.description and c.datePublished and c.license, c.root_dataset
files = {e.id for e in c.data_entities if e.type == "File" or "File" in (e.type if isinstance(e.type, list) else [e.type])}
assert any(f.endswith("emc.csv") for f in files), files
for f in files:
    if "://" not in f:
        from urllib.parse import unquote
        assert os.path.isfile(os.path.join(sys.argv[1], unquote(f))), f
PY
need_shared fixtures/ro-crate/contexts
ok 'the contexts go into the cache of the validator' "$PYTHON" "$SRC/t/clients/crate_cache.py" "$T/cache" "$SHARED/fixtures/ro-crate/contexts"
roc() { "$VENV/bin/rocrate-validator" -y --disable-color validate --offline --cache-path "$T/cache" -p ro-crate-1.2 -l REQUIRED --no-paging "$@"; }
ok 'roc-validator finds no fault in the attached crate against RO-Crate 1.2' roc "$T/crate"
ok_status 200 GET "/records/$id/export/ro-crate"
cp "$BODY" "$T/$id-ro-crate-metadata.json"
ok 'nor in the detached one' roc --packaging-mode detached "$T/$id-ro-crate-metadata.json"
# The validator must be able to say no.
jq 'del(."@graph"[] | select(."@id" == "./") | .datePublished)' "$T/crate/ro-crate-metadata.json" >"$T/broken.json"
mkdir "$T/broken" && cp "$T/broken.json" "$T/broken/ro-crate-metadata.json"
not_ok 'a crate without its date is refused' roc "$T/broken"
done_testing
