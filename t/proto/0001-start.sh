#!/bin/bash
# Starting, answering, refusing, ending.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
ok_status 200 GET /healthz
ok_status 200 GET /readyz
ok_status 200 GET /metrics
like "$(body)" 'azekura_records 0' 'an empty repository counts no records'
ok_status 200 GET /api
ok_json '.name == "Azekura"' 'the server says what it is'
ok_status 200 GET /api/openapi.json
ok_json '.openapi == "3.1.0" and (.paths|length) > 30' 'the API describes itself'
ok_status 404 GET /no/such/place
problem 404 'what is not there is a problem document'
ok_status 405 DELETE /api/records
like "$(header allow)" 'GET.*POST' '405 says what is allowed'
ok_status 204 OPTIONS /api/records
ok_status 401 GET /api/user
ok_status 401 GET /api/user -H 'Authorization: Bearer azk_wrong'
ok_status 200 GET /
like "$(body)" '<html lang="en">' 'the first page is English by default'
ok_status 200 GET / -H 'Accept-Language: ja,en;q=0.5'
like "$(body)" '<html lang="ja">' 'and Japanese where that is asked for'
second=$("$AZEKURAD" --data "$DATA" --listen 127.0.0.1:0 2>&1 & p=$!; wait $p)
like "$second" 'azekurad: ' 'a second process on the same folder refuses'
ok 'statistics come through the admin socket while the server runs' "$AZEKURA" admin stats --data "$DATA"
ok 'the first server lives on' server_alive
stop_server
is $? 0 'SIGTERM ends it in order'
start_fails 'a folder that is no repository is refused' 'no repository' --data "$T/home"
done_testing
