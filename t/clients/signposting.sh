# The Python library of the Signposting project, and content negotiation: what a program finds that comes to a landing page without having read our API.
# needs: libxml2-utils
. "$(dirname "$0")/lib.sh"
need_python signposting
need_program xmllint
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
id=$(deposit "$SRC/t/data/sample")
wait_until 60 described "$id"
many=$T/many
mkdir "$many"
for i in $(seq 1 60); do printf 'a,b\n%d,2\n' "$i" >"$many/table-$i.csv"; done
# Hundreds of columns, so that the whole of its JSON-LD is too long for a page.
seq -s , -f 'column %g' 1 400 >"$many/wide.csv"
seq -s , 1 400 >>"$many/wide.csv"
big=$(deposit "$many" --title 'Many files' --creator 'Sato, Hanako' --license CC0-1.0)
wait_until 60 described "$big"
closed=$(deposit "$many" --title 'Closed files' --creator 'Sato, Hanako' --license CC-BY-4.0 --access closed)
TOKEN=''

# --- Signposting -------------------------------------------------------------------------------------------------------
py 'the header leads to identifier, licence, metadata and files' "$BASE/records/$id" <<'PY'
import sys, requests, signposting
url = sys.argv[1]
s = signposting.find_signposting_http(url)
assert str(s.citeAs.target) == url, s.citeAs
assert "https://schema.org/AboutPage" in {str(t.target) for t in s.types}, s.types
assert str(s.license.target).startswith("http"), s.license
assert len(s.describedBy) >= 6, s.describedBy
for link in s.describedBy:
    a = requests.get(str(link.target))
    assert a.status_code == 200, (link, a.status_code)
    assert a.headers["Content-Type"].split(";")[0] == link.type, (link, a.headers["Content-Type"])
assert s.items, "no items"
for link in s.items:
    a = requests.head(str(link.target))
    assert a.status_code == 200, (link, a.status_code)
    assert a.headers["Content-Type"].split(";")[0] == link.type.split(";")[0], (link, a.headers["Content-Type"])
PY
py 'the page says the same in its head' "$BASE/records/$id" <<'PY'
import sys, signposting
h = signposting.find_signposting_html(sys.argv[1])
assert str(h.citeAs.target) == sys.argv[1], h.citeAs
assert h.describedBy and h.linksets, (h.describedBy, h.linksets)
PY
py 'both link sets say the same, and name every file where the header names some' "$BASE/records/$big" <<'PY'
import sys, signposting
url = sys.argv[1]
head = signposting.find_signposting_http(url)
sets = {l.type: signposting.find_signposting_linkset(str(l.target)) for l in head.linksets}
assert set(sets) == {"application/linkset", "application/linkset+json"}, sets.keys()
a, b = ({(s.rel, str(s.target), s.type) for s in one.signposts} for one in sets.values())
assert a == b, a ^ b
items = [s for s in sets["application/linkset"].for_context(url).items if "/files/" in str(s.target)]
assert len(items) == 61, len(items)
assert 0 < len(head.items) < 61, len(head.items)
PY
py 'closed files are not pointed at' "$BASE/records/$closed" <<'PY'
import sys, signposting
s = signposting.find_signposting_http(sys.argv[1])
assert not s.items and s.license and s.describedBy, s.items
PY

# --- JSON-LD in the page -----------------------------------------------------------------------------------------------
for r in "$id" "$big"; do
	py "the JSON-LD of a page holds what dataset search needs ($([ "$r" = "$big" ] && echo many columns || echo usual))" "$BASE/records/$r" "$BASE" <<'PY'
import json, sys, requests, bs4
url, base = sys.argv[1:]
page = requests.get(url, headers={"Accept": "text/html"}).text
found = bs4.BeautifulSoup(page, "html.parser").find_all("script", type="application/ld+json")
assert len(found) == 1, len(found)
text = found[0].string
assert len(text) <= 20000 and "<" not in text, len(text)
d = json.loads(text)
assert d["@type"] == "Dataset" and d["name"] and d["license"].startswith("https://"), d
assert d["url"] == url and d["creator"], d
assert d["distribution"] and all(f["contentUrl"].startswith(base + "/records/") for f in d["distribution"]), d["distribution"]
a = requests.get(d["distribution"][0]["contentUrl"])
assert a.status_code == 200 and len(a.content) == int(d["distribution"][0]["contentSize"]), a
if len(d["distribution"]) < 10:
    assert d["description"], d
PY
done

# --- Negotiation -------------------------------------------------------------------------------------------------------
# accepts ACCEPT STATUS CONTENT-TYPE [JQ-FILTER]
accepts() {
	req GET "/records/$id" -H "Accept: $1"
	local type; type=$(header Content-Type)
	is "$STATUS ${type%%;*}" "$2 $3" "Accept: $1"
	if [ -n "${4:-}" ]; then ok_json "$4" "... and it is that"; fi
}
accepts 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' 200 text/html
accepts '*/*' 200 text/html
accepts 'application/ld+json' 200 application/ld+json '."@context" | tostring | test("schema.org")'
accepts 'application/ld+json;profile="https://schema.org"' 200 application/ld+json '."@type" == "Dataset"'
accepts 'application/ld+json; profile="http://mlcommons.org/croissant/1.1"' 200 application/ld+json '.conformsTo | tostring | test("croissant/1.1")'
accepts 'application/ld+json;profile="https://w3id.org/ro/crate"' 200 application/ld+json '."@graph" | length > 2'
like "$(header Content-Type)" 'profile="https://w3id.org/ro/crate"' 'the answer names its profile'
is "$(header Content-Location)" "$BASE/records/$id/export/ro-crate" 'and where it stands by itself'
like "$(header Vary)" 'Accept' 'caches are told'
accepts 'application/vnd.datacite.datacite+json' 200 application/vnd.datacite.datacite+json '.titles | length > 0'
accepts 'application/vnd.citationstyles.csl+json' 200 application/vnd.citationstyles.csl+json '.title | length > 0'
accepts 'application/vnd.azekura.v1+json' 200 application/vnd.azekura.v1+json '.schemaVersion == "1"'
accepts 'application/json' 200 application/vnd.azekura.v1+json
accepts 'text/html;q=0.2, application/vnd.datacite.datacite+json' 200 application/vnd.datacite.datacite+json
accepts 'application/vnd.datacite.datacite+json;q=0.2, text/html' 200 text/html
accepts 'application/vnd.datacite.datacite+xml' 200 application/vnd.datacite.datacite+xml
ok 'DataCite XML is well-formed' xmllint --noout "$BODY"
accepts 'image/png' 406 application/problem+json
accepts 'application/ld+json;profile="https://example.org/none"' 406 application/problem+json
accepts 'text/html;q=0' 406 application/problem+json

# --- Language ----------------------------------------------------------------------------------------------------------
# speaks LANG NAME [CURL-ARG...]
speaks() {
	local want=$1 name=$2 query=${3:-}; shift 3
	req GET "/records/$id$query" -H 'Accept: text/html' "$@"
	is "$(header Content-Language) $(grep -oE '<html lang="[a-z]+"' "$BODY")" "$want <html lang=\"$want\"" "$name"
}
speaks en 'English where nothing is said' ''
speaks ja 'Accept-Language chooses' '' -H 'Accept-Language: ja'
speaks ja 'regions and weights are understood' '' -H 'Accept-Language: fr, en;q=0.5, ja-JP;q=0.8'
speaks en 'a language that is not there means English' '' -H 'Accept-Language: fr-FR, de;q=0.5'
speaks ja 'a cookie is stronger' '' -H 'Accept-Language: en' -H 'Cookie: other=1; azk_lang=ja'
speaks en '?lang= is strongest' '?lang=en' -H 'Accept-Language: ja' -H 'Cookie: azk_lang=ja'
like "$(header Set-Cookie)" '^azk_lang=en;.*SameSite=Lax' 'and is remembered'
speaks en 'an unknown ?lang= is nothing' '?lang=%3Cscript%3E'

# --- Faults as pages ---------------------------------------------------------------------------------------------------
req GET /no/such/place -H 'Accept: text/html'
is "$STATUS $(header Content-Type)" '404 text/html; charset=utf-8' 'a browser gets a page for a wrong address'
req GET /no/such/place -H 'Accept: application/json'
problem 404 'a program gets a problem document'
req GET /api/no/such/place -H 'Accept: text/html'
problem 404 'and always below /api/'
req GET "/records/$closed/files/table-1.csv" -H 'Accept: text/html' -H 'Accept-Language: ja'
is "$STATUS $(header Content-Language)" "$(case $STATUS in 401) echo 401 ja ;; *) echo 403 ja ;; esac)" 'a closed file is refused in words'
done_testing
