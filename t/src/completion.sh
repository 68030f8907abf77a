#!/bin/sh
# Shell completion knows every command and option that the program tells in its help, and none that it does not.
set -u
: "${AZEKURA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${AZEKURA_BUILD:=$AZEKURA_SRC/build}"
cd "$AZEKURA_SRC" || exit 99
. t/src/lib.sh
A=$AZEKURA_BUILD/azekura
if [ ! -x "$A" ]; then skip 'completion knows the program' 'azekura is not built'; done_testing; fi

commands=$("$A" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')
none "$([ "$(printf '%s\n' "$commands" | wc -l)" -ge 13 ] || echo "$commands")" 'the help lists the commands'
options=$(for c in $commands; do "$A" "$c" --help; done | grep -oE '(^|[[:space:][|,])--[a-z][a-z-]*' | grep -oE -- '--.*' | sort -u)
for shell in bash zsh; do
	f=etc/completion/azekura.$shell
	none "$(for w in $commands $options; do grep -qE -- "(^|[^a-z-])$w([^a-z-]|\$)" "$f" || echo "$w"; done)" "$shell: every command and option is there"
	none "$(grep -oE -- "(^|[^a-z-])--[a-z][a-z-]*" "$f" | grep -oE -- '--.*' | sort -u | while read -r o; do
		case $o in --help|--version|--output|--resume) continue ;; esac
		printf '%s\n' "$options" | grep -qxF -e "$o" || echo "$o"; done)" "$shell: and none that the program does not know"
done
none "$(bash -n etc/completion/azekura.bash 2>&1)" 'bash reads its file'
none "$(command -v zsh >/dev/null && zsh -n etc/completion/azekura.zsh 2>&1)" 'zsh reads its file'
none "$(bash -c '. etc/completion/azekura.bash; c() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _azekura; echo "${COMPREPLY[*]}"; }
	[ "$(c azekura dep)" = deposit ] || echo "command: $(c azekura dep)"
	[ "$(c azekura --server x deposit --pub)" = --publish ] || echo "option: $(c azekura --server x deposit --pub)"
	[ "$(c azekura admin token create --role d)" = depositor ] || echo "value"
	[ "$(c azekura package id bag)" = bagit ] || echo "kind"')" 'bash completes commands, options and values'
done_testing
