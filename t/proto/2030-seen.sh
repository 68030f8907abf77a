# What is inside is shown: tables with histograms, pictures, curves, crystals, archives, a map; to those who may see it.
# needs: python3
. "${AZEKURA_SRC:-.}/t/proto/lib.sh"

new_repo
start_server
TOKEN=$(token alice depositor)
mkdir -p "$T/mix"
cat > "$T/mix/walk.csv" <<END
time,latitude,temperature [°C],mail
$(for i in $(seq 10 40); do echo "2026-03-01T10:$i:00Z,36.$i,1$((i % 7)).5,a$i@example.org"; done)
END
cat > "$T/mix/nacl.cif" <<'END'
data_nacl
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
_chemical_formula_sum 'Cl Na'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 Na 0 0 0
Cl1 Cl 0.5 0.5 0.5
END
printf '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":{"type":"Point","coordinates":[141.35,43.06]}},{"type":"Feature","properties":{"n":2},"geometry":{"type":"Point","coordinates":[143.2,42.9]}}]}' > "$T/mix/places.geojson"
python3 - "$T/mix" <<'END'
import struct, sys, zipfile, zlib
def chunk(t, d):
    return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
rows = b''.join(b'\0' + bytes((x * 4 % 256, y * 4 % 256, 90)) [0:3] * 1 * 40 for y in range(40) for x in [y])
open(sys.argv[1] + '/square.png', 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 40, 40, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))
with zipfile.ZipFile(sys.argv[1] + '/both.zip', 'w') as z:
    z.writestr('inner/<b>table</b>.csv', 'a,b\n1,2\n3,4\n')
    z.writestr('../out.txt', 'x')
END
printf '<!DOCTYPE html><title>Notes</title><p>The hygrometer of Todaiji was calibrated.</p>' > "$T/mix/notes.html"
id=$(deposit "$T/mix")
facts_read() { [ "$(curl -s "$BASE/api/records/$1/facts" | jq '.files.waiting == 0 and .files.read > 4')" = true ]; }
wait_until 20 facts_read "$id"

TOKEN=
html() { req GET "/records/$id" -H 'Accept: text/html' "$@"; }
html
cp "$BODY" "$T/page"
is "$STATUS" 200 'the page comes'
shows() { ok "$1" grep -q -- "$2" "$T/page"; }
shows 'a histogram of the table' '<svg class="hist"'
shows 'a line of its course' '<svg class="spark"'
shows 'a hint of personal data' 'e-mail addresses?'
shows 'the unit cell' '<svg class="crystal".*Unit cell of'
shows "the archive's member, escaped" 'inner/&lt;b&gt;table&lt;/b&gt;.csv'
shows 'that a member would lead out' 'leads out of the archive'
not_ok "no markup of a member's name" grep -q '<b>table</b>' "$T/page"
shows 'the map, of all that the points cover' '<svg class="map".*aria-label="Map: longitude 141.3 to 143.2, latitude 42.9 to 43.06'
shows 'what time the data cover' 'Time covered</dt><dd>2026-03-01T10:10:00Z to 2026-03-01T10:40:00Z'
shows 'and where that is' 'Place</dt><dd>Hokkaido'

# The same by the API and in a terminal.
ok_status 200 GET "/api/records/$id/facts"
ok_json '.sights.boxes[0].geo.bbox == [141.35, 42.9, 143.2, 43.06]' 'the API gives the box'
ok_json '[.sights | .pictures[0].path, .crystals[0].path, .archives[0].archive.members[0].path] == ["square.png", "nacl.cif", "inner/<b>table</b>.csv"]' 'and what else the page shows'
ok_json '.texts == null' 'but not the words of documents'
az() { LC_ALL=C.UTF-8 "$AZEKURA" --server "$BASE" --token "${TOKEN:-none}" "$@" </dev/null; }
tells() { like "$(cat "$T/out")" "$2" "$1"; }
fits() { ok "$1" python3 -c 'import sys, unicodedata
wide = [l for l in open(sys.argv[1], encoding="utf-8").read().split("\n") if sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in l) > 80]
sys.exit("\n".join(wide) or 0)' "$T/out"; }
TOKEN=$(token alice depositor)
az show "$id" >"$T/out"
tells 'show tells a table' 'walk\.csv: 31 rows, 4 columns'
tells 'a column with its numbers and histogram' 'temperature \[°C\] +number +°C +0 +10\.5 +13\.597 +16\.5 .*███'
tells 'its course in time' 'in time ▅▆▇█▁▂▃▅▆▇█'
tells 'the hint' 'personal data\? email'
tells 'the crystal' 'nacl\.cif; formula ClNa; space group F m -3 m \(225\); cell a ='
tells 'the archive' 'inner/<b>table</b>\.csv'
tells 'the place' 'longitude 141\.35 to 143\.2°, latitude 42\.9 to 43\.06°; in Hokkaido'
fits 'in 80 columns'
az show "$id" --plain >"$T/out"
is "$(LC_ALL=C grep -v 'title\|°C' "$T/out" | LC_ALL=C grep -c '[^ -~]')" 0 '--plain is ASCII but for what files say'
LC_ALL=C "$AZEKURA" --server "$BASE" --token "$TOKEN" show "$id" >"$T/out2" </dev/null
ok 'as in a locale that is not UTF-8' cmp "$T/out" "$T/out2"
is "$(az show "$id" --json | jq '.facts.sights.crystals | length')" 1 'with --json all of it'
is "$(az show "$id" --quiet)" '' 'with --quiet nothing'

# A file that is in no repository: nothing is sent.
mkdir "$T/mine"
printf '測定日,水温（表層から1メートルの深さで測定した値）,地点\n2026-01-01,4.5,\033[31m湖心\n2026-01-02,4.25,岸\n2026-01-03,4.0,岸\n' > "$T/mine/湖.csv"
"$AZEKURA" --server http://127.0.0.1:1 show "$T/mine/湖.csv" --json </dev/null >"$T/out"
is "$(jq -c '[.extractor, .tables[0].rows, .tables[0].columns[1].mean]' "$T/out")" '["csv",3,4.25]' 'show FILE --json is its facts'
LC_ALL=C.UTF-8 "$AZEKURA" --server http://127.0.0.1:1 show "$T/mine/湖.csv" </dev/null >"$T/out"
tells 'show FILE tells it in words' '2026-01-01 to 2026-01-03'
tells 'escapes what would steer the terminal' '\\x1b\[31m湖心'
is "$(LC_ALL=C grep -c $'\033' "$T/out")" 0 'and sends none of it'
fits 'counts wide letters'
head -c 30000 /dev/urandom > "$T/mine/noise"
(cd "$T/mine" && az show noise) >"$T/out"
is "$?" 0 'what nobody knows is no failure'
tells 'and said' 'format is not known'
az show "$T/mine/none.csv" 2>"$T/err" >/dev/null
is "$?" 5 'a file that is not there is one'
az show "$T/mine" 2>"$T/err" >/dev/null
is "$?" 2 'a folder is wrong use'
TOKEN=

sha=$(sha256_of "$T/mix/square.png")
shows 'the picture' "/records/$id/thumbnails/$sha"
ok_status 200 GET "/records/$id/thumbnails/$sha"
is "$(head -c 8 "$BODY" | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a 'which is a PNG'
is "$(header content-type)" image/png 'and says so'
ok_status 404 GET "/records/$id/thumbnails/$(sha256_of "$T/mix/walk.csv")"
ok_status 404 GET "/records/$id/thumbnails/$(printf '%064d' 0)"
ok_status 404 GET "/records/$id/thumbnails/zz"
html -H 'Accept-Language: ja'
ok 'the same in Japanese' grep -q '結晶構造' "$BODY"

found() { req GET '/api/records?q=hygrometer'; [ "$(pick '.hits.total')" = "$1" ]; }
ok 'the words of a document are found' wait_until 10 found 1
ok_status 200 GET '/api/records?q=text:Todaiji'
ok_json '.hits.total == 1' 'also by the field'

# What is closed shows nothing of its inside.
TOKEN=$(token alice depositor)
closed=$(deposit "$T/mix" --access closed --restart)
wait_until 20 indexed "$closed"
TOKEN=
req GET "/records/$closed" -H 'Accept: text/html'
is "$STATUS" 200 'a closed record has a page'
not_ok 'without its inside' grep -q 'class="crystal"\|thumbnails/\|Unit cell' "$BODY"
ok_status 404 GET "/records/$closed/thumbnails/$sha"
req GET "/api/records/$closed/facts"
not_ok 'nor by the API' grep -q sights "$BODY"
TOKEN=$(token alice depositor)
ok_status 200 GET "/api/records/$closed/facts"
ok_json '.sights.crystals | length == 1' 'but to its owner'
TOKEN=
ok 'nor are its words found' found 1
done_testing
