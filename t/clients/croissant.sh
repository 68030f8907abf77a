# mlcroissant: the package of a real deposit is accepted without errors or warnings, and its rows load.
. "$(dirname "$0")/lib.sh"
need_python croissant
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
id=$(deposit "$SRC/t/data/sample")
like "$id" '^[0-9a-z]{5}-[0-9a-z]{5}$' 'the sample dataset is deposited'
ok 'its tables are read' wait_until 60 described "$id"
cat >"$T/load.py" <<'PY'
import collections, json, logging, sys, warnings
import mlcroissant as mlc
seen = []
class Keep(logging.Handler):
    def emit(self, r):
        if r.levelno >= logging.WARNING:
            seen.append(r.getMessage())
logging.getLogger().addHandler(Keep()); logging.getLogger("absl").addHandler(Keep())
url, want = sys.argv[1], json.loads(sys.argv[2])
d = mlc.Dataset(url)
issues = d.metadata.ctx.issues
assert not issues.errors and not issues.warnings, (issues.errors, issues.warnings)
assert not seen, seen
got = {}
for rs in d.metadata.record_sets:
    rows = list(d.records(rs.uuid))
    got[str(rs.name if isinstance(rs.name, str) else rs.uuid)] = len(rows)
    print(rs.uuid, len(rows), list(rows[0])[:3] if rows else None)
assert sorted(got.values()) == sorted(want), got
PY
load() { "$PYTHON" -X utf8 "$T/load.py" "$@"; }
ok 'mlcroissant accepts it without a warning and loads every row of every table' load "$BASE/records/$id/export/croissant" '[494, 365, 9]'
ok_status 200 GET "/records/$id/packages/croissant"
ok 'the package says the same' jq -e '.recordSet | length == 3' "$BODY"

if [ -d "$SHARED/fixtures/datasets/palmerpenguins" ]; then
	id=$(deposit "$SHARED/fixtures/datasets/palmerpenguins")
	ok 'penguins are read' wait_until 60 described "$id"
	ok 'penguins load' load "$BASE/records/$id/export/croissant" '[344]'
	id=$(deposit "$SHARED/fixtures/datasets/croissant-titanic")
	ok 'the Titanic is read' wait_until 60 described "$id"
	ok 'the passengers of the Titanic load' load "$BASE/records/$id/export/croissant" '[1309, 2, 4]'
else
	skip 'real datasets load' 'shared material is absent'
fi
done_testing
