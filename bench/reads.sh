# A small record as JSON, from the API, beside nginx with the same bytes as a static file; 64 connections kept alive.
if ! command -v wrk > /dev/null || ! PATH=$PATH:/usr/sbin command -v nginx > /dev/null; then
	absent "reads" "nginx or wrk is missing"
	return
fi
repo_new "$T/reads" && serve "$T/reads" || return
id=$(draft_new)
api POST "/api/records/$id/draft/actions/publish" > /dev/null
mkdir -p "$T/static"
curl -s "$url/api/records/$id" > "$T/static/record.json"
nginx_on "$T/static" || return
wrk_rate 64 "$url/api/records/$id" 1s > /dev/null
wrk_rate 64 "$peer/record.json" 1s > /dev/null
: > "$T/p99"
paired "reads: record as JSON, $(wc -c < "$T/static/record.json") bytes, 64 connections, req/s" 5 0.5 -- 'wrk_rate 64 "$url/api/records/$id"; wrk_p99 >> "$T/p99"' 'wrk_rate 64 "$peer/record.json"; wrk_p99 >> "$T/p99.peer"'
value "reads: the same, 99th percentile (peer: $(median < "$T/p99.peer"))" "$(median < "$T/p99")" ms 5 lower
nginx_off
unserve
