#!/bin/sh
# Include arrows and doors: does data still flow one way? The table is layers.txt.
set -u
: "${AZEKURA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
cd "$AZEKURA_SRC" || exit 99
. t/src/lib.sh

rows=$(sources | xargs -d '\n' awk '
	FILENAME == "t/src/layers.txt" {
		sub(/#.*/, "")
		if ($1 == "only") { header[++n] = $2; for (i = 3; i <= NF; i++) hides[$2, $i] = 1 }
		else if ($1 == "not") { calls[++m] = $2; for (i = 3; i <= NF; i++) may[$2, $i] = 1 }
		else if (NF) { f = $1; sub(/:$/, "", f); known[f] = 1; for (i = 2; i <= NF; i++) arrow[f, $i] = 1 }
		next
	}
	function folder(path,   d) {	# the longest row that holds the file
		d = path
		while (sub(/\/[^\/]*$/, "", d)) if (d in known) return d
		return ""
	}
	FNR == 1 { home = folder(FILENAME); if (home == "") print "arrow " FILENAME ": in a folder that layers.txt does not name" }
	/^[ \t]*#[ \t]*include/ {
		line = $0
		if (match(line, /"[^"]*"/)) {
			h = substr(line, RSTART + 1, RLENGTH - 2)
			if (h == "config.h") next
			to = folder(h)
			if (home == "t" && index(h, "/") == 0) next	# the helper of a test, beside it
			if (index(h, "/") == 0 || to == "") { print "path " FILENAME ":" FNR ": \"" h "\" is not written FOLDER/NAME.h"; next }
			if (to != home && !((home, to) in arrow) && !((home, "*") in arrow)) print "arrow " FILENAME ":" FNR ": " home " may not include " h
			if (to != home && home != "t" && home != "bench" && h ~ /_int\.h$/) print "door " FILENAME ":" FNR ": " h " stays in " to
		} else if (match(line, /<[^>]*>/)) {
			h = substr(line, RSTART + 1, RLENGTH - 2)
			for (i = 1; i <= n; i++) if (index(h, header[i]) == 1 && home != "t" && home != "bench" && !((header[i], home) in hides))
				print "hidden " FILENAME ":" FNR ": " h " is not for " home
		}
		next
	}
	home != "t" && home != "bench" {
		line = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line); gsub(/\/\*.*\*\//, "", line); sub(/\/\/.*/, "", line)
		if (line ~ /^[ \t]*(\*|\/\*)/) next
		for (i = 1; i <= m; i++) if (index(line, calls[i]) && match(line, "(^|[^A-Za-z0-9_>.])" calls[i] "[ \t]*\\(") && !((calls[i], home) in may) && !((calls[i], FILENAME) in may))
			print "call " FILENAME ":" FNR ": " calls[i] "() is not for " home
	}' t/src/layers.txt)

says() { printf '%s\n' "$rows" | sed -n "s/^$1 //p"; }
none "$(says path)" 'every include of ours names its folder'
none "$(says arrow)" 'includes point down the house only'
none "$(says door)" 'what is named _int.h stays at home'
none "$(says hidden)" 'foreign libraries are seen only by the folders that hide them'
none "$(says call)" 'dangerous and durable calls are made only where they are allowed'

# The check itself must be able to fail.
if [ -z "${LAYERS_SELF:-}" ]; then
	tmp=$(mktemp -d)
	mkdir -p "$tmp/base" "$tmp/t/src"
	cp t/src/layers.txt t/src/layers.sh t/src/lib.sh "$tmp/t/src/"
	cat >"$tmp/base/bad.c" <<-'END'
	#include "server/route.h"
	#include <lmdb.h>
	#include "x.h"
	#include "store/kv_int.h"
	int f(void) { return system("x"); }
	END
	bad=$(LAYERS_SELF=1 AZEKURA_SRC=$tmp sh "$tmp/t/src/layers.sh" | grep -c '^not ok [1-5] ')
	rm -rf "$tmp"
	is "$bad" 5 'each of these checks finds a planted fault'
fi
done_testing
