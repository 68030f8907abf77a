#!/bin/sh
# The two commands: does azk count right, and say what it cannot do?
set -u
: "${AZEKURA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
cd "$AZEKURA_SRC" || exit 99
. t/src/lib.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

eval "$(sed -n '/^tap_count() {/,/^}/p' azk)"
counts() { printf "$1" >"$tmp/tap"; tap_count "$tmp/tap"; }
is "$(counts 'ok 1 - a\nok 2 - b # SKIP no\nnot ok 3 - c\n# x\n1..3\n')" '1 1 1' 'passed, failed and skipped are told apart'
is "$(counts '1..2\nok 1\nok 2\n')" '2 0 0' 'a plan may stand first'
is "$(counts 'ok 1\nok 2\n')" '2 1 0' 'a stream without a plan is a failure'
is "$(counts 'ok 1\n1..3\n')" '1 1 0' 'so is one that ends early'
is "$(counts 'ok 1\nok 2\n1..1\n')" '2 1 0' 'and one with more tests than planned'
is "$(counts 'ok 1\nBail out! gone\n1..1\n')" '1 1 0' 'a bail-out is a failure'
is "$(counts '1..0 # SKIP nothing here\n')" '0 0 1' 'a suite that skips itself is one skip'
is "$(counts '')" '0 1 0' 'silence is a failure'

# From a copy, so that no build folder of this tree is touched.
cp azk "$tmp/azk"
mkdir "$tmp/bin"
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/dpkg-query"
printf '#!/bin/sh\ntouch "%s/installed"\n' "$tmp" >"$tmp/bin/apt-get"
chmod +x "$tmp/bin/dpkg-query" "$tmp/bin/apt-get"
out=$(PATH=$tmp/bin:$PATH "$tmp/azk" build --no-install 2>&1); code=$?
is "$code" 1 '--no-install stops where a package is missing'
is "$(printf '%s\n' "$out" | grep -c 'libevent-dev')" 1 'and says which'
is "$([ -e "$tmp/installed" ] && echo called)" '' 'and installs nothing'
"$tmp/azk" nonsense >/dev/null 2>&1; is $? 2 'an unknown word is refused'
"$tmp/azk" >/dev/null 2>&1; is $? 2 'and no word at all'
is "$("$tmp/azk" help | head -n 1)" 'usage: ./azk build|run|test [--no-install]' 'help is help'

done_testing
