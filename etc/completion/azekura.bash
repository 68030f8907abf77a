# Completion of azekura(1) for bash. t/src/completion.sh checks that no command and no option is missing.

_azekura() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd='' word i
	local global='--server --token --json --quiet --help --version'
	local commands='init deposit survey watch status edit publish new-version withdraw search show get package login whoami admin'

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--server|--token) i=$((i + 1)) ;;
		-*) ;;
		*) cmd=$word; break ;;
		esac
	done
	COMPREPLY=()
	case $prev in
	--from|--from-survey|--out|--state|--bulk|-o|--output|--to|--data) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	--access) mapfile -t COMPREPLY < <(compgen -W 'open embargoed: restricted closed' -- "$cur"); return ;;
	--per) mapfile -t COMPREPLY < <(compgen -W 'folder file' -- "$cur"); return ;;
	--role) mapfile -t COMPREPLY < <(compgen -W 'depositor curator admin' -- "$cur"); return ;;
	--sort) mapfile -t COMPREPLY < <(compgen -W 'bestmatch newest oldest title updated' -- "$cur"); return ;;
	esac
	case $cmd in
	'') word="$commands $global" ;;
	init) word='--name --email --url --oai-id' ;;
	deposit) word='--title --creator --license --access --from --publish --strict --new-version --jobs --encode-names --resume --restart --from-survey' ;;
	survey) word='--out --state --deep --across --restart' ;;
	watch) word='--per --run-pattern --settle --marker --rescan --publish --creator --license --access --from --jobs --encode-names --state --once' ;;
	withdraw) word='--reason --note' ;;
	search) word='--size --cursor --sort' ;;
	show) word='--format --provenance --plain' ;;
	edit) word='--prefill --confirm --at --schema --set' ;;
	publish) word='--confirm' ;;
	get) word='-o --output --list' ;;
	package) word='croissant ro-crate bagit zip -o --output' ;;
	admin) word='init user token group community vocab schema import rebuild fsck backup stats create list disable enable revoke add remove
		--data --user --role --fullname --email --orcid --label --days --token --group --slug --name --description --bulk --source --quick --to --community' ;;
	*) word='' ;;
	esac
	[ -n "$cmd" ] && word="$word --server --token --json --quiet --help"
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
	case $cmd in
	show) [[ $cur == -* ]] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
	init|deposit|survey|watch|get) [[ $cur == -* ]] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur") ;;
	esac
}
complete -o filenames -F _azekura azekura
