#!/bin/bash
# azekura deposit: what describes a folder, what is missing, what cannot go in, new versions.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
az() { "$AZEKURA" --server "$BASE" --token "$TOKEN" "$@"; }
# Run azekura; OUT, ERR and RC tell what came of it.
run() { OUT=$(az "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
canonical() { curl -sS -H "Authorization: Bearer $TOKEN" -H 'Accept: application/vnd.azekura.v1+json' "$BASE/api/records/$1" >"$BODY"; }

# --- defaults, told exactly ---
mkdir -p "$T/rain data/sub"; echo 'a,b' >"$T/rain data/x.csv"; echo hi >"$T/rain data/sub/y.txt"
run deposit "$T/rain data" --publish --json
is "$RC" 0 'a bare folder is published'
id=$(jq -r .id <<<"$OUT")
is "$(jq -c .defaulted <<<"$OUT")" '["titles","creators","publisher","dates","resourceType","accessRights","rights"]' 'defaulted names exactly what was filled in'
is "$(jq -c '[.published, .files.count, .files.sent, .warnings, (.parent.id | length), (.links.self | length > 0), (.links.self_html | length > 0)]' <<<"$OUT")" \
	'[true,2,2,[],11,true,true]' 'one JSON object tells what a script needs'
is "$(wc -c <<<"$ERR")" 1 'and nothing is said beside it'
canonical "$id"
ok_json '.titles[0].value == "rain data" and .creators[0].names[0].value == "alice" and .publisher.names[0].value == "Azekura"' 'title, creator and publisher are what DESIGN says'
ok_json '.resourceType.label == "dataset" and .rights[0].values[0].value == "No licence stated" and (.accessRights.coar | endswith("c_abf2"))' 'so are type, rights and access'
ok_json ".dates == [{\"type\": \"Issued\", \"value\": \"$(date -u +%F)\"}]" 'and the date is today'

run deposit "$T/rain data" --strict --json
is "$RC $(jq -c .missing <<<"$OUT")" '3 ["titles","creators","publisher","dates","resourceType","accessRights","rights"]' '--strict fails with 3 and lists the missing paths'
like "$ERR" 'titles' '--strict tells people, too'
is "$(az --json status | jq '.hits.total')" 0 'and no draft was made'

# --- options ---
run deposit "$T/rain data" --title 'Own title' --creator 'Tanaka, Taro' --creator 'Sato, Hana' --license CC-BY-4.0 --access restricted --publish --json
canonical "$(jq -r .id <<<"$OUT")"
ok_json '.titles[0].value == "Own title" and [.creators[].names[0].value] == ["Tanaka, Taro", "Sato, Hana"]' 'options give title and creators'
ok_json '.rights[0].spdx == "CC-BY-4.0" and (.accessRights.coar | endswith("c_16ec"))' 'and licence and access'
is "$(jq -c .defaulted <<<"$OUT")" '["publisher","dates","resourceType"]' 'what was said is not defaulted'
for word in open:c_abf2 closed:c_14cb embargoed:2099-12-31:c_f1cf; do
	run deposit "$T/rain data" --restart --access "${word%:*}" --publish --json
	canonical "$(jq -r .id <<<"$OUT")"
	ok_json ".accessRights.coar | endswith(\"${word##*:}\")" "--access ${word%:*}"
done
ok_json '.accessRights.embargoEnd == "2099-12-31" and any(.dates[]; .type == "Available" and .value == "2099-12-31")' 'an embargo says its end'
for word in embargoed embargoed:2099-13-01 embargoed:soon open:2099-01-01 everybody ''; do
	run deposit "$T/rain data" --access "$word"
	is "$RC ${ERR%%:*}" '1 azekura' "--access '$word' is refused"
done
run deposit "$T/rain data" --license CC-BY-5.0
like "$RC $ERR" '^1 .*CC-BY-5.0.*SPDX' 'an unknown licence is refused'
run deposit "$T/rain data" --jobs 0; is "$RC" 2 '--jobs 0 is wrong use'
run deposit "$T/rain data" --tilte x; like "$RC $ERR" "^2 .*did you mean '--title'" 'a mistyped option is told'
run deposit; is "$RC" 2 'no folder is wrong use'
run deposit "$T/none"; like "$RC $ERR" "^1 .*there is no '" 'a folder that is not there is told'
mkdir "$T/empty"; run deposit "$T/empty"; like "$RC $ERR" '^1 .*nothing to deposit' 'an empty folder is told'
run --quiet deposit "$T/rain data"; is "$RC$OUT$ERR" 0 '--quiet says nothing'
run deposit "$T/rain data" --title T; like "$OUT" 'azekura publish' 'people are told what comes next'
run deposit "$T/rain data/x.csv" --publish --json; is "$(jq -r .files.count <<<"$OUT")" 1 'one file is a dataset'

# --- --from ---
canonical "$id"; jq '{titles: [{value: "From canonical", lang: "en"}, {value: "正準形から", lang: "ja"}], creators: [{nameType: "Personal", names: [{value: "Suzuki, Ichiro"}],
	nameIdentifiers: [{scheme: "ORCID", value: "0000-0002-1825-0097"}]}]}' "$BODY" >"$T/canonical.json"
run deposit "$T/rain data" --restart --from "$T/canonical.json" --publish --json
canonical "$(jq -r .id <<<"$OUT")"
ok_json '.titles[1].value == "正準形から" and .creators[0].nameIdentifiers[0].value == "0000-0002-1825-0097"' '--from takes the canonical form'
jq -n '{metadata: {title: "From InvenioRDM", publication_date: "2025-05-05", publisher: "Elsewhere", resource_type: {id: "dataset"},
	creators: [{person_or_org: {type: "personal", family_name: "Ito", given_name: "Jun", identifiers: [{scheme: "orcid", identifier: "0000-0002-1825-0097"}]}}]}}' >"$T/rdm.json"
run deposit "$T/rain data" --restart --from "$T/rdm.json" --publish --json
canonical "$(jq -r .id <<<"$OUT")"
ok_json '.titles[0].value == "From InvenioRDM" and .creators[0].familyNames[0].value == "Ito" and .publisher.names[0].value == "Elsewhere"' "--from takes InvenioRDM's form"
is "$(jq -c '.defaulted | index("dates", "titles", "publisher", "resourceType")' <<<"$OUT" | sort -u)" null 'what the file says is not defaulted'
echo '{"titles": [' >"$T/bad.json"; run deposit "$T/rain data" --from "$T/bad.json"
like "$RC $ERR" '^1 .*bad\.json.*line' 'a broken --from says where it broke'
echo '{"titles": 7}' >"$T/bad.json"; run deposit "$T/rain data" --from "$T/bad.json"; like "$RC $ERR" '^1 .*titles: ' 'a --from of the wrong kind is refused by path'

# --- description files ---
mkdir "$T/described"; cd "$T/described" || exit 99
echo 1 >data.csv
cat >CITATION.cff <<'X'
cff-version: 1.2.0
title: Title of the citation
type: dataset
license: CC-BY-4.0
authors:
  - family-names: Curie
    given-names: Marie
    orcid: https://orcid.org/0000-0002-1825-0097
X
echo '{"titles":[{"title":"Title of datacite.json"}],"publisher":"A publisher","publicationYear":"2021","types":{"resourceTypeGeneral":"Dataset"},"rightsList":[{"rightsIdentifier":"CC0-1.0"}]}' >datacite.json
printf '# Title of the README\n\nWords about it.\n' >README.md
echo '{"name": "broken' >croissant.json
cd / || exit 99
run deposit "$T/described" --publish --json
canonical "$(jq -r .id <<<"$OUT")"
ok_json '.titles[0].value == "Title of datacite.json" and .publisher.names[0].value == "A publisher" and .rights[0].spdx == "CC0-1.0"' 'the better description wins'
ok_json '.creators[0].nameIdentifiers[0].value == "0000-0002-1825-0097"' 'another one gives what it lacks, with the ORCID'
like "$(jq -r '.warnings[]' <<<"$OUT")" 'croissant\.json' 'a broken description is a warning'
like "$(jq -r '.warnings[]' <<<"$OUT")" 'CITATION\.cff' 'so is one that says otherwise'
is "$(jq -c .defaulted <<<"$OUT")" '["accessRights"]' 'what the files say is not defaulted'
is "$(jq .files.count <<<"$OUT")" 5 'and all of them are files of the dataset'
run deposit "$T/described" --restart --title 'Said by hand' --json
canonical "$(jq -r .id <<<"$OUT")/draft"; ok_json '.titles[0].value == "Said by hand"' 'an option stands above every file'

# --- new versions ---
one=$(deposit "$T/rain data" --restart); echo more >>"$T/rain data/x.csv"; rm "$T/rain data/sub/y.txt"; echo new >"$T/rain data/new.txt"; head -c 3000000 /dev/urandom >"$T/rain data/big.bin"
two=$(deposit "$T/rain data" --new-version "$one")
echo tiny >"$T/rain data/tiny"
mark_counters
run deposit "$T/rain data" --new-version "$two" --publish --json
three=$(jq -r .id <<<"$OUT")
is "$(jq .files.sent <<<"$OUT")" 1 'a new version sends the new file only'
ok 'and not the bytes of the others' test "$(lib_gain received_bytes)" -lt 100000
is "$(curl -sS "$BASE/api/records/$two/files" | jq -c '[.entries[].key]')" '["big.bin","new.txt","x.csv"]' 'a removed file is not in the new version'
is "$(curl -sS "$BASE/api/records/$three/files" | jq -c '[.entries[].key]')" '["big.bin","new.txt","tiny","x.csv"]' 'the new one is'
is "$(curl -sS "$BASE/api/records/$one/files" | jq -c '[.entries[].key]')" '["sub/y.txt","x.csv"]' 'the first version is what it was'
is "$(curl -sS "$BASE/api/records/$three/versions" | jq '.hits.total')" 3 'there are three versions'

# --- a file that changes, one that cannot be read ---
mkdir "$T/moving"; head -c 40000000 /dev/zero >"$T/moving/a.bin"; echo b >"$T/moving/b.txt"
(while :; do printf x | dd of="$T/moving/a.bin" bs=1 seek=$((RANDOM * 1000)) conv=notrunc 2>/dev/null; done) & writer=$!
run deposit "$T/moving" --publish --json
kill "$writer"; wait "$writer" 2>/dev/null
like "$RC $ERR" '^1 .*a\.bin.* changed while' 'a file that changes while it is sent stops the deposit by name'
is "$(az --json search moving | jq .hits.total)" 0 'and nothing was published'
run deposit "$T/moving" --publish --json
is "$RC $(curl -sS "$BASE/api/records/$(jq -r .id <<<"$OUT")/files/a.bin" | jq -r .checksum)" "0 sha256:$(sha256_of "$T/moving/a.bin")" 'when it is at rest the same command publishes it'
mkdir "$T/closed"; echo a >"$T/closed/a"; echo secret >"$T/closed/locked"; chmod 000 "$T/closed/locked"
chmod 755 "$T" "$T/closed"
if [ "$(id -u)" != 0 ]; then run deposit "$T/closed"; else
	mkdir -m 777 "$T/nobody"
	# The source tree may lie where nobody may look, as below /root.
	cp "$AZEKURA" "$T/azekura-nobody"; cp -r "$AZEKURA_SCHEMA" "$T/schema"; chmod -R a+rX "$T/schema" "$T/azekura-nobody"
	OUT=$(AZEKURA_SCHEMA=$T/schema HOME=$T/nobody XDG_CONFIG_HOME=$T/nobody AZEKURA_TOKEN=$TOKEN setpriv --reuid 65534 --regid 65534 --clear-groups "$T/azekura-nobody" --server "$BASE" deposit "$T/closed" 2>"$T/err"); RC=$?; ERR=$(cat "$T/err")
fi
like "$RC $ERR" "^1 .*cannot read '.*locked': Permission denied" 'a file that cannot be read stops the deposit by name'
done_testing
