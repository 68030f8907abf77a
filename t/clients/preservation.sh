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
ocfl() { "$VENV/bin/ocfl-root.py" validate --root "$DATA/ocfl" "$@"; }
ok 'ocfl-py validates the storage root and every object in it' ocfl
is "$("$VENV/bin/ocfl-validate.py" --very-quiet "$DATA/ocfl" >"$T/ocfl.out" 2>&1; echo $?)" 0 'and so does its other program'
diag "$(tail -n 5 "$T/ocfl.out")"
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
