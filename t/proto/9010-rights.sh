#!/bin/bash
# Every route that the server tells of, with every role, against what belongs to somebody else: it looks as if it were not there, and nothing leaks.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) bob=$(token bob depositor) root=$(token root admin)
secret=Geheimnis
printf 'col\n%s-bytes\n' "$secret" >"$T/secret.csv"

TOKEN=$alice
draft=$(new_draft "{\"metadata\":{\"title\":\"$secret draft\"}}")
put_file "$draft" "$secret.csv" "$T/secret.csv"
private=$(new_draft "{\"metadata\":{\"title\":\"$secret record\"},\"access\":{\"record\":\"restricted\",\"files\":\"restricted\"}}")
put_file "$private" "$secret.csv" "$T/secret.csv"
private=$(publish_draft "$private")
api POST "/api/records/$private/draft"
parent=$(pick .parent.id)
b64() { printf %s "$1" | base64 -w0; }
req POST /api/uploads -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 10' -H "Upload-Metadata: record $(b64 "$draft"),key $(b64 "$secret.up")"
is "$STATUS" 201 'alice has an upload under way'
upload=$(basename "$(header location)")
TOKEN=$root
api POST /api/admin/fsck '{}'
job=$(pick .id)
gone_from_queue() { req GET "/api/jobs/$job"; [ "$(pick .state)" = done ]; }
ok 'the administrator has a job' wait_until 20 gone_from_queue
ok 'search has read them' wait_until 10 indexed "$private"
TOKEN=$alice
ok_status 200 GET "/api/records/$draft/draft"
before=$(header etag)

TOKEN=''
req GET /api/openapi.json
jq -r '.paths | to_entries[] | .key as $p | .value | keys[] | "\(.) \($p)"' "$BODY" >"$T/routes"
ok 'the server tells of at least fifty routes' test "$(wc -l <"$T/routes")" -ge 50

# fill PATH RECORD: the path with the owner's identifiers in it
fill() {
	local p=$1
	case $p in
	/api/uploads/*) p=${p//\{id\}/$upload} ;;
	/api/communities/*) p=${p//\{slug\}/none} ;;
	/api/vocabularies/*) p=${p//\{name\}/none} p=${p//\{id\}/none} ;;
	esac
	p=${p//\{id\}/$2} p=${p//\{no\}/$job} p=${p//\{op\}/token.list}
	p=${p//\{format\}/datacite} p=${p//\{kind\}/zip} p=${p//\{path\}/$secret.csv} p=${p//\{key\}/$secret.csv${3:-}}
	printf '%s' "$p"
}
attack() { # ROLE METHOD PATH -> STATUS, and looks for leaks
	local how=(-H 'Tus-Resumable: 1.0.0' -H 'Upload-Offset: 0' -H 'Upload-Length: 5' -H "Upload-Metadata: record $(b64 "$draft"),key $(b64 x)")
	case $2 in
	patch) how+=(-H 'Content-Type: application/offset+octet-stream' --data-binary 'xxxxx') ;;
	put|post|delete) how+=(-H 'Content-Type: application/json' --data-binary '{"reason":"mine now","communities":[],"metadata":{"title":"Mine"}}') ;;
	esac
	req "${2^^}" "$3" "${how[@]}" --compressed
	if grep -aqi "$secret" "$BODY" "$HEAD"; then leaks="$leaks $1:$2:$3"; fi
	case $STATUS in 5??|000) wrong="$wrong $1:$2:$3=$STATUS" ;; esac
	case $(header content-type) in application/problem+json*|text/html*) ;; *) case $STATUS in 4??) untyped="$untyped $1:$2:$3" ;; esac ;; esac
	[ "$(header x-content-type-options)" = nosniff ] || sniffed="$sniffed $1:$2:$3"
}
leaks='' wrong='' untyped='' sniffed='' n=0
for role in anonymous bob; do
	TOKEN=''; [ "$role" = bob ] && TOKEN=$bob
	while read -r method path; do
		[ "$method $path" = 'get /api/events' ] && continue
		for id in $draft $private $parent; do
			for verb in '' /content /commit; do
				case $path in *'{key}') ;; *) [ -z "$verb" ] || continue ;; esac
				attack $role "$method" "$(fill "$path" "$id" $verb)"
				n=$((n + 1))
				# What names something of alice's or the administrator's is refused, always.
				case $path in
				*'{id}'*|*'{no}'*|*'{op}'*)
					case $STATUS in 401|403|404) ;; *) wrong="$wrong $role:$method:$(fill "$path" "$id" $verb)=$STATUS" ;; esac ;;
				esac
			done
			case $path in *'{id}'*) ;; *) break ;; esac
		done
	done <"$T/routes"
	for path in "/search?q=$secret" "/api/records?q=$secret&allversions=true" '/api/user/records?all=1' '/oai?verb=ListRecords&metadataPrefix=oai_dc' "/records/$draft?preview=1" \
	    "/records/$private?preview=1" "/api/records?q=col" "/api/jobs?before=999999" "/api/records/$draft"; do
		req GET "$path" -H 'Accept-Language: ja'
		# The words that were asked for are shown again; the titles must not be.
		if grep -aqi "$secret \(draft\|record\)\|$secret-bytes\|$secret.csv\|$private" <(sed "s/preview=1//" "$BODY"); then leaks="$leaks $role:$path"; fi
	done
done
diag "$n requests"
is "$wrong" '' 'what is another'\''s is refused as if it were not there'
is "$leaks" '' 'no answer holds a word of it'
is "$untyped" '' 'every refusal is a problem document or a page'
is "$sniffed" '' 'every answer says nosniff'

# The difference between "is not" and "not yours" cannot be seen.
TOKEN=$bob
same() { # PATH-OF-ALICE PATH-OF-NOBODY NAME
	local a
	req GET "$1"; a="$STATUS $(jq -cS . "$BODY")"
	req GET "$2"; is "$STATUS $(jq -cS . "$BODY")" "$a" "$3"
}
same "/api/records/$draft/draft" "/api/records/zzzzz-zzzzz/draft" "another's draft and no draft look alike"
same "/api/records/$private" "/api/records/zzzzz-zzzzz" "another's private record and none look alike"
same "/api/records/$draft/draft/files/$secret.csv" "/api/records/zzzzz-zzzzz/draft/files/x" "so do files"
same "/api/jobs/$job" "/api/jobs/99999999" 'so do jobs'
req DELETE "/api/uploads/$upload" -H 'Tus-Resumable: 1.0.0'; a="$STATUS $(jq -cS . "$BODY")"
req DELETE "/api/uploads/00000000000000000000000000000000" -H 'Tus-Resumable: 1.0.0'; is "$STATUS $(jq -cS . "$BODY")" "$a" 'so do uploads'

# Nothing of alice's moved.
TOKEN=$alice
ok_status 200 GET "/api/records/$draft/draft"
is "$(header etag)" "$before" 'the draft is as it was'
ok_status 200 GET "/api/records/$draft/draft/files/$secret.csv/content"
ok 'its file too' cmp -s "$BODY" "$T/secret.csv"
ok_status 200 GET "/api/records/$private"
req HEAD "/api/uploads/$upload" -H 'Tus-Resumable: 1.0.0'
is "$STATUS $(header upload-offset)" '200 0' 'the upload stands where it stood'

# What an owner may not set: it is computed, whatever is sent.
bobs=$(TOKEN=$bob; new_draft '{"id":"aaaaa-bbbbb","pids":{"oai":{"identifier":"oai:x:y"}},"parent":{"id":"ccccc-ddddd","access":{"owned_by":{"user":"1"}}},"created":"1999-01-01T00:00:00Z","is_published":true,"revision_id":77,"versions":{"index":9},"state":"published"}')
isnt "$bobs" aaaaa-bbbbb 'an identifier cannot be chosen'
TOKEN=$bob
ok_status 200 GET "/api/user"
me=$(pick .id)
ok_status 200 GET "/api/records/$bobs/draft"
ok_json ".parent.access.owned_by.user == \"$me\" and .parent.id != \"ccccc-ddddd\" and .is_published == false and .versions.index == 1" 'nor an owner, a parent, a state, a version'
ok_json '(.created | startswith("1999") | not) and .revision_id < 77' 'nor dates and revisions'
req PUT "/api/records/$bobs/draft" -H 'Content-Type: application/vnd.azekura.v1+json' --data '{"titles":[{"value":"x"}],"owner":1,"state":"published","id":"aaaaa-bbbbb","parent":{"access":{"owned_by":{"user":"1"}}}}'
ok_status 200 GET "/api/records/$bobs/draft"
ok_json ".id == \"$bobs\" and .parent.access.owned_by.user == \"$me\" and .is_published == false" 'in the lossless form neither'
TOKEN=$alice ok_status 404 GET "/api/records/$bobs/draft"

# A newer version that is private hides nothing but itself.
TOKEN=$alice
public=$(publish_record '{"metadata":{"title":"Seen by all"}}')
api POST "/api/records/$public/versions"
hidden=$(pick .id) concept=$(pick .parent.id)
api PUT "/api/records/$hidden/draft" "$(jq -cn --argjson a "$LIB_MINIMAL" '$a * {"access": {"record": "restricted", "files": "restricted"}, "files": {"enabled": false}}')"
publish_draft "$hidden" >/dev/null
for TOKEN in '' "$bob"; do
	ok_status 302 GET "/api/records/$concept"
	like "$(header location)" "/api/records/$public\$" 'the concept leads to the newest version that this reader may see'
	ok_status 302 GET "/api/records/$public/versions/latest"
	like "$(header location)" "/api/records/$public\$" 'and so does latest'
done
TOKEN=$alice ok_status 302 GET "/api/records/$concept"
like "$(header location)" "/api/records/$hidden\$" 'its owner is led to it'

# A token taken back is of no use at once, and a broken one is not anonymous.
TOKEN=$root
api POST /api/admin/token.list '{"user":"bob"}'
digits=$(jq -r '[.. | objects | select(has("token")) | .token][0]' "$BODY")
api POST /api/admin/token.revoke "{\"token\":\"$digits\"}" || diag "$(body)"
TOKEN=$bob ok_status 401 GET /api/user
TOKEN=$bob ok_status 401 GET /api/records
TOKEN=azk_nonsense ok_status 401 GET /api/records
problem 401 'a bad token is told as a problem'
done_testing
