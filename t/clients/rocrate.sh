# ro-crate-py reads the crate back, and roc-validator finds nothing that RO-Crate 1.2 requires missing.
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
# The validator asks the network for the JSON-LD context; ro-crate-py brings a copy, and this machine may have no network.
cat >"$T/roc.py" <<'PY'
import os, sys
import requests, rocrate
from rocrate_validator import services, models
context = open(os.path.join(os.path.dirname(rocrate.__file__), "data", "ro-crate.jsonld"), "rb").read()
real = requests.Session.send
def send(self, request, **kw):
    if request.url.startswith("https://w3id.org/ro/crate/") or request.url.startswith("https://www.researchobject.org/"):
        r = requests.Response()
        r.status_code, r._content, r.url, r.request = 200, context, request.url, request
        r.headers["Content-Type"] = "application/ld+json"
        return r
    if "://127.0.0.1" not in request.url:
        raise requests.ConnectionError("not reached in a test: " + request.url)
    return real(self, request, **kw)
requests.Session.send = send
for level in ("REQUIRED",):
    result = services.validate(services.ValidationSettings(rocrate_uri=models.URI(sys.argv[1]) if hasattr(models, "URI") else sys.argv[1],
        profile_identifier="ro-crate-1.2", requirement_severity=getattr(models.Severity, level), no_cache=True))
    for i in result.get_issues():
        print(i.severity, i.check.identifier, i.message)
    assert not result.has_issues(), level
PY
ok 'roc-validator finds no fault against RO-Crate 1.2' "$PYTHON" -X utf8 "$T/roc.py" "$T/crate"
done_testing
