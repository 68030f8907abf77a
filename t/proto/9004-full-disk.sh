#!/bin/bash
# The room that store.reserve names is kept; a disk that is full is said so (507), reads go on, and all works again when there is room.
. "$AZEKURA_SRC/t/proto/lib.sh"
new_repo
printf 'store.reserve = 16T\n' >>"$DATA/azekura.conf"
start_server
TOKEN=$(token alice depositor)
printf 'some rain\n' >"$T/rain.txt"
id=$(new_draft)
ok_status 507 PUT "/api/records/$id/draft/files/rain.txt/content" --upload-file "$T/rain.txt"
problem 507 'less room than the reserve: uploads are refused'
stop_server
sed -i 's/^store.reserve = 16T$/store.reserve = 0/' "$DATA/azekura.conf"
start_server
ok_status 200 PUT "/api/records/$id/draft/files/rain.txt/content" --upload-file "$T/rain.txt"
stop_server

# A disk of its own, where this may mount one.
mkdir "$T/disk"
if ! mount -t tmpfs -o size=40m tmpfs "$T/disk" 2>/dev/null; then
	skip 'a full disk' 'no file system can be mounted here'
	done_testing
fi
trap 'code=$?; umount -l "$T/disk"; (exit $code); lib_end' EXIT
new_repo "$T/disk/data"
printf 'store.reserve = 0\nstore.map-size = 1M\n' >>"$DATA/azekura.conf"
start_server
TOKEN=$(token alice depositor)
id=$(new_draft)
put_file "$id" rain.txt "$T/rain.txt"
publish_draft "$id" >/dev/null
bad='' full=0
for rest in 0 4096 8192 20000 50000 100000; do
	room=$(($(df --output=avail -B1 "$T/disk" | tail -n 1) - rest))
	head -c "$room" /dev/zero >"$T/disk/fill" 2>/dev/null
	for _ in 1 2 3 4 5 6; do
		req POST /api/records -H 'Content-Type: application/json' -d "$LIB_MINIMAL"
		case $STATUS in 201) ;; 507) full=$((full + 1)) ;; *) bad="$bad $STATUS: $(body)" ;; esac
	done
	req GET "/records/$id/files/rain.txt"
	[ "$STATUS" = 200 ] || bad="$bad read $STATUS"
	rm "$T/disk/fill"
	req POST /api/records -H 'Content-Type: application/json' -d "$LIB_MINIMAL"
	[ "$STATUS" = 201 ] || bad="$bad again $STATUS: $(body)"
done
is "$bad" '' 'a full disk is always answered with 507; reads go on; it works again at once'
ok 'and it was full' test "$full" -gt 5
done_testing
