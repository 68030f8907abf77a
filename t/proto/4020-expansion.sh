#!/bin/bash
# A search for a concept's label finds what carries a narrower concept, another label, another language; it says so, and quotes switch it off.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
cat >"$T/animals.ttl" <<'TTL'
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix e: <http://example.org/animals/> .
e:a a skos:Concept ; skos:prefLabel "animal"@en, "動物"@ja, "Tier"@de .
e:b a skos:Concept ; skos:prefLabel "bird"@en, "鳥類"@ja ; skos:altLabel "fowl"@en ; skos:broader e:a .
e:c a skos:Concept ; skos:prefLabel "red-crowned crane"@en, "丹頂鶴"@ja ; skos:broader e:b .
TTL
cat >"$T/names.csv" <<'CSV'
iri,label_en
http://example.org/animals/c,Grus japonensis
CSV
"$AZEKURA" admin vocab load "$T/animals.ttl" --data "$DATA" >/dev/null; "$AZEKURA" admin vocab load "$T/names.csv" --data "$DATA" >/dev/null
start_server || exit 1
TOKEN=$(token alice depositor)
record() { publish_record "{\"metadata\":{\"title\":\"$1\",\"subjects\":[{\"subject\":\"$2\"}],\"resource_type\":{\"id\":\"${3:-dataset}\"}}}"; }
one=$(record One 'fowl'); two=$(record Two '丹頂鶴'); three=$(record Three 'Grus japonensis'); four=$(record Four 'stones' publication-thesis); five=$(record Five 'Tier')
wait_until 20 indexed "$five" || fail 'the records are indexed'
found() { req GET "/api/records?size=50&q=$(printf %s "$1" | jq -sRr @uri)"; jq -r '[.hits.hits[].metadata.title] | sort | join(" ")' "$BODY" 2>/dev/null || pick '[.hits.hits[].metadata.title] | sort | join(" ")'; }
req GET /api/records; 
is "$(found animal)" 'One Three Two' 'a broad concept finds the narrower ones, in every label and vocabulary, but not other languages than English and Japanese'
is "$(found 動物)" 'One Three Two' 'so does its label in the other language'
is "$(found '"animal"')" '' 'quotes mean these words alone'
is "$(found 'subject:"red-crowned crane"')" 'Three Two' 'behind subject: a label of several words needs them'
is "$(found 'red-crowned crane')" 'Three Two' 'elsewhere it does not'
is "$(found 'title:animal')" '' 'other fields are left as they are'
is "$(found 'stones -animal')" 'Four' 'what is excluded is excluded as written'
is "$(found 'bird Two')" 'Two' 'words beside it still count'
is "$(found 学位論文)" 'Four' 'a label of a type, by the shipped thesaurus'
req GET "/api/records?q=animal"; ok_json '.expansions[0].text == "animal" and (.expansions[0].also | contains(["動物", "fowl", "丹頂鶴", "Grus japonensis"])) and (.expansions[0].also | index("Tier") == null)' 'the answer says what was asked for too'
req GET '/api/records?q=%22animal%22'; ok_json 'has("expansions") | not' 'and nothing when nothing was'
done_testing
