#!/bin/bash
# Objects as OCFL 1.1, judged by ocfl-py. It does not know layout extension 0004, so objects are validated one by one.
. "$(dirname "$0")/lib.sh"
need_python ocfl
maker=$BUILD/t/unit/store/test_kill
[ -x "$maker" ] || skip_all "t/unit/store/test_kill is not built"
"$maker" sample "$T/repo" 2>"$T/maker.log" || { cat "$T/maker.log"; echo "Bail out! no sample"; TAP_DONE=1; exit 1; }

py 'every object is valid OCFL 1.1' "$T/repo/ocfl" <<'PY'
import os, subprocess, sys
root, tool = sys.argv[1], os.path.join(os.path.dirname(sys.executable), "ocfl-validate.py")
objects = [d for d, _, files in os.walk(root) if "0=ocfl_object_1.1" in files]
assert len(objects) == 2, objects
for d in objects:
    r = subprocess.run([sys.executable, tool, d], capture_output=True, text=True)
    assert r.returncode == 0 and "VALID" in r.stdout and "INVALID" not in r.stdout, r.stdout + r.stderr
PY
done_testing
