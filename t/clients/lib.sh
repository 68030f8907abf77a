# shellcheck shell=bash
#
# For the client suites: programs that others wrote, unmodified, against a real server. On top of t/proto/lib.sh (read its head):
#
#	# needs: libxml2-utils
#	. "$(dirname "$0")/lib.sh"
#	need_python oai				t/clients/requirements/oai.txt, pinned, in a venv of its own
#	new_repo; start_server; ...
#	py 'Sickle lists every record' <<'PY' "$BASE/oai"
#	import sys, sickle
#	assert len(list(sickle.Sickle(sys.argv[1]).ListRecords(metadataPrefix="oai_dc"))) == 3
#	PY
#	done_testing
#
# A line "# needs: PACKAGE..." names Debian packages; ./azk test installs them.
#
#	need_python NAME	sets PYTHON and VENV; skips the suite (fails with CI=true) when it cannot be installed
#	need_npm		t/clients/npm/package-lock.json, installed once into build/npm; sets NODE_PATH; skips the suite likewise
#	need_program NAME...	the same for programs on the path
#	py NAME [ARG...]	run the Python program on standard input with ARG...; passes when it ends with 0
#	py_out [ARG...]		the same without a result: for its output

. "$(dirname "${BASH_SOURCE[0]}")/../proto/lib.sh"
PYTHON='' VENV=''

need_program() {
	local p
	for p; do command -v "$p" >/dev/null 2>&1 || skip_all "$p is not installed"; done
}

need_python() {
	local req=$SRC/t/clients/requirements/$1.txt
	VENV=$BUILD/venv/$1
	[ -r "$req" ] || { echo "Bail out! $req is absent"; TAP_DONE=1; exit 1; }
	"$SRC/t/clients/venv" "$req" "$VENV" >"$T/venv.log" 2>&1 || { diag "$(tail -n 20 "$T/venv.log")"; skip_all "cannot install $req"; }
	PYTHON=$VENV/bin/python
}

need_npm() {
	local dir=$BUILD/npm want
	need_program node npm
	want=$(sha256sum <"$SRC/t/clients/npm/package-lock.json")
	if [ "$(cat "$dir/.made" 2>/dev/null)" != "$want" ]; then
		rm -rf "$dir"; mkdir -p "$dir"
		cp "$SRC/t/clients/npm/package.json" "$SRC/t/clients/npm/package-lock.json" "$dir/"
		(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --cache "$dir/.cache") >"$T/npm.log" 2>&1 ||
			{ diag "$(tail -n 20 "$T/npm.log")"; skip_all 'cannot install t/clients/npm/package-lock.json'; }
		rm -rf "$dir/.cache"
		printf '%s\n' "$want" >"$dir/.made"
	fi
	export NODE_PATH=$dir/node_modules
}

py_out() { "$PYTHON" -X utf8 - "$@" 2>&1; }
py() {
	local name=$1 out; shift
	if out=$(py_out "$@"); then pass "$name"; if [ -n "$out" ]; then diag "$out"; fi; else fail "$name" "$(printf '%s\n' "$out" | tail -n 30)"; fi
}
