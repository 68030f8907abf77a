#!/bin/bash
# What describes a folder fills its record: how much of it, over all real folders, with a source for each value; and a person's word for it.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
az() { "$AZEKURA" --server "$BASE" --token "$TOKEN" "$@"; }
creq() { curl -sS -H "Authorization: Bearer $TOKEN" -H 'Accept: application/vnd.azekura.v1+json' "$@"; }

has() { case $1 in *"$2"*) pass "$3" ;; *) fail "$3" "$1" ;; esac; }
lacks() { case $1 in *"$2"*) fail "$3" "$1" ;; *) pass "$3" ;; esac; }

# Leaves of a canonical record (on standard input) that have no entry.
untraced() {
	jq -r '[.assertions[]?.at | ltrimstr("/") | split("/")] as $at
		| del(.assertions, .id, .parent, .links, .versions, .state, .timestamps, .revision, .revision_id, .versionNumber, .oaiIdentifier, .filesTotal, .bytesTotal,
		      .is_published, .is_draft, .errors, .warnings, .schemaVersion)
		| [paths(scalars)] | map(map(tostring | gsub("~"; "~0") | gsub("/"; "~1"))) | map(select(. as $p | $at | any(. as $a | $p[0:($a | length)] == $a) | not))
		| .[] | join("/")'
}

# --- one folder, step by step ---
mkdir -p "$T/bay"
printf '# Water of the bay\n\nHourly temperature.\n' >"$T/bay/README.md"
printf '{"titles":[{"title":"Bay water, hourly"}],"creators":[{"name":"Joho, Taro"}],"types":{"resourceTypeGeneral":"Dataset"}}' >"$T/bay/datacite.json"
echo 'a,b' >"$T/bay/x.csv"
out=$(az --json deposit "$T/bay")
id=$(jq -r .id <<<"$out")
is "$(jq -r '.warnings[0]' <<<"$out")" "titles: 'Bay water, hourly' in datacite.json, 'Water of the bay' in README.md: the first is taken" 'a disagreement is told, with both values and files'
creq "$BASE/api/records/$id/draft" >"$BODY"
is "$(untraced <"$BODY")" '' 'every value of the draft has a source'
is "$(jq -c '[.assertions[] | select(.at == "/titles/0") | .by.reader, .source.path, .source.place]' "$BODY")" '["datacite-json","datacite.json","/titles/0/title"]' 'the title names its file and place'
is "$(jq -r '.assertions[] | select(.at == "/titles/0") | .source.sha256' "$BODY")" "$(sha256sum <"$T/bay/datacite.json" | cut -d' ' -f1)" 'and the file by its digest'
has "$(az show "$id" --provenance)" 'descriptions/0     Hourly temperature.: from README.md line 3 (prefill 1, 0.6)' 'show --provenance says it in words'

# --- an edit ends a proposal; a client cannot confirm for others ---
jq 'del(.errors, .warnings) | .titles[0].value = "My own" | .assertions[1].confirmed = {"by": "mallory", "at": "2026-01-01T00:00:00Z"}' "$BODY" >"$T/put.json"
creq -X PUT -H 'Content-Type: application/vnd.azekura.v1+json' --data-binary @"$T/put.json" "$BASE/api/records/$id/draft" >"$BODY"
is "$(jq -c '[.assertions[] | select(.at == "/titles/0")] | length' "$BODY")" 0 'a changed value is no proposal any more'
is "$(jq -c '[.assertions[] | select(.confirmed)] | length' "$BODY")" 0 'a forged confirmation is dropped'
creq -X POST "$BASE/api/records/$id/draft/actions/prefill" >"$BODY"
is "$(jq -r '.titles[0].value' "$BODY")" 'My own' 'prefill keeps what a person wrote'
has "$(jq -r '.warnings[].messages[0]' "$BODY")" "titles: 'My own' in the draft, 'Bay water, hourly' in its files: the draft is kept" 'and says where the files differ'
is "$(creq -o /dev/null -w "%{http_code}" -X POST -H "Content-Type: application/json" -d '{"at":"/titles/0"}' "$BASE/api/records/$id/draft/actions/confirm")" 400 "a word that is not understood confirms nothing"
has "$(az edit "$id" --confirm --at creators/0)" 'creators/0         Joho, Taro: from datacite.json /creators/0/name (prefill 1, 0.95), confirmed by alice on' 'a person confirms one value'
is "$(creq "$BASE/api/records/$id/draft" | jq -c '[.assertions[] | select(.confirmed)] | length')" 1 'and only that'
az --quiet publish "$id" --confirm
creq "$BASE/api/records/$id" >"$BODY"
is "$(jq -c '[(.assertions | length > 5), ([.assertions[] | select(.confirmed | not)] | length), ([.assertions[].confirmed.by] | unique)]' "$BODY")" '[true,0,[null]]' 'publication keeps all, confirmed; the world is not told by whom'
for f in oai_dc datacite schema-org azekura; do
	lacks "$(curl -sS "$BASE/records/$id/export/$f")" 'datacite.json /' "$f says nothing of it"
done
lacks "$(curl -sS "$BASE/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=$(jq -r .oaiIdentifier "$BODY")")" 'prefill' 'nor is it harvested'

curl -sS "$BASE/records/$id/export/ro-crate" >"$T/crate.json"
is "$(jq -c '[.["@graph"][] | select(.["@type"] == "CreateAction") | .name]' "$T/crate.json")" '["Metadata proposed from datacite.json","Metadata proposed from README.md","Metadata proposed"]' 'an RO-Crate tells the programs as actions'
is "$(jq -c '[.["@graph"][]["@id"]] as $ids | [.["@graph"][] | select(.["@id"] == "./" or (.["@type"] == "Dataset")) | .mentions[]?["@id"]] | [length, all(. as $x | $ids | any(. == $x))]' "$T/crate.json")" '[3,true]' 'that its root mentions'

# --- revisions, versions, rebuild ---
creq -X POST "$BASE/api/records/$id/draft" >"$T/draft.json"
is "$(jq -c '[.assertions[].confirmed.by] | unique' "$T/draft.json")" '["alice"]' 'a revision starts with them'
creq -X DELETE "$BASE/api/records/$id/draft" >/dev/null
is "$(creq -X POST "$BASE/api/records/$id/versions" | jq '.assertions | length > 3')" true 'so does a new version'
jq -S .assertions "$BODY" >"$T/before"
stop_server
ok 'the catalogue is built anew' "$AZEKURA" admin rebuild --data "$DATA"
start_server || exit 1
is "$(creq "$BASE/api/records/$id" | jq -S .assertions)" "$(cat "$T/before")" 'from the files, with the same entries'

# --- a browser that only uploads ---
id=$(creq -X POST -H 'Content-Type: application/json' -d '{"metadata":{}}' "$BASE/api/records" | jq -r .id)
creq -X PUT --data-binary @"$T/bay/README.md" "$BASE/api/records/$id/draft/files/README.md/content" >/dev/null
creq -X POST "$BASE/api/records/$id/draft/files/README.md/commit" >/dev/null
is "$(creq -X POST "$BASE/api/records/$id/draft/actions/prefill" | jq -c '[.titles[0].value, .assertions[0].source.place]')" '["Water of the bay","line 1"]' 'its draft is filled from what arrived'

# --- hostile descriptions ---
if [ -e "$SHARED/hostile/make_hostile.py" ]; then
	mkdir -p "$T/hostile"
	for kind in xml json; do python3 "$SHARED/hostile/make_hostile.py" "$T/hostile" --scale 0.02 --only "$kind" >/dev/null 2>&1; done
	n=0 bad=''
	for f in "$T"/hostile/xml/* "$T"/hostile/json/*; do
		[ -f "$f" ] || continue
		rm -rf "$T/one"; mkdir "$T/one"; cp "$f" "$T/one/datacite.${f##*.}"
		out=$(az --json deposit "$T/one" --restart 2>&1) && jq -e '.id' <<<"$out" >/dev/null || bad="$bad ${f##*/}"
		case $out in *'were not read'*) bad="$bad ${f##*/}(helper)" ;; esac
		n=$((n + 1))
	done
	is "$bad" '' "$n hostile descriptions: each deposit stands, and no helper died"
	out=$(cat /etc/passwd | head -1 | cut -d: -f1-3); lacks "$(az --json status)" "$out" 'and nothing of this machine came in'
fi

# --- all real folders: how much a machine fills ---
if [ -d "$SHARED/fixtures/datasets" ]; then
	printf '# %-38s %8s %8s %8s %8s\n' folder 'by files' machine 'to type' untraced
	folders=0 filled=0 machine=0 most=0 sum=0 lost=''
	for folder in "$SHARED"/fixtures/datasets/*/ "$SHARED"/fixtures/rde/run1/; do
		name=$(basename "$folder")
		id=$(az --json deposit "$folder" | jq -r .id)
		creq "$BASE/api/records/$id/draft" >"$BODY"
		left=$(untraced <"$BODY")
		[ -z "$left" ] || lost="$lost $name: $left"
		# The seven mandatory fields. Repository, day, kind and access follow from the deposit itself; title, people and terms are only guessed by a default.
		read -r files all type < <(jq -r '[["titles", false], ["creators", false], ["publisher", true], ["dates", true], ["resourceType", true], ["accessRights", true], ["rights", false]] as $m
			| . as $d | [$m[] | .[0] as $k | .[1] as $firm | [$d.assertions[]? | select(.at | startswith("/" + $k)) | .by.program] as $by
				| {files: ($by | any(. != "default")), firm: ($firm and ($by | length > 0))}]
			| "\(map(select(.files)) | length) \(map(select(.files or .firm)) | length) \(map(select((.files or .firm) | not)) | length)"' "$BODY")
		printf '# %-38s %8s %8s %8s %8s\n' "$name" "$files/7" "$all/7" "$type" "$(printf %s "$left" | grep -c .)"
		folders=$((folders + 1)); filled=$((filled + files)); machine=$((machine + all)); sum=$((sum + type))
		[ "$type" -le "$most" ] || most=$type
	done
	echo "# $folders folders: $((100 * filled / (7 * folders))) % of mandatory fields from files, $((100 * machine / (7 * folders))) % by machine; to type: at most $most, $((10 * sum / folders)) in ten folders"
	is "$lost" '' "100 % of the values proposed for $folders folders can be traced"
	ok '80 % or more of mandatory fields are filled by machine' test $((100 * machine / (7 * folders))) -ge 80
	ok 'a person types three fields or fewer' test "$most" -le 3
fi
done_testing
