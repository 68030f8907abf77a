# "Temperature in kelvin between 1990 and 2000 over Hokkaido" is a query.
. "$(dirname "$0")/lib.sh"
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
mkdir -p "$T/sapporo" "$T/naha" "$T/plain"
printf '日時,気温(℃),lat,lon,風速 (m/s)\n1991-07-01T00:00:00,12.5,43.06,141.35,3.2\n1995-07-02T00:00:00,24.0,43.07,141.36,8.1\n' >"$T/sapporo/weather.csv"
printf 'time,air_temperature [K],latitude,longitude\n2004-07-01T00:00:00,299.0,26.2,127.6\n2005-07-02T00:00:00,304.1,26.3,127.7\n' >"$T/naha/weather.csv"
printf 'sample,temperature,mass_g\na,10,2.5\nb,20,1250\n' >"$T/plain/run.csv"
a=$(deposit "$T/sapporo" --title 'Sapporo station')
b=$(deposit "$T/naha" --title 'Naha station')
c=$(deposit "$T/plain" --title 'Some runs')
for id in "$a" "$b" "$c"; do ok "files of $id are read" wait_until 60 described "$id"; done
finds() {
	req GET "/api/records?size=50" -G --data-urlencode "q=$1"
	is "$STATUS:$(pick '[.hits.hits[].id] | sort | join(" ")')" "200:$(printf '%s\n' "${@:2}" | sort | sed '/^$/d' | paste -sd' ')" "$1"
}
indexed_all() { req GET '/api/records?size=50' -G --data-urlencode 'q=temperature:[250 TO 350 K]'; [ "$(pick .hits.total)" = 2 ]; }
ok 'variables are indexed' wait_until 30 indexed_all
finds 'temperature:[* TO 400 K] time:[1990 TO 2000] place:Hokkaido' "$a"
finds 'temperature:[280 TO 300 K] time:1990..2000 place:北海道' "$a"
finds '気温:[285 TO 286 K]' "$a"
finds '気温:[300 TO 302 K]' "$b"
finds 'air_temperature:[26 TO 27 °C]' "$b"
finds '"air temperature":[78 TO 80 °F]' "$b"
finds 'temperature:[15 TO 16]' "$a" "$c"
finds 'temperature:[15 TO 16 °C]' "$a"
finds 'mass:[1 TO 2 kg]' "$c"
finds 'mass:[2 TO 3 kg]'
finds 'wind_speed:[20 TO 30 km/h]' "$a"
finds 'place:Okinawa' "$b"
finds 'place:Japan' "$a" "$b"
finds 'bbox:141,43,142,44' "$a"
finds 'bbox:170,-50,-170,50'
finds 'time:[2004-07-02 TO 2004-12-31]' "$b"
finds 'NOT place:Japan' "$c"
finds 'unit:degC' "$a"
finds 'unit:K' "$b"
finds 'concept:air_temperature' "$a" "$b"
finds 'concept:qk:Temperature' "$a" "$b" "$c"
finds 'variable:"air temperature"' "$a" "$b"
finds 'format:text/csv' "$a" "$b" "$c"
req GET '/api/records' -G --data-urlencode 'q=temperature:[1 TO 2 parsnips]'
problem 400 'a unit nobody knows is named'
done_testing
