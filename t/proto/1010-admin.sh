#!/bin/bash
# azekura admin: on the folder itself and through the socket of the server that has it; copies and rebuilt catalogues answer as before; fsck finds what was spoilt.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
run() { OUT=$("$AZEKURA" "$@" 2>"$T/err" </dev/null); RC=$?; ERR=$(cat "$T/err"); }
admin() { run admin "$@" --data "$DATA"; }

both() {	# WHERE: every operation, by the folder or by the socket
	local u=user-$1
	admin user create --user "$u" --role curator --fullname 'Yamada, Hanako' --email h@example.org --json
	is "$RC $(jq -r '[.name, .role, .fullname, .email] | join(" ")' <<<"$OUT")" "0 $u curator Yamada, Hanako h@example.org" "$1: an account is made"
	admin user create --user "$u"; isnt "$RC" 0 "$1: but not twice"
	admin user create --user x --role king; like "$RC $ERR" '^1 .*depositor, curator or admin' "$1: an unknown role is refused"
	admin user list --json; is "$(jq --arg u "$u" '[.users[] | select(.name == $u)] | length' <<<"$OUT")" 1 "$1: accounts are listed"
	admin token create --user "$u" --role depositor --label robot --days 3; like "$OUT" '^azk_[A-Za-z0-9_-]+$' "$1: token create prints the token alone"; tok=$OUT
	admin token create --user "$u" --role admin; like "$RC $ERR" '^1 .*narrow' "$1: a token cannot widen its user's role"
	admin token create --user "new-$1" --role depositor --json; is "$RC $(jq -r .user <<<"$OUT")" "0 new-$1" "$1: a missing user is made"
	admin token list --user "$u" --json; is "$(jq -r '.tokens[0] | [.label, (.expires | length)] | join(" ")' <<<"$OUT")" 'robot 20' "$1: tokens are listed"
	is "$(grep -c "$tok" <<<"$OUT")" 0 "$1: without telling them"
	admin community create --slug "eng:$1" --name 'Materials' --json; is "$RC $(jq -r .slug <<<"$OUT")" "0 eng:$1" "$1: a community is made"
	admin community create --slug 'Not A Slug'; isnt "$RC" 0 "$1: but not of any name"
	admin community list --json; is "$(jq --arg s "eng:$1" '[.communities[] | select(.slug == $s)] | length' <<<"$OUT")" 1 "$1: communities are listed"
	admin group add --user "$u" --group lab; is "$RC" 0 "$1: a user joins a group"; admin group remove --user "$u" --group lab; is "$RC" 0 "$1: and leaves it"
	printf '{"titles":[{"value":"Bulk %s"}],"creators":[{"names":[{"value":"B"}]}],"publisher":{"names":[{"value":"P"}]},"dates":[{"type":"Issued","value":"2020"}],"resourceType":{"label":"dataset"},"accessRights":{"coar":"http://purl.org/coar/access_right/c_abf2"},"rights":[{"spdx":"CC0-1.0"}],"identifiers":[{"type":"Local","value":"%s-1"}]}\n{"broken"\n' "$1" "$1" >"$T/bulk-$1.jsonl"
	admin import --bulk "$T/bulk-$1.jsonl" --json; is "$RC $(jq -c '[.read, .added, .faults]' <<<"$OUT")" '0 [2,1,1]' "$1: bulk records are taken in, faults told"
	admin import --bulk "$T/bulk-$1.jsonl" --json; is "$(jq -c '[.added, .same]' <<<"$OUT")" '[0,1]' "$1: a second run adds nothing"
	admin import --bulk "$T/none"; isnt "$RC" 0 "$1: a file that is not there is told"
	admin stats --json; is "$RC $(jq '.records >= 1' <<<"$OUT")" '0 true' "$1: stats count"
	admin fsck --json; is "$RC $(jq .faults <<<"$OUT")" '0 0' "$1: fsck finds nothing"
	admin fsck --quick; is "$RC" 0 "$1: nor does --quick"
	admin backup --to "$T/copy-$1" --json; is "$RC" 0 "$1: a backup is made"
	admin backup --to "$T/copy-$1"; isnt "$RC" 0 "$1: but not over another"
	admin token revoke --token zzzz; isnt "$RC" 0 "$1: a token that is not there cannot be taken back"
}
both folder
start_server || exit 1
both socket
admin rebuild; like "$RC $ERR" '^1 .*stop azekurad' 'rebuild wants the server stopped'
run admin; is "$RC" 2 'admin alone is wrong use'; run admin stats; is "$RC" 2 'so is no --data'; run admin nonsense --data "$DATA"; is "$RC" 2 'so is an unknown word'
run admin stats --data "$T/nowhere"; isnt "$RC" 0 'a folder that is not there is told'

# --- rights at once ---
TOKEN=$(token bob depositor)
ok_status 200 GET /api/user
admin token list --user bob --json; digits=$(jq -r '.tokens[0].token' <<<"$OUT"); admin token revoke --token "$digits"
ok_status 401 GET /api/user
TOKEN=$(token bob depositor); ok_status 200 GET /api/user
admin user disable --user bob; ok_status 401 GET /api/user
admin user enable --user bob; ok_status 200 GET /api/user
boss=$(token carol admin); narrow=$(token carol depositor)
TOKEN=$boss; ok_status 200 GET /api/user; ok_json '.role == "admin"' 'an administrator'
TOKEN=$narrow; ok_status 200 GET /api/user; ok_json '.role == "depositor"' 'a narrowed token is what it says'

# --- copies and rebuilt catalogues answer the same ---
TOKEN=$boss; mkdir -p "$T/d/sub"
for i in {1..22}; do head -c $((i * 3000)) /dev/urandom >"$T/d/sub/f$i"; printf 'a,b\n%d,2\n' "$i" >"$T/d/t.csv"; ids+=("$(deposit "$T/d" --restart --title "Set $i")"); done
"$AZEKURA" --server "$BASE" --token "$TOKEN" withdraw "${ids[3]}" --reason 'a test' >/dev/null
ids+=("$(deposit "$T/d" --new-version "${ids[0]}")")
wait_until 30 described "${ids[21]}"; wait_until 30 indexed "${ids[22]}"
extracted() { [ "$(curl -sS "$BASE/api/records/$1/status" | jq -r '.extracted and .indexed')" = true ]; }
wait_until 30 extracted "${ids[22]}"
PORT=${BASE##*:}
answers() {	# everything public, into folder $1
	local id; mkdir -p "$1"
	for id in "${ids[@]}"; do
		for p in "api/records/$id" "api/records/$id/files" "api/records/$id/facts" "api/records/$id/versions" "records/$id/export/datacite" "records/$id/export/croissant" "records/$id/export/oai_dc"; do
			printf 'url = "%s"\noutput = "%s"\n' "$BASE/$p" "$1/${p//\//_}"; done
	done >"$T/urls"
	curl -sS -K "$T/urls"
	for id in "${ids[@]}"; do printf 'url = "%s"\noutput = "%s"\n' "$BASE/api/records/$id" "$1/canonical_$id"; done >"$T/urls"
	curl -sS -H 'Accept: application/vnd.azekura.v1+json' -K "$T/urls"
	for p in oai_dc oai_datacite; do curl -sS "$BASE/oai?verb=ListRecords&metadataPrefix=$p" | sed 's|<responseDate>[^<]*</responseDate>||; s|<resumptionToken[^>]*>[^<]*||' >"$1/oai_$p"; done
	curl -sS "$BASE/oai?verb=ListSets" | sed 's|<responseDate>[^<]*</responseDate>||' >"$1/sets"
	curl -sS "$BASE/api/records?q=set&size=100&sort=oldest" >"$1/search"
}
answers "$T/before"
is "$(grep -L . "$T"/before/* | wc -l) $(jq '.hits.total >= 20' "$T/before/search")" '0 true' 'there are answers to compare'
admin backup --to "$T/copy"; is "$RC" 0 'a backup is made while the server runs'
stop_server
again() { "$AZEKURAD" --data "$1" --listen "127.0.0.1:$PORT" >"$T/listening" 2>>"$SERVER_LOG" & SERVER_PID=$!; wait_until 60 lib_listening_or_dead; wait_until 30 extracted "${ids[22]}"; wait_until 30 indexed "${ids[22]}"; }
again "$T/copy"; answers "$T/copied"
is "$(diff -rq "$T/before" "$T/copied")" '' 'the copy answers byte for byte as the original'
stop_server
admin rebuild --json; is "$RC $(jq '.records >= 22' <<<"$OUT")" '0 true' 'the catalogue is rebuilt from the objects'
again "$DATA"; answers "$T/rebuilt"
is "$(diff -rq "$T/before" "$T/rebuilt")" '' 'the rebuilt repository answers byte for byte as before'
stop_server

# --- fsck ---
admin fsck --json; is "$RC $(jq .faults <<<"$OUT")" '0 0' 'fsck raises no false alarm'
mapfile -t files < <(find "$DATA/ocfl" -path '*/content/*' -type f -name 'f*' -size +0 | sort | awk -F/ '{ k = $0; sub(/\/v[0-9]+\/.*/, "", k) } !(k in seen) { seen[k] = 1; print }' | head -n 20)
is "${#files[@]}" 20 'twenty objects are spoilt, each by one bit'
for f in "${files[@]}"; do python3 - "$f" <<'X'
import os, sys
with open(sys.argv[1], "r+b") as f:
    n = os.fstat(f.fileno()).st_size // 2
    f.seek(n); b = f.read(1)[0]; f.seek(n); f.write(bytes([b ^ 4]))
X
done
admin fsck --json; is "$RC" 1 'fsck ends with 1 when something is wrong'
hit=0; for f in "${files[@]}"; do n=$(basename "$f"); o=${f%/v[0-9]*}; jq -r '.findings[] | .subject + " " + .text' <<<"$OUT" | grep -qF -e "$(basename "$o")" -e "$n" && hit=$((hit + 1)); done
is "$hit $(jq .faults <<<"$OUT")" '20 20' 'it finds each of the twenty, and nothing else' || diag "$(jq -c '.findings[:3]' <<<"$OUT") ${files[0]}"
admin fsck --quick --json; is "$RC" 0 '--quick does not read the files'
rm "${files[0]}"; admin fsck --json; is "$RC $(jq .faults <<<"$OUT")" '1 20' 'a file that is gone is found'
admin fsck --quick --json; is "$RC $(jq .faults <<<"$OUT")" '1 1' 'also by --quick'
done_testing
