#!/bin/bash
# Many at once: one wins, nobody else loses what was written, nothing is skipped or doubled.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor) carol=$(token carol curator)
TOKEN=$alice
rounds=${AZEKURA_ROUNDS:-25}

# together FILE: lines of curl arguments, all started at once; their status codes, sorted, on one line
together() {
	local i=0 pids=()
	while IFS= read -r line; do
		i=$((i + 1))
		# shellcheck disable=SC2086
		eval "curl -sS -g --max-time 60 -o '$T/out.$i' -w '%{http_code}\n' $line" >"$T/code.$i" 2>"$T/err.$i" &
		pids+=($!)
	done <"$1"
	wait "${pids[@]}"
	cat "$T"/code.* | sort | tr '\n' ' ' | sed 's/ $//'
	rm -f "$T"/code.*
}
auth() { printf -- "-H 'Authorization: Bearer %s'" "$1"; }

# One path, fifty contents.
id=$(new_draft '{"files":{"enabled":true}}')
for i in $(seq 50); do
	head -c $((100000 + i)) /dev/zero | tr "\\0" "$(printf %b "\\0$(printf %o $((48 + i % 10)))")" >"$T/c.$i"
	echo "$(auth "$alice") -X PUT -H 'Content-Type: application/octet-stream' -H 'Expect:' --data-binary @$T/c.$i $BASE/api/records/$id/draft/files/same.bin/content"
done >"$T/plan"
codes=$(together "$T/plan")
not_ok 'fifty uploads of one path: every answer is yes or a plain conflict' grep -qE '5[0-9][0-9]|000|4(0[0-8]|1|2)' <<<"$codes"
like "$codes" 200 'at least one is told yes'
ok_status 200 GET "/api/records/$id/draft/files/same.bin"
sum=$(pick .checksum) size=$(pick .size)
ok_status 200 GET "/api/records/$id/draft/files/same.bin/content"
is "sha256:$(sha256_of "$BODY") $(stat -c %s "$BODY")" "$sum $size" 'the file is one of them, whole'
ok 'and no mixture' test "$(tr -d '\n' <"$BODY" | fold -w1 | sort -u | wc -l)" = 1
ok_status 200 GET "/api/records/$id/draft/files"
ok_json '.entries | length == 1' 'it is listed once'
ok_json ".count == 1 and .total_bytes == $size" 'and counted once'

# Fifty paths of one draft.
for i in $(seq 50); do
	echo "$(auth "$alice") -X PUT -H 'Content-Type: application/octet-stream' -H 'Expect:' --data-binary @$T/c.$i $BASE/api/records/$id/draft/files/f$i/content"
done >"$T/plan"
is "$(together "$T/plan" | tr ' ' '\n' | sort -u)" 200 'fifty files at once all arrive'
ok_status 200 GET "/api/records/$id/draft/files"
ok_json ".count == 51 and (.entries | length) == 51 and .total_bytes == ([.entries[].size] | add)" 'and are counted'

# One draft, twenty editors that read the same state.
req GET "/api/records/$id/draft"
etag=$(header etag)
for i in $(seq 20); do
	jq -c --arg t "Editor $i" '.metadata.title = $t' "$BODY" >"$T/edit.$i"
	echo "$(auth "$alice") -X PUT -H 'Content-Type: application/json' -H 'If-Match: $etag' --data-binary @$T/edit.$i $BASE/api/records/$id/draft"
done >"$T/plan"
is "$(together "$T/plan" | tr ' ' '\n' | uniq -c | tr -s ' \n' ' ')" ' 1 200 19 412 ' 'one edit wins, nineteen are told that they are late'
req PUT "/api/records/$id/draft" -H 'Content-Type: application/json' -H "If-Match: $etag" --data-binary "@$T/edit.1"
is "$STATUS" 412 'an old tag stays old'
isnt "$(header etag)" '' 'the answer names the tag of now'

# Two publish one draft.
req POST "/api/records/$id/draft/actions/publish"
is "$STATUS" 202 'the draft is published'
lost=0 doubled=0 wrong='' drafts=0
for i in $(seq "$rounds"); do
	for who in $alice $alice $carol; do echo "$(auth "$who") -X POST $BASE/api/records/$id/versions"; done >"$T/plan"
	together "$T/plan" >"$T/codes"
	[ "$(jq -r .id "$T"/out.[123] 2>/dev/null | sort -u | wc -l)" = 1 ] || drafts=$((drafts + 1))
	next=$(jq -r 'select(.id) | .id' "$T"/out.[123] | head -n 1)
	api PUT "/api/records/$next/draft" "$(jq -cn --argjson a "$LIB_MINIMAL" --arg t "Round $i" '$a * {"metadata": {"title": $t}, "files": {"enabled": false}}')" || break
	for who in $alice $carol; do echo "$(auth "$who") -X POST $BASE/api/records/$next/draft/actions/publish"; done >"$T/plan"
	codes=$(together "$T/plan")
	case $codes in
	'202 404'|'202 409'|'202 412') ;;
	'202 202') doubled=$((doubled + 1)) ;;
	*202*) wrong="$wrong $codes" ;;
	*) lost=$((lost + 1)); wrong="$wrong $codes" ;;
	esac
	id=$next
done
is "$drafts" 0 'asking for a new version at once gives one draft'
is "$lost $doubled$wrong" '0 0' "of two that publish at once one wins, in each of $rounds rounds"
ok_status 200 GET "/api/records/$id/versions"
ok_json "[.hits.hits[].versions.index] | sort == [range(1; $rounds + 2)]" 'version numbers have no gap and no double'
ok_json '[.hits.hits[] | select(.versions.is_latest)] | length == 1' 'one version is the newest'

# The same request key twice, at once: both are told yes, with one result.
bad=''
for i in $(seq 10); do
	d=$(new_draft '{"files":{"enabled":false}}')
	for k in 1 2 3 4; do echo "$(auth "$alice") -X POST -H 'Idempotency-Key: round-$i' $BASE/api/records/$d/draft/actions/publish"; done >"$T/plan"
	codes=$(together "$T/plan")
	[ "$codes" = '202 202 202 202' ] && [ "$(jq -r .id "$T"/out.[1234] | sort -u)" = "$d" ] || bad="$bad [$codes]"
done
is "$bad" '' 'a publish repeated with one key at the same time gives the one answer to all'

# Access closed while somebody searches and reads: nothing after the answer.
stale=0
for i in $(seq 10); do
	r=$(publish_record '{"metadata":{"title":"Closing soon"}}')
	(for _ in $(seq 20); do curl -s -o /dev/null "$BASE/api/records/$r"; done) & reader=$!
	TOKEN=$carol
	api POST "/api/records/$r/actions/withdraw" '{"reason":"race"}'
	TOKEN=''
	req GET "/api/records/$r"; [ "$STATUS" = 410 ] || stale=$((stale + 1))
	req GET "/records/$r/export/datacite"; [ "$STATUS" = 410 ] || stale=$((stale + 1))
	req GET '/api/records?q=closing'; ! grep -q "$r" "$BODY" || stale=$((stale + 1))
	TOKEN=$alice
	wait "$reader"
done
is "$stale" 0 'what was withdrawn is gone with the answer, from caches and search too'
stop_server
ok 'the store is sound' "$AZEKURA" admin fsck --data "$DATA"
done_testing
