#!/bin/bash
# Names and paths that want more than they say; header fields that keep browsers and caches honest.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
start_server
alice=$(token alice depositor)
TOKEN=$alice
printf '<script>alert(1)</script>' >"$T/page.html"
id=$(new_draft '{"metadata":{"title":"A\r\nX-Injected: yes <script>alert(1)</script>"},"files":{"enabled":true}}')
put_file "$id" 'sub/page.html' "$T/page.html"
put_file "$id" 'a"b;c%41.html' "$T/page.html"

# Names that are refused, or kept to the letter.
for key in '..' '../x' 'a/../../x' '%2e%2e%2fx' '..%2f..%2fetc%2fpasswd' 'a%00b' 'a%0d%0aX-Injected%3a%20yes' '/etc/passwd' 'a//b' '%c0%ae%c0%ae/x' '%ff' 'a%5c..%5cb%00' './x' 'x/.'; do
	req PUT "/api/records/$id/draft/files/$key/content" -H 'Content-Type: application/octet-stream' --data-binary x
	like "$STATUS" '^(400|404)$' "the name $key is refused"
done
for key in '%252e%252e' 'a%5cb' 'x%3by' '...' 'content' 'commit/content'; do
	req PUT "/api/records/$id/draft/files/$key/content" -H 'Content-Type: application/octet-stream' --data-binary x
	is "$STATUS" 200 "the name $key is a name"
done
ok_status 200 GET "/api/records/$id/draft/files"
ok_json '[.entries[].key] | index("%2e%2e") != null and index("a\\b") != null' 'they are kept to the letter'
ok 'nothing was written outside' test -z "$(find "$T" "$DATA" -name passwd -o -name 'x' -newer "$T/page.html" -not -path '*/objects/*' | head -n 1)"
api PUT "/api/records/$id/draft" "$(jq -cn --argjson a "$LIB_MINIMAL" '$a * {"metadata":{"title":"A X-Injected: yes <script>alert(1)</script>"},"files":{"enabled":true}}')"
publish_draft "$id" >/dev/null
TOKEN=''
for path in '../../../../etc/passwd' '..%2f..%2f..%2fazekura.conf' '%2e%2e/%2e%2e/azekura.conf' '....//....//etc/passwd' '%252e%252e/x' 'sub/../sub/page.html' 'sub%00/page.html' '//etc/passwd' 'sub/page.html/' 'sub'; do
	req GET "/records/$id/files/$path"
	like "$STATUS" '^(400|404)$' "GET of files/$path finds nothing"
done

# Files in a browser are inert.
ok_status 200 GET "/records/$id/files/sub/page.html"
is "$(header x-content-type-options)" nosniff 'a file says nosniff'
like "$(header content-security-policy)" "default-src 'none'; sandbox" 'a file runs nothing'
like "$(header content-disposition)" '^attachment; filename="page.html"' 'a file is downloaded'
ok_status 200 GET "/records/$id/files/a%22b%3Bc%2541.html"
like "$(header content-disposition)" "filename=\"a_b;c_41.html\"; filename\*=UTF-8''a%22b%3Bc%2541.html" 'its name is encoded in the header'

# No line of a header can be made from outside.
for path in "/api/records/$id%0d%0aX-Injected:%20yes" "/records/$id/files/%0d%0aX-Injected:%20yes" "/search?q=%0d%0aX-Injected:%20yes" "/api/records?q=%0d%0aX-Injected:%20yes&sort=%0d%0aX-Injected:yes" \
    "/oai?verb=%0d%0aX-Injected:%20yes" "/records/$id/export/%0d%0aX-Injected:%20yes" "/records/$id/packages/zip%0d%0aX-Injected:%20yes"; do
	req GET "$path"
	not_ok "no field is made by ${path:0:40}" grep -qi '^X-Injected' "$HEAD"
done
req GET "/records/$id" -H 'Accept: text/html'
not_ok 'nor by a title' grep -qi '^X-Injected' "$HEAD"
not_ok 'script in a title is text in the page' grep -q '<script>alert' "$BODY"
like "$(header content-security-policy)" "script-src|default-src" 'a page has a content policy'
req GET "/search?q=%3Cscript%3Ealert(1)%3C/script%3E" -H 'Accept: text/html'
not_ok 'script in search words is text in the page' grep -q '<script>alert' "$BODY"
req GET "/records/$id/files/%3Cscript%3Ealert(1)%3C/script%3E" -H 'Accept: text/html'
not_ok 'script in an address is text in the error' sh -c "grep -qi '^content-type: text/html' '$HEAD' && grep -q '<script>alert' '$BODY'"

# Private answers are nobody else's to keep.
TOKEN=$alice
d=$(new_draft)
r=$(new_draft '{"access":{"record":"restricted","files":"restricted"},"files":{"enabled":true}}')
put_file "$r" x "$T/page.html"
r=$(publish_draft "$r")
for path in "/api/records/$d/draft" "/api/records/$r" "/records/$r/files/x" "/api/user" "/api/user/records" "/api/jobs" "/api/records/$r/files" "/api/records/$d/draft/files" "/api/records/$r/versions" \
    "/api/records/$r/facts" "/api/records/$r/communities" "/api/records/$r/files/x" "/records/$r/export/datacite" "/records/$r/packages/zip" "/records/$r/linkset.json" "/records/$r" "/api/records?q=x" "/search?q=x"; do
	req GET "$path"
	like "$STATUS $(header cache-control)" '^200 .*(no-store|private)' "what a login shows is not for shared caches: ${path/$r/ID}"
done
TOKEN=azk_bad req GET /api/user
like "$(header cache-control)" no-store 'errors are not kept'

# Everything under /api fails as a problem document.
TOKEN=''
for it in 'GET /api/nothing' 'GET /api/records/zzzzz-zzzzz' 'PATCH /api/records' 'DELETE /api/openapi.json' 'POST /api/records' 'GET /api/records/x/draft' 'PUT /api/uploads/x' 'GET /api/communities/none' 'GET /api/vocabularies/none' 'GET /api/jobs/x' 'BREW /api/records'; do
	req "${it% *}" "${it#* }" -H 'Accept: text/html'
	like "$STATUS $(header content-type)" '^(4..|501) application/problem\+json' "$it"
	is "$(pick .status)" "$STATUS" 'with the status in it'
done
done_testing
