# Sickle and xmllint: a harvester others wrote takes everything, then only what changed, then what was withdrawn.
# needs: libxml2-utils
. "$(dirname "$0")/lib.sh"
need_python oai
need_program xmllint
new_repo; start_server || exit 1
TOKEN=$(token alice curator)
ids=()
for i in 1 2 3 4 5 6 7; do
	ids+=("$(publish_record '{"metadata":{"title":"Rain in town '$i' / 雨 '$i'"}}')")
done
is "$(printf '%s\n' "${ids[@]}" | grep -c .)" 7 'seven records are published'

cat >"$T/harvest.py" <<'PY'
import datetime, sys
from sickle import Sickle
base, what = sys.argv[1], sys.argv[2]
s = Sickle(base + "/oai", timeout=60)
if what == "identify":
    i = s.Identify()
    assert i.protocolVersion == "2.0" and i.deletedRecord == "persistent", vars(i)
    assert i.baseURL == base + "/oai", i.baseURL
    assert {f.metadataPrefix for f in s.ListMetadataFormats()} >= {"oai_dc", "oai_datacite"}
    print(len(list(s.ListSets())))
elif what == "all":
    for prefix in ("oai_dc", "oai_datacite"):
        got = list(s.ListRecords(metadataPrefix=prefix, ignore_deleted=False))
        ids = [r.header.identifier for r in got]
        assert len(ids) == len(set(ids)) == int(sys.argv[3]), ids
        assert {h.identifier for h in s.ListIdentifiers(metadataPrefix=prefix, ignore_deleted=False)} == set(ids)
    titles = [t for r in s.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True) for t in r.metadata["title"]]
    assert any("雨 5" in t for t in titles), titles
    one = s.GetRecord(identifier=ids[0], metadataPrefix="oai_dc")
    assert one.header.identifier == ids[0]
elif what == "since":
    got = list(s.ListRecords(**{"metadataPrefix": "oai_dc", "from": sys.argv[3], "ignore_deleted": False}))
    print(" ".join(sorted(r.header.identifier.split(":")[-1] + ("-" if r.deleted else "") for r in got)))
PY
sickle() { "$PYTHON" -X utf8 "$T/harvest.py" "$BASE" "$@"; }
ok 'Sickle reads Identify, formats and sets' sickle identify
ok 'Sickle harvests every record in both formats, each once' sickle all 7

# What changes later is all that a later harvest brings.
later() { now=$(date -u +%FT%TZ); [ "$now" != "$1" ]; }
wait_until 5 later "$(date -u +%FT%TZ)"
since=$(date -u +%FT%TZ)
api POST "/api/records/${ids[1]}/draft" && api PUT "/api/records/${ids[1]}/draft" "$(jq -c '.metadata.title = "Rain, revised"' "$BODY")" && publish_draft "${ids[1]}" >/dev/null
ok 'a record is withdrawn' "$AZEKURA" --server "$BASE" --token "$TOKEN" withdraw "${ids[2]}" --reason test
want=$(printf '%s\n%s-\n' "${ids[1]}" "${ids[2]}" | sort | tr '\n' ' ')
is "$(sickle since "$since") " "$want" 'a later harvest brings the revision and the deletion, and nothing else'
ok 'the deletion is part of every full harvest' sickle all 7

# The same from day to day: the server ends and starts between the pages of one harvest, with a page of two records.
printf 'oai.page = 2\n' >>"$DATA/azekura.conf"
port=${BASE##*:}
restart_on_port() { stop_server; "$AZEKURAD" --data "$DATA" --listen "127.0.0.1:$port" >"$T/listening" 2>>"$SERVER_LOG" & SERVER_PID=$!; wait_until 60 lib_listening_or_dead && lib_listening; }
restart_on_port || diag "$(tail -n 5 "$SERVER_LOG")"
cat >"$T/slow.py" <<'PY'
import sys
from sickle import Sickle
# One record a line; after each page the other side says when to go on.
it = Sickle(sys.argv[1] + "/oai", timeout=60, max_retries=5).ListRecords(metadataPrefix="oai_dc", ignore_deleted=False)
for n, r in enumerate(it, 1):
    print(r.header.identifier, "deleted" if r.deleted else "live", flush=True)
    if n % 2 == 0:
        sys.stdin.readline()
PY
coproc SLOW { "$PYTHON" -X utf8 "$T/slow.py" "$BASE" 2>"$T/slow.err"; }
slow_in=${SLOW[1]} slow_out=${SLOW[0]}
: >"$T/slow.out"
while IFS= read -r line <&"$slow_out"; do
	printf '%s\n' "$line" >>"$T/slow.out"
	if [ $(($(wc -l <"$T/slow.out") % 2)) = 0 ]; then restart_on_port; echo go >&"$slow_in"; fi
done
is "$(sort -u "$T/slow.out" | wc -l) $(wc -l <"$T/slow.out") $(grep -c deleted "$T/slow.out")" '7 7 1' 'Sickle goes on though the server starts anew between any two pages'

need_shared schemas/catalog.xml
export XML_CATALOG_FILES=$SHARED/schemas/catalog.xml
valid() { curl -sS "$BASE/oai?$2" >"$T/oai.xml" && xmllint --nonet --noout --schema "$SHARED/schemas/drivers/oai-response-$1.xsd" "$T/oai.xml"; }
for q in verb=Identify verb=ListSets verb=ListMetadataFormats 'verb=ListRecords&metadataPrefix=oai_dc' 'verb=ListIdentifiers&metadataPrefix=oai_dc' verb=Nonsense \
	'verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:y'; do
	ok "$q answers by the schema" valid oai_dc "$q"
done
ok 'oai_datacite answers by the schema' valid datacite_4.6 'verb=ListRecords&metadataPrefix=oai_datacite'
done_testing
