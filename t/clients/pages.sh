# Chromium: the search page and the landing page, in both languages, wide and narrow, light and dark, without JavaScript. Screenshots are left in build/test/pages.
# needs: chromium
. "$(dirname "$0")/lib.sh"
need_program chromium
new_repo; start_server || exit 1
TOKEN=$(token alice depositor)
id=$(deposit "$SRC/t/data/sample")
wait_until 60 described "$id"
wait_until 10 indexed "$id"
shots=$BUILD/test/pages
mkdir -p "$shots"
TOKEN=''
browser() { timeout 90 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --no-first-run --user-data-dir="$T/chromium" "$@" 2>"$T/chromium.err"; }
dom() { browser --dump-dom --lang="${2:-en}" "$BASE$1"; }

for lang in en ja; do
	for page in / "/records/$id" '/search?q=moisture'; do
		req GET "$page" -H "Accept-Language: $lang"
		is "$STATUS" 200 "$page answers in $lang"
		like "$(tr '\n' ' ' <"$BODY" | head -c 2000)" "<html[^>]* lang=\"?$lang" "$page says that it is in $lang"
		is "$(grep -ciE '<script[^>]*>[^<{]' "$BODY")" 0 "$page needs no program in the browser"
	done
done
html=$(dom "/records/$id")
like "$html" 'Moisture of wood' 'the landing page shows the title'
like "$html" '校倉における木材の含水率' 'and its Japanese half'
like "$html" 'emc\.csv' 'it lists the files'
like "$html" '<svg' 'it draws the columns'
like "$html" 'application/ld\+json' 'it carries JSON-LD for dataset search'
html=$(dom '/search?q=moisture')
like "$html" "$id" 'a search finds the record'
# What a screen reader and a keyboard need.
for page in / "/records/$id"; do
	html=$(dom "$page")
	like "$html" '<main' "$page has a main landmark"
	like "$html" '<h1' "$page has a heading of the first order"
	is "$(printf '%s' "$html" | grep -o '<img[^>]*>' | grep -vc 'alt=')" 0 "$page names every picture"
	is "$(printf '%s' "$html" | tr '\n' ' ' | grep -oE '<input[^>]*>' | grep -vE 'type="?(hidden|submit)|aria-label|id=' | grep -c .)" 0 "$page labels every field"
done
for size in 1280,1600 390,1400; do
	for page in / "/records/$id"; do
		case $page in /) name=home ;; *) name=landing ;; esac
		name=$shots/$name-${size%,*}
		browser --window-size="$size" --screenshot="$name.png" "$BASE$page" >/dev/null
		ok "$page is drawn at $size" test -s "$name.png"
	done
done
browser --window-size=1280,1600 --force-dark-mode --enable-features=WebContentsForceDark --screenshot="$shots/landing-dark.png" "$BASE/records/$id" >/dev/null
ok 'the landing page is drawn dark' test -s "$shots/landing-dark.png"
done_testing
