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
ok 'nor are its words found' found 1
done_testing
