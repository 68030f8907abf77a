#!/bin/bash
# A lost or cut database is said in one line at the start; nothing is ever served as if it were all there is.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
TOKEN=$(token alice depositor)
printf 'some rain\n' >"$T/rain.txt"
id=$(new_draft)
put_file "$id" rain.txt "$T/rain.txt"
publish_draft "$id" >/dev/null
stop_server

# The catalogue is lost: the server does not start on an empty one, and one command brings all back.
mv "$DATA/catalog" "$T/kept"
start_fails 'a lost catalogue is not taken for an empty repository' 'catalogue is empty.*admin rebuild'
rm -rf "$DATA/catalog"; mkdir "$DATA/catalog"
start_fails 'nor is an empty folder' 'catalogue is empty.*admin rebuild'
rm -rf "$DATA/catalog"
ok 'a rebuild recreates it' "$AZEKURA" admin rebuild --data "$DATA"
TOKEN=''
start_server
ok_status 200 GET "/api/records/$id"
ok_status 200 GET "/records/$id/files/rain.txt"
ok 'the file is whole' cmp "$BODY" "$T/rain.txt"
stop_server

# A database that was cut.
for db in catalog index; do
	cp -r "$DATA/$db" "$T/whole-$db"
	truncate -s 50% "$DATA/$db/data.mdb" 2>/dev/null || truncate -s $(($(stat -c %s "$DATA/$db/data.mdb") / 2)) "$DATA/$db/data.mdb"
	start_fails "a cut $db is told" "$db' was cut"
	rm -rf "${DATA:?}/$db"
	cp -r "$T/whole-$db" "$DATA/$db"
done
truncate -s 5000 "$DATA/index/data.mdb"
start_fails 'what to do about a damaged index is told' "remove the folder 'index'"
rm -rf "${DATA:?}/index"
start_server
ok_status 200 GET "/api/records/$id"
ok 'and search is made anew' wait_until 10 indexed "$id"

# A new repository, and one with a draft only, start.
stop_server
new_repo "$T/empty"
start_server
TOKEN=$(token alice depositor)
new_draft >/dev/null
restart_server
ok_status 200 GET /api/user/records
ok_json '.hits.total == 1' 'a repository with nothing but a draft starts'
done_testing
