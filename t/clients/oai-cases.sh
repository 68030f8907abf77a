# The numbered cases of the OAI-PMH conformance document against the real server, every answer validated: oai_cases.py.
# What is left out, and why: docs/conformance/oai-pmh.md. OAI_ONLY=81,82 runs some cases alone (0: the hostile queries).
# needs: gzip
. "$(dirname "$0")/lib.sh"
need_python oai
need_shared schemas/catalog.xml
mkdir "$T/oai"
"$PYTHON" -X utf8 "$SRC/t/clients/oai_cases.py" "$T/oai" "$AZEKURA" "$AZEKURAD" "$SHARED" "$SERVER_LOG" >"$T/oai.tap" 2>"$T/oai.err"
status=$?
detail='' name=''
flush() {
	[ -n "$name" ] && fail "$name" "$detail"
	name='' detail=''
}
while IFS= read -r line; do
	case $line in
	'ok - '*) flush; pass "${line#ok - }" ;;
	'not ok - '*) flush; name=${line#not ok - } ;;
	*) if [ -n "$name" ]; then detail+="${line#\# }"$'\n'; else diag "${line#\# }"; fi ;;
	esac
done <"$T/oai.tap"
flush
is "$status" 0 'all cases were run'
[ "$status" = 0 ] || diag "$(tail -n 20 "$T/oai.err")"
done_testing
