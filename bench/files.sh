# Content of files through the API. Up: 2 GB in one request, hashed and durable when the answer comes, beside the slower of hashing and writing
# the same bytes. Down: 1 GB on one connection, and 64 files of 64 KB on 64 connections, beside nginx with the same bytes.
bench_build bench/bare || return
mib=${AZEKURA_BENCH_UPLOAD_MIB:-2048}
head -c "${mib}M" /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 > "$T/up"
repo_new "$T/filesrepo" && serve "$T/filesrepo" || return
with_files=$(echo "$record" | sed 's/"enabled":false/"enabled":true/')
files_draft() { api POST /api/records -d "$with_files" | id_of; }
upload() {
	id=$(files_draft)
	on_client curl -s -K "$T/curlrc" -o "$T/up.out" -w '%{http_code} %{speed_upload}\n' -H 'Content-Type: application/octet-stream' -T "$T/up" \
		"$url/api/records/$id/draft/files/f.bin/content" | awk '$1 != 200 { print "upload failed: " $1 > "/dev/stderr" } $1 == 200 { print $2 }'
	# The content goes with its draft and a day; out of the way of the next round now.
	api DELETE "/api/records/$id/draft" > /dev/null
	rm -f "$T"/filesrepo/staging/content/*/*
}
slower() { { on_server "$BUILD/bench/bare" sha "$T/up"; on_server "$BUILD/bench/bare" write "$T/up" "$T/up.copy"; } | sort -n | head -n 1; }
paired "files: ${mib} MiB upload, hashed and durable, bytes/s" "${AZEKURA_BENCH_UPLOADS:-5}" 0.8 -- upload slower
value "files: private memory after it" "$(($(private_kb $srv) / 1024))" MB 64 lower
rm -f "$T/up"
if ! command -v wrk > /dev/null || ! PATH=$PATH:/usr/sbin command -v nginx > /dev/null; then
	absent "files: download" "nginx or wrk is missing"
	unserve
	return
fi
mkdir -p "$T/static"
head -c 1073741824 /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 > "$T/static/big"
id=$(files_draft)
put_file() { curl -s -K "$T/curlrc" -o "$T/up.out" -H 'Content-Type: application/octet-stream' -T "$T/static/$1" "$url/api/records/$id/draft/files/$1/content"; }
put_file big
i=0
while [ $i -lt 64 ]; do
	head -c 65536 /dev/urandom > "$T/static/f$i"
	put_file f$i
	i=$((i + 1))
done
api POST "/api/records/$id/draft/actions/publish" > "$T/up.out"
curl -s "$url/records/$id/files/f7" | cmp - "$T/static/f7" || return
nginx_on "$T/static" || return
many() { printf 'local n = 0\nfunction request() n = (n + 1) %% 64 return wrk.format("GET", "%s" .. n) end\n' "$1" > "$T/many.lua"; wrk_rate 64 "$2" 3s "$T/many.lua"; }
down() { on_client curl -s -o /dev/null -w '%{http_code} %{speed_download}\n' "$1" | awk '$1 == 200 { print $2 }'; }
down "$url/records/$id/files/big" > /dev/null
down "$peer/big" > /dev/null
paired "files: 1 GB download, bytes/s" 9 0.95 -- 'down "$url/records/$id/files/big"' 'down "$peer/big"'
paired "files: 64 KB, 64 files, 64 connections, req/s" 5 0.8 -- 'many "/records/$id/files/f" "$url"' 'many /f "$peer"'
nginx_off
unserve
rm -rf "$T/static" "$T/filesrepo"
