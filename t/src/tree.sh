#!/bin/sh
# Rules of the tree that no compiler checks: guards, lists, words, documents that must follow the code.
set -u
: "${AZEKURA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${AZEKURA_BUILD:=$AZEKURA_SRC/build}"
cd "$AZEKURA_SRC" || exit 99
. t/src/lib.sh

# A header's guard is its path.
none "$(sources | grep '\.h$' | while read -r h; do
	g=$(printf '%s' "$h" | tr 'a-z/.-' 'A-Z___')
	[ "$(grep -m1 '^#ifndef' "$h")" = "#ifndef $g" ] && [ "$(grep -m1 '^#define' "$h")" = "#define $g" ] || echo "$h: expected guard $g"
done)" 'every header is guarded by its own path'

# A file that no list names is compiled by nobody and missing from a release.
lists=$(for m in Makefile.am $(find . -name local.mk ! -path './build/*' ! -path './.git/*' | sed 's|^\./||'); do sed "s|%D%|${m%/*}|g" "$m"; done | tr ' \t' '\n\n')
none "$(sources | while read -r f; do printf '%s\n' "$lists" | grep -qxF -e "$f" -e "${f%.c}" || echo "$f"; done)" 'every source stands in a local.mk'

none "$(sources | xargs -d '\n' grep -nE '\b(TODO|FIXME|XXX|HACK)\b' | head -n 20)" 'no source says that it is unfinished'
none "$(sources | xargs -d '\n' awk 'FNR == 1500 { print FILENAME }')" 'no source is over 1,500 lines'
none "$(sources | xargs -d '\n' grep -nE '[[:space:]]+$' | head -n 20)" 'no line ends in a blank'
none "$(sources | grep '^t/unit/' | xargs -d '\n' -r grep -nE '(^|[^_[:alnum:]])(sleep|usleep|nanosleep) *\(' | head)" 'unit tests do not sleep'

# STYLE: structs that travel as void * carry a magic number, each its own.
none "$(sources | xargs -d '\n' grep -hoE '^#define[[:space:]]+[A-Z0-9_]*MAGIC[A-Z0-9_]*[[:space:]]+\(?(0x[0-9a-fA-F]+|[0-9]+|"[^"]*")' |
	awk '{ v = tolower($3); if (v in seen && seen[v] != $2) print $2 " and " seen[v] " are both " $3; seen[v] = $2 }')" 'no magic number is used twice'

# Documents that must follow the code.
folders=$(sed -n 's/^\([a-z/]*\):.*/\1/p' t/src/layers.txt | grep -vE '^(t|bench)$')
none "$(for f in $folders; do
	n=$(printf '%s' "$f" | tr / -)
	ls "$f"/*.c >/dev/null 2>&1 || continue
	[ -s "docs/internals/$n.md" ] || { echo "docs/internals/$n.md is missing"; continue; }
	grep -qiE 'non-goals|not goals' "docs/internals/$n.md" || echo "docs/internals/$n.md does not say its non-goals"
done)" 'every folder has a page that says its goals and non-goals'

# A stored format is named in the code as docs/formats/NAME.md; both sides must exist.
named=$(sources | grep -vE '^(t|bench)/' | xargs -d '\n' grep -ohE 'docs/formats/[A-Za-z0-9_.-]+\.md' | sort -u)
none "$(for d in $named; do [ -s "$d" ] || echo "$d is named in the code and missing"; done
	for d in docs/formats/*.md; do [ -e "$d" ] || continue; case " $(echo $named) " in *" $d "*) ;; *) echo "$d is named by no source" ;; esac; done)" \
	'every stored format has its page, and every page a source'

# Every key letter and database of the catalogue and index is told to the stranger who reads our files.
none "$(sources | grep -E '^(store|indexer)/.*\.[ch]$' | xargs -d '\n' -r grep -ohE "key_init\(&?[a-z_>.-]+, *'.'\)" | sed "s/.*'\(.\)'.*/\1/" | sort -u | while read -r c; do
	grep -qE "(^|^\|.*)\`$c\`" docs/formats/*.md 2>/dev/null || echo "key letter $c is told nowhere in docs/formats"
done)" 'every key letter is told in docs/formats'

# Programs: each option they offer is explained in a man page.
for p in azekura azekurad azekura-extract; do
	if [ ! -x "$AZEKURA_BUILD/$p" ]; then skip "every option of $p is in its man page" "$p is not built"; continue; fi
	all=$("$AZEKURA_BUILD/$p" --help 2>&1; if [ "$p" = azekura ]; then
		"$AZEKURA_BUILD/$p" --help 2>&1 | sed -n 's/^  *\([a-z][a-z-]*\) .*/\1/p' | sort -u | while read -r c; do "$AZEKURA_BUILD/$p" "$c" --help 2>&1 </dev/null; done; fi)
	none "$(printf '%s\n' "$all" | grep -oE '(^|[[:space:][(|,])--[a-z][a-z0-9-]*' | grep -oE -- '--.*' | sort -u | while read -r o; do
		cat docs/man/$p*.[0-9] 2>/dev/null | sed 's/\\-/-/g' | grep -qE -- "$o([^a-z-]|\$)" || echo "$o"
	done)" "every option of $p is in its man page"
	none "$(ls docs/man/$p.[18] 2>/dev/null | grep -q . || echo "docs/man/$p.1 is missing")" "$p has a man page"
done

# Scripts at least parse.
none "$(for s in azk .ci/run t/fuzz/run bench/run t/tap-run t/clients/venv t/src/*.sh; do [ -e "$s" ] && ! sh -n "$s" 2>&1 && echo "$s"; done
	for s in t/proto/*.sh t/clients/*.sh; do [ -e "$s" ] && ! bash -n "$s" 2>&1 && echo "$s"; done)" 'every script parses'

done_testing
