# The HTTP layer with nothing above it (bench/net_serve) beside nginx: same files, server on one core, client on the other.
make -s -C "$BUILD" bench/net_serve || return
files=$T/files
mkdir -p "$files" "$T/ngx"
head -c 1024 /dev/urandom > "$files/1k"
head -c 65536 /dev/urandom > "$files/64k"
head -c 1073741824 /dev/zero > "$files/1g"
"$BUILD/bench/net_serve" 127.0.0.1:0 "$files" > "$T/net.out" 2> "$T/net.err" &
net_pid=$!
taskset -p -c 0 $net_pid > /dev/null
until [ -s "$T/net.out" ]; do kill -0 $net_pid || return; sleep 0.05; done
ours=http://127.0.0.1:$(sed -n 's/^listening //p' "$T/net.out")
peer_pid=
if PATH=$PATH:/usr/sbin command -v nginx > /dev/null && command -v wrk > /dev/null; then
	port=18081
	while curl -s -m 1 -o /dev/null "http://127.0.0.1:$port/"; do port=$((port + 1)); done
	cat > "$T/nginx.conf" <<-END
	worker_processes 1; daemon off; master_process off; pid $T/ngx/pid; error_log $T/ngx/err warn;
	events { worker_connections 4096; }
	http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; open_file_cache max=1000 inactive=60s;
	client_body_temp_path $T/ngx/b; proxy_temp_path $T/ngx/p; fastcgi_temp_path $T/ngx/f; uwsgi_temp_path $T/ngx/u; scgi_temp_path $T/ngx/s;
	server { listen 127.0.0.1:$port; root $files; } }
	END
	PATH=$PATH:/usr/sbin taskset -c 0 nginx -c "$T/nginx.conf" & peer_pid=$!	# not on_server: its shell would get the signal
	peer=http://127.0.0.1:$port
	until curl -s -m 1 -o /dev/null "$peer/1k"; do kill -0 $peer_pid || break; sleep 0.05; done
	rate() { on_client wrk -t1 -c64 -d3s --latency "$1" > "$T/wrk"; awk '/Requests.sec/ { print $2 }' "$T/wrk"; }
	down() { for i in 1 2 3; do on_client curl -s -o /dev/null -w '%{speed_download}\n' "$1"; done | sort -n | sed -n 2p; }
	rate "$ours/mem/1024" > /dev/null
	a=$(rate "$ours/mem/1024"); p99=$(awk '/99%/ { v = $2; u = v; sub(/[0-9.]+/, "", u); sub(/[a-z]+$/, "", v); print u == "us" ? v / 1000 : u == "ms" ? v : v * 1000 }' "$T/wrk")
	b=$(rate "$peer/1k")
	ratio "net: 1 KB from memory, 64 connections, req/s" "$a" "$b" 0.5
	value "net: the same, 99th percentile" "$p99" ms 5 lower
	ratio "net: 64 KB files, 64 connections, req/s" "$(rate "$ours/64k")" "$(rate "$peer/64k")" 0.8
	ratio "net: 1 GB file, bytes/s" "$(down "$ours/1g")" "$(down "$peer/1g")" 0.95
else
	absent "net: replies and files" "nginx or wrk is missing"
fi
sha=$(on_server openssl speed -evp sha256 -bytes 1048576 -seconds 1 2> /dev/null | awk '/^sha256|^SHA256/ { sub(/k$/, "", $2); print $2 * 1000 }')
up=$(on_client curl -s -o /dev/null -w '%{speed_upload}\n' -T "$files/1g" "$ours/hash")
ratio "net: 1 GB upload, hashed by a worker (informative)" "$up" "$sha" 0
value "net: peak resident memory" "$(awk '/VmHWM/ { print $2 / 1024 }' "/proc/$net_pid/status")" MB 32 lower
kill $net_pid $peer_pid
wait $net_pid $peer_pid 2> /dev/null
rm -rf "$files"
