#!/bin/bash
# What was read inside files that are not open is told by no outlet: pages, facts, variables, pictures, exports, packages, search, caches.
# The same content lies open in one record, which shows that each outlet would tell it.
# needs: python3
. "${AZEKURA_SRC:-.}/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) bob=$(token bob depositor)
mkdir "$T/in"
cat >"$T/in/a.csv" <<END
time,latitude,longitude,ghostcolumn [K],who
$(for i in $(seq 10 40); do echo "1987-03-01T10:$i:00Z,36.$i,138.$i,28$((i % 7)).5,phantomvalue"; done)
END
cat >"$T/in/b.cif" <<'END'
data_x
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
_chemical_formula_sum 'Cl Rb'
END
printf '<!DOCTYPE html><title>Poltergeist</title><p>The hygrometer of spectrehouse was calibrated.</p>' >"$T/in/c.html"
python3 - "$T/in" <<'END'
import struct, sys, zipfile, zlib
def chunk(t, d):
    return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
open(sys.argv[1] + '/d.png', 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 40, 40, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + bytes(range(120)) for _ in range(40)))) + chunk(b'IEND', b''))
with zipfile.ZipFile(sys.argv[1] + '/e.zip', 'w') as z:
    z.writestr('inner/wraithmember.csv', 'revenantcolumn,b\n1,2\n3,4\n')
END
words='ghostcolumn\|phantomvalue\|ClRb\|RbCl\|5\.6402\|Poltergeist\|spectrehouse\|wraithmember\|revenantcolumn\|1987-03-01\|F m -3 m'
png=$(sha256_of "$T/in/d.png")

TOKEN=$alice
# make ACCESS [FILE-ACCESS]: a draft with the files
make() {
	local id f
	id=$(new_draft "{\"metadata\":{\"title\":\"Same content\"},\"access\":$1}") || return 1
	for f in a.csv b.cif c.html d.png e.zip; do
		put_file "$id" "$f" "$T/in/$f" || return 1
		[ -z "${2:-}" ] || req PUT "/api/records/$id/draft/files/$f/metadata" -H 'Content-Type: application/json' --data "{\"access\":\"$2\"}"
	done
	echo "$id"
}
all_open='{"record":"public","files":"public"}'
open=$(publish_draft "$(make "$all_open")")
draft=$(make "$all_open")
fileclosed=$(make "$all_open" closed)
printf 'nothing\n1\n' >"$T/plain.csv"
put_file "$fileclosed" z.csv "$T/plain.csv"
fileclosed=$(publish_draft "$fileclosed")
restricted=$(publish_draft "$(make '{"record":"public","files":"restricted"}')")
embargoed=$(publish_draft "$(make '{"record":"public","files":"restricted","embargo":{"active":true,"until":"2090-01-01","reason":"x"}}')")
private=$(publish_draft "$(make '{"record":"restricted","files":"restricted"}')")
withdrawn=$(publish_draft "$(make "$all_open")")
later=$(publish_draft "$(make "$all_open")")
api DELETE "/api/records/$withdrawn" '{"removal_reason":{"id":"retracted"},"note":"x"}' || diag "withdrawal: $(body)"
api POST "/api/records/$later/draft"
api PUT "/api/records/$later/draft" "$(jq -cn --argjson a "$LIB_MINIMAL" '$a * {"access": {"record": "public", "files": "restricted"}}')"
publish_draft "$later" >/dev/null
TOKEN=$alice
facts_read() { [ "$(curl -s -H "Authorization: Bearer $alice" "$BASE/api/records/$1/facts" | jq '.files.waiting == 0 and .files.read >= 4')" = true ]; }
for id in "$open" "$fileclosed" "$restricted" "$embargoed" "$private" "$later"; do
	ok "the readers are done with $id" wait_until 60 facts_read "$id"
done
searchable() { TOKEN='' req GET '/api/records?size=100&q=spectrehouse'; [ "$(pick '[.hits.hits[].id] | index("'"$open"'") != null')" = true ]; }
ok 'the open one is found by its inside' wait_until 30 searchable

# How the outlets are asked: path and Accept.
outlets() { # ID
	printf '%s\n' "/records/$1|text/html" "/records/$1|application/ld+json" "/records/$1|text/turtle" "/api/records/$1|application/json" "/api/records/$1|application/vnd.azekura.v1+json" \
		"/api/records/$1/facts|*/*" "/api/records/$1/variables|*/*" "/api/records/$1/files|*/*" "/api/records/$1/draft|*/*" "/api/records/$1/draft/files|*/*" "/records/$1?preview=1|text/html" \
		"/records/$1/thumbnails/$png|*/*" "/records/$1/export/croissant|*/*" "/records/$1/export/ro-crate|*/*" "/records/$1/export/nii-rdm-turtle|*/*" "/records/$1/export/schema-org|*/*" \
		"/records/$1/export/datacite|*/*" "/records/$1/export/jpcoar|*/*" "/records/$1/packages/ro-crate|*/*" "/records/$1/packages/bagit|*/*" \
		"/api/records/$1/files-archive|*/*" "/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:localhost:$1|*/*"
}
# Zip packages hold text compressed: look inside.
text_of_answer() { if [ "$(head -c 2 "$BODY")" = PK ]; then python3 -c 'import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
for n in z.namelist(): sys.stdout.buffer.write(n.encode() + b"\n" + z.read(n))' "$BODY"; else cat "$BODY"; fi; }
TOKEN=''
told=0 leaks='' kept=''
while IFS='|' read -r path accept; do
	req GET "$path" -H "Accept: $accept"
	if [ "$STATUS" = 200 ] && text_of_answer | grep -aci "$words" >/dev/null; then told=$((told + 1)); fi
done < <(outlets "$open")
diag "$told outlets tell what is inside the open record"
ok 'the outlets do tell of what is open' test "$told" -ge 6
ok_status 200 GET "/records/$open/thumbnails/$png"
like "$(header cache-control)" '^public' 'an open picture may be kept by caches'
for who in anonymous bob; do
	TOKEN=''; [ "$who" = bob ] && TOKEN=$bob
	for id in "$draft" "$fileclosed" "$restricted" "$embargoed" "$private" "$withdrawn" "$later"; do
		while IFS='|' read -r path accept; do
			req GET "$path" -H "Accept: $accept"
			if text_of_answer | grep -aci "$words" >/dev/null; then leaks="$leaks $who:$path($accept):$(text_of_answer | grep -aoi "$words" | sort -u | paste -sd+)"; fi
			case $path in */thumbnails/*) [ "$STATUS" != 200 ] || leaks="$leaks $who:$path" ;; esac
		done < <(outlets "$id")
	done
done
is "$leaks" '' 'no outlet tells a stranger what lies inside what is closed'

# Their owner sees it, and what she sees is nobody else's to keep.
TOKEN=$alice
for id in "$fileclosed" "$restricted" "$embargoed" "$private" "$later"; do
	req GET "/records/$id/thumbnails/$png"
	[ "$STATUS" = 200 ] || leaks="$leaks $id:$STATUS"
	case $(header cache-control) in *private*|*no-store*) ;; *) kept="$kept thumbnail:$id:$(header cache-control)" ;; esac
	for path in facts variables; do
		req GET "/api/records/$id/$path"
		case $(header cache-control) in *private*|*no-store*) ;; *) kept="$kept $path:$id:$(header cache-control)" ;; esac
	done
done
is "$leaks" '' 'its owner sees the pictures'
is "$kept" '' 'and no cache may keep them for others'

# Search: by words and by every field that comes from facts. Only the open record may answer.
found='' mute=''
for who in anonymous bob; do
	TOKEN=''; [ "$who" = bob ] && TOKEN=$bob
	while read -r q; do
		req GET '/api/records?size=100&allversions=true' -G --data-urlencode "q=$q"
		case $STATUS in 200) ;; *) mute="$mute [$q:$STATUS]"; continue ;; esac
		jq -e --arg id "$open" '[.hits.hits[].id] | index($id) != null' "$BODY" >/dev/null || mute="$mute [$q]"
		other=$(jq -r --arg id "$open" '[.hits.hits[].id | select(. != $id)] | join("+")' "$BODY")
		[ -z "$other" ] || found="$found $who:[$q]=$other"
		# Counts beside the hits speak too.
		n=$(jq -r .hits.total "$BODY"); [ "$n" -le 1 ] || found="$found $who:[$q]:total=$n"
		if jq -c '.aggregations // {}' "$BODY" | grep -q '"doc_count":[2-9]'; then found="$found $who:[$q]:facets"; fi
	done <<'END'
ghostcolumn
spectrehouse
text:spectrehouse
ghostcolumn:[280 TO 290 K]
time:[1987-02-01 TO 1987-04-01]
bbox:138,36,139,37
place:Japan
unit:K
element:Rb
formula:ClRb
format:CIF
END
done
is "$found" '' 'search finds nothing by what is closed'
is "$mute" '' 'and would find it: the open record answers every question'
done_testing
