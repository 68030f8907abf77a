# Chromium, axe and html-validate: the pages as people meet them, in both languages, wide and narrow, light and dark, with and without scripts, and with
# what a hostile depositor may write. Screenshots are left in build/test/pages.
# needs: chromium nodejs npm
. "$(dirname "$0")/lib.sh"
need_program chromium python3
need_npm
new_repo; start_server || exit 1
TOKEN=$(token alice admin)

# --- Records of every kind ---------------------------------------------------------------------------------------------
id=$(deposit "$SRC/t/data/sample")
wait_until 60 described "$id"
mkdir -p "$T/small/sub" "$T/small/測定/深い"
printf 'station,temperature [K],kind\nA,280.5,wet\nB,281.25,wet\nC,279.75,dry\n' >"$T/small/測定/深い/weather.csv"
printf '地点,気温\n京都,12.5\n奈良,11.0\n' | iconv -f utf-8 -t cp932 >"$T/small/sub/kion.csv"
declare -A rec=([tables]=$id)
rec[old]=$(deposit "$T/small" --title 'Weather of two towns' --creator '気象, 太郎' --license CC-BY-4.0)
rec[newer]=$(deposit "$T/small" --title 'Weather of two towns' --creator '気象, 太郎' --license CC-BY-NC-4.0 --new-version "${rec[old]}")
rec[embargoed]=$(deposit "$T/small" --title 'Under embargo' --creator 'Sato, Hanako' --license CC0-1.0 --access embargoed:2090-04-01)
rec[restricted]=$(deposit "$T/small" --title 'Shared on request' --creator 'Sato, Hanako' --license CC-BY-4.0 --access restricted)
rec[closed]=$(deposit "$T/small" --title '非公開の記録' --creator '鈴木, 一郎' --license CC-BY-4.0 --access closed)
# Two of many kinds: crystals, curves and pictures; places, arrays, sounds and archives.
python3 "$SRC/t/data/make_mixed.py" "$T/mixed"
rec[matter]=$(deposit "$T/mixed/matter" --title 'Salt and chlorophyll' --creator 'Sato, Hanako' --license CC-BY-4.0)
rec[places]=$(deposit "$T/mixed/places" --title '池の気温と植物' --creator '鈴木, 一郎' --license CC-BY-4.0)
rec[gone]=$(deposit "$T/small" --title 'Withdrawn' --creator 'Sato, Hanako' --license CC-BY-4.0)
AZEKURA_SERVER=$BASE AZEKURA_TOKEN=$TOKEN "$AZEKURA" withdraw "${rec[gone]}" --reason 'consent was withdrawn' >/dev/null 2>&1
wait_until 60 described "${rec[newer]}"
wait_until 30 indexed "${rec[newer]}"
seen() { [ "$(curl -s "$BASE/api/records/$1/facts" | jq '.files.waiting == 0 and .files.read > 3')" = true ]; }
ok 'what is inside many kinds of files is read' wait_until 60 seen "${rec[matter]}"
ok 'of all' wait_until 60 seen "${rec[places]}"
declare -A path=([home]=/ [search]='/search?q=weather' [all]='/search' [narrow]='/search?type=c_ddb1&sort=title' [nothing]='/search?q=zzzyyyxxx' [bad]='/search?q=%28weather' [fault]='/no/such/place')
declare -A want=([bad]=400 [fault]=404 [gone]=410)
for k in "${!rec[@]}"; do path[$k]=/records/${rec[$k]}; done
TOKEN=''
pages=[] files=()
for k in "${!path[@]}"; do
	pages=$(jq -c --arg n "$k" --arg p "${path[$k]}" --argjson s "${want[$k]:-200}" '. + [[$n, $p, $s]]' <<<"$pages")
	for lang in en ja; do
		req GET "${path[$k]}" -H "Accept-Language: $lang" -H 'Accept: text/html'
		cp "$BODY" "$T/$k-$lang.html"
		files+=("$T/$k-$lang.html")
	done
done

# --- The markup --------------------------------------------------------------------------------------------------------
cat >"$T/rules.json" <<'JSON'
{"root": true, "extends": ["html-validate:standard", "html-validate:a11y"],
 "rules": {"long-title": "off", "no-trailing-whitespace": "off", "no-inline-style": "error", "require-sri": "off", "doctype-style": "off", "no-raw-characters": "off"}}
JSON
ok "html-validate finds nothing in ${#files[@]} pages" node "$NODE_PATH/html-validate/bin/html-validate.js" --config "$T/rules.json" "${files[@]}"
printf '<!DOCTYPE html><html lang="en"><head><title>x</title></head><body><p><div></p><img src="x"></body></html>\n' >"$T/wrong.html"
not_ok 'and would have found something' node "$NODE_PATH/html-validate/bin/html-validate.js" --config "$T/rules.json" "$T/wrong.html"
req GET "${path[tables]}" -H 'Accept: text/html'
page=$(cat "$BODY")
like "$page" 'Moisture of wood' 'the landing page shows the title'
like "$page" '校倉における木材の含水率' 'and its Japanese half'
like "$page" 'emc\.csv' 'it lists the files'
like "$page" '<svg class="hist"' 'it draws the columns'
is "$(grep -oE '<script[^>]*>[^<]' "$BODY" | grep -vc 'application/ld+json')" 0 'it holds no program of its own'
req GET "${path[matter]}" -H 'Accept: text/html'
for what in crystal plot; do like "$(body)" "<svg class=\"$what\"" "it draws a $what"; done
like "$(body)" 'thumbnails/' 'and a picture'
req GET "${path[places]}" -H 'Accept: text/html'
for what in map plot; do like "$(body)" "<svg class=\"$what\"" "it draws a $what"; done
like "$(body)" 'sampling rate</span> 8.000 Hz' 'numbers have units'
like "$(body)" '<details class="plain"><summary>wide.csv <span class="dim">30 rows, 50 columns' 'a wide table is closed'
ok 'the page of a few files of matter is below 50 kB' test "$(wc -c <"$T/matter-ja.html")" -lt 50000
ok 'with fifty columns, a map and a curve below 80 kB' test "$(wc -c <"$T/places-ja.html")" -lt 80000
req GET "${path[embargoed]}" -H 'Accept: text/html' -H 'Accept-Language: ja'
like "$(body)" '公開期間猶予' 'an embargo is named in the words of the field'
like "$(body)" '2090年4月1日' 'and says when it ends'

# --- The browser -------------------------------------------------------------------------------------------------------
TOKEN=$(token mallory admin)
python3 -X utf8 "$SRC/t/clients/deposit_text.py" "$BASE" "$TOKEN" "$SRC/t/clients/hostile-text.json" >"$T/hostile.json" 2>"$T/hostile.err" || diag "$(tail -n 5 "$T/hostile.err")"
is "$(jq '(.hostile | length) >= 60 and .refused == [] and .named > 40' "$T/hostile.json" 2>/dev/null)" true 'the hostile records are published'
[ "$(jq '.refused | length' "$T/hostile.json")" = 0 ] || diag "$(jq -c '.refused[:3]' "$T/hostile.json")"
wait_until 60 described "$(jq -r .files "$T/hostile.json")"
mkdir "$T/active"
printf '<!DOCTYPE html><title>x</title><script>document.title="pwned";document.documentElement.dataset.pwned=1;alert(1)</script><p onclick="alert(2)">x' >"$T/active/a.html"
printf '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><script>document.documentElement.setAttribute("data-pwned",1)</script></body></html>' >"$T/active/b.xhtml"
printf '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>document.documentElement.setAttribute("data-pwned",1)</script></svg>' >"$T/active/c.svg"
a=$(deposit "$T/active" --title 'Active files' --creator 'Mallory, M' --license CC0-1.0)
TOKEN=''
shots=$BUILD/test/pages
mkdir -p "$shots"
jq -n --arg base "$BASE" --arg chromium "$(command -v chromium)" --argjson pages "$pages" --arg shots "$shots" --arg a "/records/$a/files/" --slurpfile h "$T/hostile.json" \
	'{base: $base, chromium: $chromium, pages: $pages, shots: $shots, hostile: $h[0].hostile, marks: $h[0].marks, active: [$a + "a.html", $a + "b.xhtml", $a + "c.svg"]}' >"$T/plan.json"
timeout 800 node "$SRC/t/clients/pages.js" "$T/plan.json" >"$T/browser.out" 2>"$T/browser.err"
while IFS='	' read -r what name seen; do
	case $what in
	ok) pass "$name" ;;
	no) fail "$name" "$seen" ;;
	end) pass 'the browser did all its work' ;;
	esac
done <"$T/browser.out"
grep -q '^end$' "$T/browser.out" || fail 'the browser did all its work' "$(tail -n 20 "$T/browser.err")"
done_testing
