#!/bin/bash
# azekura admin vocab on the folder and through the socket; the routes of loaded and shipped vocabularies; a load that is killed.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
run() { OUT=$("$AZEKURA" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
vocab() { run admin vocab "$@" --data "$DATA"; }
cat >"$T/Animals.ttl" <<'TTL'
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix e: <http://example.org/animals/> .
e:scheme a skos:ConceptScheme ; <http://purl.org/dc/terms/title> "Animals" .
e:a a skos:Concept ; skos:prefLabel "animal"@en, "動物"@ja .
e:b a skos:Concept ; skos:prefLabel "bird"@en, "鳥類"@ja ; skos:altLabel "fowl"@en ; skos:broader e:a ; skos:exactMatch <http://example.com/bird> .
e:c a skos:Concept ; skos:prefLabel "red-crowned crane"@en, "丹頂鶴"@ja ; skos:broader e:b .
TTL
printf 'id,label\n' >"$T/empty.csv"

both() {	# WHERE
	vocab load "$T/Animals.ttl" --json
	is "$RC $(jq -c '[.id, .concepts, .labels.ja, .links, .format, .title]' <<<"$OUT")" '0 ["animals",3,3,2,"turtle","Animals"]' "$1: a file is loaded under its own name"
	vocab load "$T/Animals.ttl" --name zoo; like "$RC $OUT" '^0 .*labels +en 3, ja 3' "$1: or another, and its counts are told"
	vocab list; is "$RC $(grep -c ' concepts ' <<<"$OUT")" '0 2' "$1: both are listed"
	vocab show zoo --json; is "$(jq -c '.labels' <<<"$OUT")" '{"en":3,"ja":3}' "$1: one is shown"
	vocab load "$T/empty.csv" --name zoo; like "$RC $ERR" '^1 .*stays as it was' "$1: nothing does not replace something"
	echo 'hello' >"$T/hello"; vocab load "$T/hello" --name zoo; like "$RC $ERR" '^1 .*not Turtle' "$1: what is no vocabulary is refused with a reason"
	vocab load "$T/none.ttl"; isnt "$RC" 0 "$1: so is what is not there"
	vocab load "$T/Animals.ttl" --name resource_types; like "$RC $ERR" '^[0-9]+ .*brings' "$1: shipped ones are not replaced"
	vocab load "$T/Animals.ttl" --name 'A B'; isnt "$RC" 0 "$1: names are plain"
	vocab show zoo --json; is "$(jq .concepts <<<"$OUT")" 3 "$1: after all that the old one stands"
	vocab remove zoo; is "$RC" 0 "$1: one is removed"; vocab remove zoo; isnt "$RC" 0 "$1: but not twice"
}
both folder
start_server || exit 1
both socket

# --- routes ---
ok_status 200 GET /api/vocabularies; ok_json '[.hits.hits[].id] | contains(["resource_types", "animals"])' 'shipped and loaded ones stand in one list'
ok_status 200 GET '/api/vocabularies/animals?q=fow'; ok_json '.hits.hits | length == 1 and .[0].id == "b" and .[0].title.ja == "鳥類"' 'the beginning of an alternative label finds'
ok_status 200 GET '/api/vocabularies/animals?suggest=crane'; ok_json '.hits.hits[0].title.en == "red-crowned crane"' 'so does the beginning of a word'
req GET "/api/vocabularies/animals?q=$(printf 頂鶴 | jq -sRr @uri)"; ok_json '.hits.hits[0].id == "c"' 'and two characters within Japanese'
ok_status 200 GET '/api/vocabularies/animals?q=animal&lang=ja'; ok_json '.hits.hits[0].title == {"ja": "動物"}' 'lang chooses the label'
ok_status 200 GET /api/vocabularies/animals/b
ok_json '.uri == "http://example.org/animals/b" and .broader[0].id == "a" and .narrower[0].id == "c" and .exactMatch == ["http://example.com/bird"] and .alternatives.en == ["fowl"]' 'a concept has its neighbours'
self=$(pick .narrower[0].links.self); ok_status 200 GET "$self"; ok_json '.title.ja == "丹頂鶴"' 'whose links lead to them'
ok_status 200 GET "/api/vocabularies/animals/http:%2F%2Fexample.org%2Fanimals%2Fb"; ok_json '.id == "b"' 'an address resolves too'
ok_status 404 GET /api/vocabularies/animals/none; problem 404 'what is not there is not there'
ok_status 200 GET '/api/vocabularies/animals?size=2'; ok_json '.hits.total == 3 and (.hits.hits | length) == 2' 'browsing'
ok_status 200 GET "$(pick .links.next)"; ok_json '[.hits.hits[].id] == ["c"] and (.links | has("next") | not)' 'goes on by the cursor, to the end'
ok_status 200 GET '/api/vocabularies/languages?q=Japanese'; ok_json '.hits.hits[0].id == "jpn" and .hits.hits[0].title.ja == "日本語"' 'shipped ones answer alike'
ok_status 200 GET '/api/vocabularies/resource_types?size=2'; ok_json '.links.next != null' 'and are browsed alike'

# --- part of a backup, of a rebuilt catalogue, of a restart ---
run admin backup --to "$T/copy" --data "$DATA"; is "$RC" 0 'a backup'
DATA=$T/copy; vocab show animals --json; is "$(jq .concepts <<<"$OUT")" 3 'holds the vocabulary'; DATA=$T/data
stop_server; run admin rebuild --data "$DATA"; is "$RC" 0 'rebuilt'
start_server; ok_status 200 GET /api/vocabularies/animals/b; stop_server

# --- killed at some moments of a load ---
python3 "$SRC/bench/make_ror.py" 6000 >"$T/ror.json"; python3 "$SRC/bench/make_ror.py" 500 7 >"$T/small.json"
vocab load "$T/small.json" --name orgs --json; is "$(jq .concepts <<<"$OUT")" 500 'five hundred organisations'
kept=0
for wait in 0.05 0.2 0.5 0.9; do
	"$AZEKURA" admin vocab load "$T/ror.json" --name orgs --data "$DATA" >/dev/null 2>&1 & pid=$!
	sleep "$wait"; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
	vocab show orgs --json; n=$(jq .concepts <<<"$OUT"); [ "$n" = 500 ] || [ "$n" = 6000 ] && kept=$((kept + 1))
	[ "$n" = 6000 ] && vocab load "$T/small.json" --name orgs
done
is "$kept" 4 'a killed load leaves the old one or, when it was done, the new one'
vocab load "$T/ror.json" --name orgs --json; is "$RC $(jq -c '[.concepts, .format]' <<<"$OUT")" '0 [6000,"ror"]' 'and the next one succeeds'
start_server; org=$(jq -r '.[5].id' "$T/ror.json"); ok_status 200 GET "/api/vocabularies/orgs/${org##*/}"; ok_json ".uri == \"$org\" and .props.kind == \"organization\"" 'an organisation by the end of its address'
done_testing
