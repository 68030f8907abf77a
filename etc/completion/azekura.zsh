#compdef azekura
# Completion of azekura(1) for zsh. t/src/completion.sh checks that no command and no option is missing.

_azekura() {
	local -a global commands words_of
	global=('--server[URL of the server]:url:' '--token[who you are]:token:' '--json[one JSON value]' '--quiet[errors only]' '--help[tell more]' '--version[of the program]')
	commands=(init deposit survey watch status edit publish new-version withdraw search show get package login whoami admin)
	if (( CURRENT == 2 )); then
		_arguments -S $global "1:command:($commands)"
		return
	fi
	case $words[2] in
	init) words_of=('--name[shown on pages]:name:' '--email[of the administrator]:address:' '--url[public address]:url:' '--oai-id[of OAI identifiers]:domain:' '*:folder:_files -/') ;;
	deposit) words_of=('--title[title]:text:' '*--creator[Family, Given]:name:' '--license[SPDX identifier]:id:' '--access[who may read]:word:(open embargoed\: restricted closed)'
		'--from[metadata from a file]:file:_files' '--publish[publish at once]' '--strict[no defaults]' '--new-version[of a record]:id:' '--jobs[files at the same time]:number:'
		'--encode-names[percent-encode odd names]' '--resume[go on]' '--restart[begin anew]' '--from-survey[a list made by survey]:file:_files' '*:folder:_files') ;;
	survey) words_of=('--out[the list]:file:_files' '--state[what was seen]:file:_files' '--deep[read every file]' '--across[into other file systems]' '--restart[begin anew]' '*:folder:_files -/') ;;
	watch) words_of=('--per[what a run is]:word:(folder file)' '--run-pattern[names of runs]:pattern:' '--settle[seconds without a change]:number:' '--marker[name that ends a run]:name:'
		'--rescan[seconds between looks]:number:' '--publish[publish at once]' '*--creator[Family, Given]:name:' '--license[SPDX identifier]:id:'
		'--access[who may read]:word:(open embargoed\: restricted closed)' '--from[metadata from a file]:file:_files' '--jobs[files at the same time]:number:'
		'--encode-names[percent-encode odd names]' '--state[journal]:file:_files' '--once[end when nothing is left]' '*:folder:_files -/') ;;
	withdraw) words_of=('--reason[shown on the tombstone]:text:' '--note[more words]:text:' '*:id:') ;;
	search) words_of=('--size[hits a page]:number:' '--cursor[next page]:cursor:' '--sort[order]:word:(bestmatch newest oldest title updated)' '*:words:') ;;
	show) words_of=('--format[metadata format]:name:' '--provenance[who proposed what]' '--plain[ASCII only]' '*:id or file:_files') ;;
	edit) words_of=('--prefill[from the files]' '--confirm[what was proposed]' '--at[only this value]:pointer:' '--schema[metadata schema]:name:' '--set[a member of it]:member=value:' '*:id:') ;;
	publish) words_of=('--confirm[what was proposed]' '*:id:') ;;
	get) words_of=('-o[where to]:folder:_files -/' '--output[where to]:folder:_files -/' '--list[print addresses instead]' '*:id or path:') ;;
	package) words_of=('-o[where to]:file:_files' '--output[where to]:file:_files' '*:kind:(croissant ro-crate bagit zip)') ;;
	admin) words_of=('--data[the repository]:folder:_files -/' '--user[name]:name:' '--role[role]:role:(depositor curator admin)' '--fullname[full name]:name:' '--email[address]:address:'
		'--orcid[ORCID]:orcid:' '--label[of a token]:text:' '--days[until it expires]:number:' '--token[its digits]:digits:' '--group[name]:name:' '--slug[of a community]:slug:' '--community[that a schema is of]:slug:'
		'--name[of a community]:name:' '--description[of a community]:text:' '--bulk[JSON Lines]:file:_files' '--source[name of the source]:name:' '--quick[no digests]' '--to[where to]:folder:_files -/'
		'*:word:(init user token group community vocab schema import rebuild fsck backup stats create list disable enable revoke add remove)') ;;
	*) words_of=('*:id:') ;;
	esac
	shift words
	(( CURRENT-- ))
	_arguments -S $global $words_of
}
_azekura "$@"
