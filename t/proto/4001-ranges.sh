# "Temperature in kelvin between 1990 and 2000 over Hokkaido" is a query.
. "$(dirname "$0")/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
mkdir -p "$T/sapporo" "$T/naha" "$T/plain"
printf '日時,気温(℃),lat,lon,風速 (m/s)\n1991-07-01T00:00:00,12.5,43.06,141.35,3.2\n1995-07-02T00:00:00,24.0,43.07,141.36,8.1\n' >"$T/sapporo/weather.csv"
printf 'time,air_temperature [K],latitude,longitude\n2004-07-01T00:00:00,299.0,26.2,127.6\n2005-07-02T00:00:00,304.1,26.3,127.7\n' >"$T/naha/weather.csv"
printf 'sample,temperature,mass_g\na,10,2.5\nb,20,1250\n' >"$T/plain/run.csv"
a=$(deposit "$T/sapporo" --title 'Sapporo station')
b=$(deposit "$T/naha" --title 'Naha station')
c=$(deposit "$T/plain" --title 'Some runs')
for id in "$a" "$b" "$c"; do ok "files of $id are read" wait_until 60 described "$id"; done
finds() {
	req GET "/api/records?size=50" -G --data-urlencode "q=$1"
	is "$STATUS:$(pick '[.hits.hits[].id] | sort | join(" ")')" "200:$(printf '%s\n' "${@:2}" | sort | sed '/^$/d' | paste -sd' ')" "$1"
}
indexed_all() { req GET '/api/records?size=50' -G --data-urlencode 'q=temperature:[250 TO 350 K]'; [ "$(pick .hits.total)" = 2 ]; }
ok 'variables are indexed' wait_until 30 indexed_all
finds 'temperature:[* TO 400 K] time:[1990 TO 2000] place:Hokkaido' "$a"
finds 'temperature:[280 TO 300 K] time:1990..2000 place:北海道' "$a"
finds '気温:[285 TO 286 K]' "$a"
finds '気温:[300 TO 302 K]' "$b"
finds 'air_temperature:[26 TO 27 °C]' "$b"
finds '"air temperature":[78 TO 80 °F]' "$b"
finds 'temperature:[15 TO 16]' "$a" "$c"
finds 'temperature:[15 TO 16 °C]' "$a"
finds 'mass:[1 TO 2 kg]' "$c"
finds 'mass:[2 TO 3 kg]'
finds 'wind_speed:[20 TO 30 km/h]' "$a"
finds 'place:Okinawa' "$b"
finds 'place:Japan' "$a" "$b"
finds 'bbox:141,43,142,44' "$a"
finds 'bbox:170,-50,-170,50'
finds 'time:[2004-07-02 TO 2004-12-31]' "$b"
finds 'NOT place:Japan' "$c"
finds 'unit:degC' "$a"
finds 'unit:K' "$b"
finds 'concept:air_temperature' "$a" "$b"
finds 'concept:qk:Temperature' "$a" "$b" "$c"
finds 'variable:"air temperature"' "$a" "$b"
finds 'format:text/csv' "$a" "$b" "$c"
req GET '/api/records' -G --data-urlencode 'q=temperature:[1 TO 2 parsnips]'
problem 400 'a unit nobody knows is named'

# What was read is shown: with units, SI and proposed concepts.
ok_status 200 GET "/api/records/$a/variables"
ok_json '.hits.hits | map(select(.unit == "℃")) | .[0] | .ucum == "Cel" and (.qudt | endswith("/DEG_C")) and .si.min == 285.65 and .si.unit == "K"' 'a unit has its codes and SI bounds'
ok_json '.hits.hits | map(select(.unit == "℃")) | .[0].concepts[0] | .id == "air_temperature" and .how == "exact" and .score == 1 and .program and .version' 'a concept is proposed, with who says so and how sure'
ok_json '.time.start == "1991-07-01T00:00:00Z" and .geo.places[0].id == "JP-01"' 'time and place are told'
ok_status 200 GET "/records/$a" -H 'Accept: application/ld+json'
ok_json '.variableMeasured | map(select(.unitCode == "Cel")) | .[0].propertyID | test("air_temperature")' 'schema.org carries unit code and concept'
req GET "/records/$a/export/croissant"
ok_json '.variableMeasured | map(select(.unitCode == "http://qudt.org/vocab/unit/DEG_C")) | length == 1' 'Croissant carries the unit'

# A person decides; the word stays with the record, and what was rejected does not come back.
name=$(req GET "/api/records/$a/variables"; pick '.hits.hits[] | select(.unit == "℃") | .name')
iri='http://vocab.nerc.ac.uk/standard_name/air_temperature/'
api POST "/api/records/$a/draft"
decide() { jq -n --arg v "$name" --arg i "$1" --arg d "$2" '{variable: $v, iri: $i, decision: $d}'; }
ok_status 200 POST "/api/records/$a/draft/variables/decisions" -H 'Content-Type: application/json' -d "$(decide "$iri" rejected)"
ok_status 200 POST "/api/records/$a/draft/variables/decisions" -H 'Content-Type: application/json' -d "$(decide http://vocab.nerc.ac.uk/standard_name/surface_temperature/ confirmed)"
ok_status 400 POST "/api/records/$a/draft/variables/decisions" -H 'Content-Type: application/json' -d "$(decide "$iri" perhaps)"
ok_status 400 POST "/api/records/$a/draft/variables/decisions" -H 'Content-Type: application/json' -d "$(decide javascript:x confirmed)"
api POST "/api/records/$a/draft/actions/publish"
ok_status 200 GET "/api/records/$a/variables"
ok_json '.hits.hits | map(select(.unit == "℃")) | .[0].concepts | length == 1 and .[0].id == "surface_temperature" and .[0].decision == "confirmed" and (.[0].at | length == 20) and .[0].by == null' 'the confirmed concept stands alone'
ok_status 200 GET "/api/records/$a" -H 'Accept: application/vnd.azekura.v1+json'
ok_json '[.variables[0].concepts[] | .decision] | sort == ["confirmed", "rejected"]' 'both words stand in the record'
ok_json '[.. | objects | select(has("decision")) | .by] | all(. == null)' 'the world is not told who'
redecided() { req GET '/api/records' -G --data-urlencode 'q=concept:air_temperature'; [ "$(pick '.hits.total')" = 1 ]; }
ok 'search follows the decision' wait_until 30 redecided
finds 'concept:surface_temperature' "$a"

# The form of the search page says the same without the language.
ok_status 200 GET '/search?var=temperature&min=280&max=300&in=K&from=1990&until=2000&place=Hokkaido'
like "$(body)" "/records/$a\"" 'the form finds the station'
unlike() { if grep -qE -- "$2" <<<"$1"; then fail "$3"; else pass "$3"; fi; }
unlike "$(body)" "/records/$b\"" 'and not the other one'
ok_status 400 GET '/search?var=temperature&min=280&in=parsnips'
ok_status 200 GET '/api/records?var=temperature&min=280&max=300&in=K&place=Hokkaido'
ok_json '.hits.total == 1' 'the API takes the fields of the form too'

# What a file holds that not everybody may read is found by nobody.
d=$(deposit "$T/naha" --title 'Closed station' --access restricted)
if [ -n "$d" ]; then
	closed_read() { req GET "/api/records/$d/status"; [ "$(pick .extracted)" = true ]; }
	ok 'the closed one is read' wait_until 60 closed_read
	owner_sees() { req GET "/api/records/$d/variables"; [ "$(pick '.hits.total')" = 4 ]; }
	ok 'its owner is shown the variables' wait_until 30 owner_sees
	TOKEN='' finds 'place:Okinawa' "$b"
	TOKEN='' finds 'air_temperature:[300 TO 301 K]' "$b"
	TOKEN=''; req GET "/api/records/$d/variables"
	isnt "$STATUS" 200 'its variables are not shown to strangers'
fi
done_testing
