#!/bin/bash
# Two repositories in one process, chosen by Host; links never come from Host.
. "$AZEKURA_SRC/t/proto/lib.sh"
mkdir "$T/many"
new_repo "$T/many/a" --url http://a.example --name 'Storehouse A' --email aa@a.example --oai-id a.example
new_repo "$T/many/b" --url https://b.example/ --name 'Storehouse B' --email bb@b.example --oai-id b.example
DATA=$T/many start_server
for host in a.example A.EXAMPLE a.example:80 a.example. ; do
	ok_status 200 GET /api -H "Host: $host"
	ok_json '.name == "Storehouse A"' "$host is the first repository"
done
ok_status 200 GET /api -H 'Host: b.example'
ok_json '.name == "Storehouse B" and (.links.records == "https://b.example/api/records")' 'the second has its own name and links'
ok_status 421 GET /api -H 'Host: c.example'
ok_status 421 GET /api
ok_status 200 GET '/oai?verb=Identify' -H 'Host: b.example:443'
like "$(body)" '<baseURL>https://b.example/oai</baseURL>' 'harvesters are told the set address'
token=$("$AZEKURA" admin token create --data "$T/many/a" --user alice --role depositor)
ok_status 200 GET /api/user -H 'Host: a.example' -H "Authorization: Bearer $token"
ok_status 401 GET /api/user -H 'Host: b.example' -H "Authorization: Bearer $token"
done_testing
