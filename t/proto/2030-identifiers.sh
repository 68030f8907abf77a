#!/bin/bash
# People, organisations, instruments and other things with an identifier: a page and an answer of the API with the records that name them, for who may see these.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
printf '[{"id":"https://ror.org/02kpeqv85","status":"active","names":[{"value":"Kyoto University","lang":"en","types":["ror_display","label"]},{"value":"京都大学","lang":"ja","types":["label"]}]}]\n' >"$T/ror.json"
"$AZEKURA" admin vocab load "$T/ror.json" --name ror --data "$DATA" >/dev/null
start_server || exit 1
TOKEN=$(token alice depositor)
rec() { publish_record "{\"metadata\":{\"title\":\"$1\",\"creators\":[{\"person_or_org\":{\"type\":\"personal\",\"family_name\":\"Carberry\",\"given_name\":\"Josiah\",\"identifiers\":[{\"scheme\":\"orcid\",\"identifier\":\"0000-0002-1825-0097\"}]},\"affiliations\":[{\"id\":\"02kpeqv85\",\"name\":\"Kyoto\"}]}],\"related_identifiers\":[{\"identifier\":\"10.1234/INST.1\",\"scheme\":\"doi\",\"relation_type\":{\"id\":\"iscompiledby\"}}]},\"access\":{\"record\":\"$2\",\"files\":\"$2\"}}"; }
one=$(rec One public); two=$(rec Two restricted)
isnt "$one$two" '' 'two records'
ok_status 200 GET /api/identifiers/orcid/0000-0002-1825-0097
ok_json '.kind == "person" and .uri == "https://orcid.org/0000-0002-1825-0097" and .hits.total == 2 and (.hits.hits[0].roles == ["creator"]) and (.title.en | test("Carberry"))' 'a person by ORCID, with a name from a record'
ok_status 200 GET "$(pick .links.self_html)"; like "$(body)" 'Carberry.*One' 'and a page'
ok_status 200 GET /api/identifiers/ROR/02kpeqv85; ok_json '.title.ja == "京都大学" and .kind == "organization"' 'an organisation by ROR, with its name from the loaded list'
v=$(pick .links.vocabulary); ok_status 200 GET "$v"; ok_json '.uri == "https://ror.org/02kpeqv85"' 'which it links to'
ok_status 200 GET /api/identifiers/doi/10.1234/inst.1; ok_json '.hits.hits[0].roles == ["IsCompiledBy"]' 'a thing by DOI, slash and case as they come'
ok_status 200 GET "/records/$one"; like "$(body)" '/identifiers/ORCID/0000-0002-1825-0097' 'the landing page leads there'
TOKEN=
ok_status 200 GET /api/identifiers/ORCID/0000-0002-1825-0097; ok_json '.hits.total == 1 and .hits.hits[0].title == "One"' 'what others may not see names nothing'
ok_status 404 GET /api/identifiers/ORCID/0000-0001-5109-3700; problem 404 'an unknown identifier is not there'
ok_status 404 GET /identifiers/ORCID/x
done_testing
