# TAP for the checks of the tree itself. Sourced at the top of the tree.
TAP_N=0
is() {
	TAP_N=$((TAP_N + 1))
	if [ "$1" = "$2" ]; then echo "ok $TAP_N - $3"; else echo "not ok $TAP_N - $3"; printf 'got:  %s\nwant: %s\n' "$1" "$2" | head -n 60 | sed 's/^/# /'; fi
}
# Passes when the list of findings is empty.
none() {
	TAP_N=$((TAP_N + 1))
	if [ -z "$1" ]; then echo "ok $TAP_N - $2"; else echo "not ok $TAP_N - $2"; printf '%s\n' "$1" | head -n 60 | sed 's/^/# /'; fi
}
# In CI a skip would hide a hole.
skip() {
	TAP_N=$((TAP_N + 1))
	if [ "${CI:-}" = true ]; then echo "not ok $TAP_N - $1: may not be skipped in CI: $2"; else echo "ok $TAP_N - $1 # SKIP $2"; fi
}
done_testing() { echo "1..$TAP_N"; }

# Our C files, one a line: what git knows, or in a release the whole tree.
sources() {
	if [ -e .git ] && git ls-files >/dev/null 2>&1; then git ls-files -co --exclude-standard -- '*.c' '*.h'
	else find . -name 'build*' -prune -o -name 'azekura-[0-9]*' -prune -o -name 'conftest*' -prune -o -name '*.[ch]' ! -name config.h -print | sed 's|^\./||'; fi | sort
}
