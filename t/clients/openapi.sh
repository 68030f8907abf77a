# schemathesis: the OpenAPI document is true to the code. Requests made up from it, right and wrong, never get a server error or an answer that it does not announce.
. "$(dirname "$0")/lib.sh"
need_python openapi
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
publish_record >/dev/null
ok_status 200 GET /api/openapi.json
ok_json '.openapi | startswith("3.1")' 'it is an OpenAPI 3.1 document'
ok_json '[.paths | keys[] | select(startswith("/api/records"))] | length > 5' 'it tells the record routes'
# The media types of tus and of tar are new to schemathesis: bytes are bytes.
cat >"$T/hooks.py" <<'PY'
import schemathesis
@schemathesis.serializer("application/offset+octet-stream", "application/x-tar")
def offset(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()
PY
export SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$T
mkdir -p "$BUILD/test"
log=$BUILD/test/schemathesis.log
run() {
	cd "$T" && "$VENV/bin/schemathesis" run "$BASE/api/openapi.json" -H "Authorization: Bearer $TOKEN" --seed 20261121 --max-examples 25 --workers 1 \
		--exclude-path-regex 'events' --request-timeout 20 --max-time "${SCHEMATHESIS_SECONDS:-90}" --phases examples,coverage,fuzzing \
		--checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
		--warnings off --no-color >"$log" 2>&1 && return 0
	sed -n '/= \(FAILURES\|ERRORS\) =/,$p' "$log" | head -n 120
	return 1
}
ok 'schemathesis finds no answer that the document does not announce' run
ok 'the server is alive after it' server_alive
ok_status 200 GET /healthz
done_testing
