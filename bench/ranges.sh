# Values, time and place of 100,000 datasets: the interval tree beside a walk over the intervals of all.
make -C "$BUILD" -s bench/ranges > /dev/null 2>&1
"$BUILD/bench/ranges" "$T/ranges" "${AZEKURA_BENCH_DOCS:-100000}" > "$T/ranges.out"
while read -r what hits ms walk; do
	case $what in
	build) row "index $hits datasets with intervals" "$(awk -v m="$ms" 'BEGIN { printf "%.1f s", m / 1000 }')" - - "$(du -m "$T/ranges/data.mdb" | cut -f1) MB" ;;
	values) ratio "temperature:[249.9 TO 250 K], $hits hits (ms; peer: walk)" "$ms" "$walk" 0.33 lower ;;
	edge) ratio "temperature:[316 TO * K], $hits hits (ms; peer: walk)" "$ms" "$walk" 0.33 lower ;;
	time) ratio "time: two days, $hits hits (ms; peer: walk)" "$ms" "$walk" 0.1 lower ;;
	box) value "bbox: Hokkaido, $hits hits" "$ms" ms 20 lower ;;
	all) value "kelvin, 1990 to 2000, over Hokkaido, $hits hits" "$ms" ms 50 lower ;;
	esac
done < "$T/ranges.out"
