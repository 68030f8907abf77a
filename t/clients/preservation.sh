# bagit and ocfl-py: the bag and the storage root are sound to those who never saw this program.
# needs: unzip
. "$(dirname "$0")/lib.sh"
need_python preservation
need_program unzip
new_repo; start_server || exit 1
TOKEN=$(token alice curator)
id=$(deposit "$SRC/t/data/sample")
like "$id" '^[0-9a-z]{5}-[0-9a-z]{5}$' 'the sample dataset is deposited'
wait_until 60 described "$id"
ok_status 200 GET "/records/$id/packages/bagit"
cp "$BODY" "$T/bag.zip"
mkdir "$T/bag"
ok 'the bag is a sound zip' unzip -q "$T/bag.zip" -d "$T/bag"
py 'bagit validates it, complete and with every digest' "$T/bag" <<'PY'
import os, sys, bagit
root = sys.argv[1]
while not os.path.exists(os.path.join(root, "bagit.txt")):
    inner = os.listdir(root)
    assert len(inner) == 1, inner
    root = os.path.join(root, inner[0])
b = bagit.Bag(root)
assert b.version == "1.0", b.version
b.validate(processes=1)
assert "sha256" in b.algorithms, b.algorithms
PY
ok 'its data are the bytes that were deposited' cmp "$SRC/t/data/sample/tables/emc.csv" "$(find "$T/bag" -name emc.csv | head -n 1)"

# A life: a revision, a new version, a withdrawal. Each is one more OCFL version, and the root stays valid.
api POST "/api/records/$id/draft" && api PUT "/api/records/$id/draft" "$(jq -c '.metadata.title = "Moisture, revised"' "$BODY")" && publish_draft "$id" >/dev/null
is "$STATUS" 202 'a revision is published'
other=$(publish_record)
ok 'another record is withdrawn' "$AZEKURA" --server "$BASE" --token "$TOKEN" withdraw "$other" --reason test
# ocfl-py 2.1 knows layout 0003 but not 0004; its registry takes others. This one checks where each object lies.
cat >"$T/ocfl_root.py" <<'PY'
import hashlib, json, os, sys
from ocfl.layout_0003_hash_and_id_n_tuple import Layout_0003_Hash_And_Id_N_Tuple
from ocfl.layout_registry import add_layout
from ocfl.storage_root import StorageRoot
from ocfl.validator import Validator
NAME = "0004-hashed-n-tuple-storage-layout"
class Layout_0004(Layout_0003_Hash_And_Id_N_Tuple):
    def __init__(self):
        super().__init__()
        self.NAME = NAME
        self.short = False
        self.PARAMS["shortObjectRoot"] = lambda v: setattr(self, "short", bool(v))
    def identifier_to_path(self, identifier):
        d = hashlib.new(self.digest_algorithm, identifier.encode()).hexdigest()
        n = self.tuple_size * self.number_of_tuples
        return os.path.join(*[d[i:i + self.tuple_size] for i in range(0, n, self.tuple_size)], d[n:] if self.short else d)
add_layout(NAME, Layout_0004)
path = sys.argv[1]
root = StorageRoot(root=path)
assert root.validate(log_warnings=True), root.log
for where, messages in root.errors:
    print(where, messages)
assert root.num_objects == root.good_objects and root.num_objects >= int(sys.argv[2]), (root.num_objects, root.good_objects)
layout = Layout_0004()
with open(os.path.join(path, "extensions", NAME, "config.json")) as f:
    config = json.load(f)
for k, check in layout.PARAMS.items():
    if k in config:
        check(config[k])
for where in root.object_paths():
    with open(os.path.join(path, where, "inventory.json"), encoding="utf-8") as f:
        inventory = json.load(f)
    assert where == layout.identifier_to_path(inventory["id"]), (where, inventory["id"])
PY
ocfl() { "$PYTHON" -X utf8 "$T/ocfl_root.py" "$DATA/ocfl" 2; }
ok 'ocfl-py validates the storage root, every object in it and where it lies' ocfl
# An object of each shape that the store writes, a pack among them.
ok 'the maker of shapes is up to date' make -s -C "$BUILD" t/unit/store/test_kill
ok 'objects of every shape are made' timeout 60 "$BUILD/t/unit/store/test_kill" sample "$T/shapes"
ok 'and ocfl-py validates them' "$PYTHON" -X utf8 "$T/ocfl_root.py" "$T/shapes/ocfl" 2
kill9
ok 'it is as valid when the server was killed' ocfl
start_server
# A check that cannot fail is none: damage one content file.
stop_server
victim=$(find "$DATA/ocfl" -path '*content*' -name emc.csv | head -n 1)
chmod u+w "$victim" && printf x >>"$victim"
not_ok 'a damaged byte is found' ocfl
not_ok 'and our own fsck finds it too' "$AZEKURA" admin fsck --data "$DATA"
done_testing
