#!/bin/bash
# Metadata schemas that are added while the server runs: checked at publication, searched, shown, changed, removed.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
run() { OUT=$("$AZEKURA" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
schema() { run admin schema "$@" --data "$DATA"; }
printf '# X-ray diffraction\nmember\tlabel\tlabel_ja\ttype\tunit\tvalues\tvocabulary\trequired\trepeatable\tminimum\tmaximum\thelp\thelp_ja\n' >"$T/xrd.tsv"
printf 'anode\tAnode\t対陰極\ttext\t\tCu=copper|Co|Mo\t\tyes\t\t\t\tOf the tube\t管球の材質\n' >>"$T/xrd.tsv"
printf 'temperature\tTemperature\t温度\tnumber\tK\t\t\t\t\t0\t2000\t\t\n' >>"$T/xrd.tsv"
printf 'angle\tAngle\t角度\tnumber\tdeg\t\t\t\tyes\t\t\t\t\n' >>"$T/xrd.tsv"
printf 'measured\tDay\t測定日\tdate\t\t\t\t\t\t\t\t\t\n' >>"$T/xrd.tsv"
printf 'paper\tLanguage of the log\tログの言語\ttext\t\t\tlanguages\t\t\t\t\t\t\n' >>"$T/xrd.tsv"

# --- on the folder ---
schema add "$T/xrd.tsv" --name xrd --json; is "$RC $(jq -c '[.id, .version, .members, .source, .title.en, .records]' <<<"$OUT")" '0 ["xrd",1,5,"table","X-ray diffraction",0]' 'a table becomes a schema'
schema add "$T/xrd.tsv" --name xrd --json; is "$(jq .version <<<"$OUT")" 1 'the same again makes no new version'
schema add "$T/xrd.tsv" --name 'X Y'; isnt "$RC" 0 'names are plain'
schema add "$T/xrd.tsv" --name xrd --community none; like "$RC $ERR" '^[1-9].*community' 'a community must be there'
start_server || exit 1

# --- through the socket ---
printf '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","title":"Soil","properties":{"depth":{"type":"number","x-unit":"cm","minimum":0},"code":{"type":"string","pattern":"^[A-Z]{2}[0-9]+$"},"tags":{"type":"array","items":{"$ref":"#/$defs/tag"}}},"required":["depth"],"additionalProperties":false,"$defs":{"tag":{"enum":["wet","dry"]}}}' >"$T/soil.json"
schema add "$T/soil.json" --name soil --json; is "$RC $(jq -c '[.version, .source, .members]' <<<"$OUT")" '0 [1,"json-schema",3]' 'JSON Schema, while the server runs'
bad() { printf '%s' "$1" >"$T/bad.json"; schema add "$T/bad.json" --name bad; like "$RC $ERR" "$2" "$3"; }
bad '{"type":"object","properties":{"a":{"$ref":"https://example.org/x.json"}}}' '^1 .*properties\.a\.\$ref: leads out' 'references out of the document are refused'
bad '{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"$ref":"#/$defs/c"},"c":{"$ref":"#/$defs/b"}}}' '^1 .*circle' 'and those in a circle'
bad '{"type":"object","properties":{"a":{"anyOf":[{"type":"string"}]}}}' '^1 .*properties\.a\.(anyOf|type)' 'what is not understood is named'
bad '{"type":"object","properties":{"a":{"type":"object"}}}' '^1 .*properties\.a\.type: an object inside' 'objects in objects are refused'
bad '{"type":"object","properties":{"a":{"type":"string","pattern":"(["}}}' '^1 .*pattern' 'so are patterns that cannot be read'
bad "$(printf '[%.0s' $(seq 300))" '^1 ' 'and depths'
bad 'member	colour
a	b' '^1 .*no such column' 'and tables with other columns'
schema list; is "$(grep -c . <<<"$OUT")" 2 'both are listed'
schema show soil --json; is "$(jq -c '[.members[0].unit, .members[2].repeatable, .closed]' <<<"$OUT")" '["cm",true,true]' 'one is shown'

ok_status 200 GET /api/schemas; ok_json '[.hits.hits[].id] == ["soil", "xrd"] and (.hits.hits[0] | has("records") | not)' 'the list in the API'
ok_status 200 GET /api/schemas/xrd
ok_json '."$schema" == "https://json-schema.org/draft/2020-12/schema" and .properties.anode.enum == ["Cu","Co","Mo"] and .properties.anode["x-label"].ja == "対陰極" and .required == ["anode"] and .properties.angle.type == "array" and .properties.temperature["x-unit"] == "K"' 'a table comes out as JSON Schema'
cp "$BODY" "$T/out.json"; schema add "$T/out.json" --name again --json; is "$RC" 0 'which is understood again'
schema show again --json; jq -S .members <<<"$OUT" >"$T/a"; schema show xrd --json; jq -S .members <<<"$OUT" >"$T/b"; is "$(cmp "$T/a" "$T/b" 2>&1)" '' 'and means the same'
schema remove again; is "$RC" 0 'it is removed'; ok_status 404 GET /api/schemas/again; schema remove again; like "$RC $ERR" '^[1-9].*no schema' 'once'

# --- a deposit ---
TOKEN=$(token alice depositor)
meta() { jq -cn --argjson a "$LIB_MINIMAL" --argjson c "$2" --arg t "$1" '$a * {files:{enabled:false},metadata:{title:$t},custom_fields:$c}'; }
api POST /api/records "$(meta Pattern '{"xrd:anode":"Zn","xrd:temperature":"-5 K","xrd:angle":[10,"x"],"xrd:measured":"yesterday","xrd:paper":"Klingonese"}')"
id=$(pick .id)
ok_json '[.errors[].field] | contains(["customFields.xrd:anode", "customFields.xrd:temperature", "customFields.xrd:angle[1]", "customFields.xrd:measured", "customFields.xrd:paper"])' 'a draft tells all faults at once, each at its path'
req POST "/api/records/$id/draft/actions/publish"; problem 400 'it is not published'
api PUT "/api/records/$id/draft" "$(meta Pattern '{"xrd:temperature":"27 °C"}')"; ok_json '[.errors[].field] == ["customFields.xrd:anode"]' 'a required member is missing'
fields='{"xrd:anode":"Cu","xrd:temperature":"27 °C","xrd:angle":[10,"0.5 rad"],"xrd:measured":"2026-03-04","xrd:paper":"jpn"}'
api PUT "/api/records/$id/draft" "$(meta Pattern "$fields")"; ok_json '.errors == []' 'what was wrong is put right'
ok_json ".custom_fields | del(.[\"azekura:customSchemas\"]) == $fields" 'and comes back as it was sent'
is "$(publish_draft "$id")" "$id" 'it is published'
req GET "/records/$id/export/azekura"; ok_json '.customSchemas == {"xrd": 1}' 'with the version by which it was checked'

# --- search ---
wait_until 20 indexed "$id"
finds() { req GET "/api/records?q=$(printf '%s' "$1" | jq -sRr @uri)"; is "$(pick '[.hits.total, .detail] | @json')" "[$2,null]" "$3: $1"; }
finds 'xrd.anode:Cu' 1 'a value'; finds 'xrd.anode:copper' 1 'or its label'; finds 'XRD.Anode:cu' 1 'in any case'; finds 'xrd.anode:Mo' 0 'no other'
finds 'xrd.paper:jpn' 1 'a term'; finds 'xrd.paper:Japanese' 1 'by its label'; finds 'xrd.paper:日本語' 1 'in either language'; finds 'copper' 1 'labels are words too'
finds 'xrd.temperature:[20 TO 30 °C]' 1 'a range in another unit'; finds 'xrd.temperature:[290 TO 310]' 1 'or that of the member'; finds 'xrd.temperature:[301 TO 310 K]' 0 'outside'
finds 'xrd.angle:[28 TO 29 deg]' 1 'each value of a list, converted'; finds 'xrd.angle:[11 TO 28 deg]' 0 'and nothing between them'
finds 'xrd.measured:[2026-03-01 TO 2026-03-31]' 1 'days'; finds 'xrd.measured:[2025 TO 2026]' 1 'years'; finds 'xrd.measured:[2025-01-01 TO 2025-12-31]' 0 'other days'
req GET '/api/records?q=xrd.nothing:1'; problem 400 'a field that no schema has is told'; like "$(pick .detail)" 'xrd.nothing' 'by name'
req GET '/api/records?schema=xrd.anode%3DCu'; ok_json '.hits.total == 1 and (.aggregations.schema.buckets | map(select(.key == "xrd.anode=Cu" and .label == "Anode: copper" and .doc_count == 1)) | length == 1)' 'a facet, by its label'

# --- shown ---
ok_status 200 GET "/records/$id"; page=$(body); like "$page" 'X-ray diffraction.*<dt>Anode</dt><dd>copper</dd>' 'the landing page has a section'
like "$page" '27 °C = 300\.15 K' 'with units'; like "$page" '>Japanese<' 'and labels of terms'
curl -sS -H 'Accept-Language: ja' "$BASE/records/$id" >"$T/ja"; like "$(cat "$T/ja")" '<dt>対陰極</dt>' 'in the language of the reader'
req GET "/records/$id/export/schema-org"; ok_json '.additionalProperty | map(select(.name == "Temperature")) | .[0] | (.value > 300.149 and .value < 300.151) and .unitText == "K" and (.propertyID | endswith("/api/schemas/xrd?version=1#/properties/temperature"))' 'schema.org has it as PropertyValue'
req GET "/records/$id/export/ro-crate"; ok_json '[."@graph"[] | select(.name == "Anode")] | length == 1 and .[0].value == "copper"' 'so has RO-Crate'
ok_json '(."@graph"[] | select(."@id" | endswith("'"$id"'")) | .additionalProperty | length) == 6' 'as parts of the dataset'
ok_status 200 GET /schemas/xrd/form; like "$(body)" '<label for="f0">Anode</label>.*required' 'the form can be looked at'
curl -sS -H 'Accept-Language: ja' "$BASE/schemas/xrd/form" >"$T/ja"; like "$(cat "$T/ja")" '<label for="f0">対陰極</label>.*管球の材質' 'in both languages'; req GET /schemas/none/form; is "$STATUS" 404 'where there is one'
run show "$id" --server "$BASE"; like "$OUT" 'Anode +Cu' 'azekura show has it too'

# --- from the command line ---
export AZEKURA_TOKEN=$TOKEN; d=$(new_draft)
run edit "$d" --schema xrd --set temperature=5 --server "$BASE"; like "$RC $ERR" 'anode: ' 'azekura edit tells what is missing'
run edit "$d" --schema xrd --set anode=Mo --set 'temperature=20 °C' --set angle=1 --set angle=2 --server "$BASE"; like "$RC $OUT" '^0 4 values set, and nothing missing' 'and sets members'
req GET "/api/records/$d/draft"; ok_json '.custom_fields["xrd:angle"] == [1, 2] and .custom_fields["xrd:temperature"] == "20 °C"' 'typed by the schema'
run edit "$d" --schema xrd --set nothing=1 --server "$BASE"; like "$RC $ERR" '^[1-9].*no member' 'only its own'

# --- the schema changes under a record that stands ---
sed 's/Cu=copper|Co|Mo/Co|Mo/; s/^temperature\t/heat\t/' "$T/xrd.tsv" >"$T/xrd2.tsv"
schema add "$T/xrd2.tsv" --name xrd --json; is "$(jq -c '[.version, .records]' <<<"$OUT")" '[2,1]' 'the next version'
gone() { req GET '/api/records?q=xrd.temperature:%5B290%20TO%20310%5D'; [ "$(pick .hits.total)" = 0 ]; }
wait_until 20 gone; ok 'the record was indexed again, without a restart' gone
ok_status 200 GET "/api/records/$id"; ok_json '.custom_fields["xrd:anode"] == "Cu"' 'it stands'
req GET "/records/$id/export/azekura"; ok_json '.customSchemas == {"xrd": 1}' 'by its old version'
ok_status 200 GET '/api/schemas/xrd?version=1'; ok_json '.properties.temperature != null' 'which is still told'
ok_status 200 GET '/api/schemas/xrd'; ok_json '.["x-version"] == 2 and .properties.heat != null' 'beside the new one'
api POST "/api/records/$id/draft" '{}'; api PUT "/api/records/$id/draft" "$(meta Pattern "$fields")"; ok_json '[.errors[].field] == ["customFields.xrd:anode"] and (.warnings | map(.field) | contains(["customFields.xrd:temperature"]))' 'an edit is judged by the new one'
restart_server; finds 'xrd.anode:Cu' 1 'after a restart too'
stop_server; run admin rebuild --data "$DATA"; is "$RC" 0 'rebuilt'; schema show xrd --json; is "$(jq .version <<<"$OUT")" 2 'the schema is kept'
schema list --json; is "$(jq -c '[.schemas[] | select(.id == "xrd") | .records]' <<<"$OUT")" '[1]' 'with the records that use it'
done_testing
