# rdflib: a record and vocabularies as Turtle and JSON-LD parse, say the same, use only terms that NII's ontology declares, and their addresses here answer.
. "$(dirname "$0")/lib.sh"
need_python rdf
new_repo
cat >"$T/animals.ttl" <<'TTL'
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix e: <http://example.org/animals/> .
e:a a skos:Concept ; skos:prefLabel "animal"@en, "動物"@ja .
e:b a skos:Concept ; skos:prefLabel "bird \"x\" \\ y"@en, "鳥類"@ja ; skos:broader e:a .
e:c a skos:Concept ; skos:prefLabel "crane"@en ; skos:broader e:b .
TTL
"$AZEKURA" admin vocab load "$T/animals.ttl" --data "$DATA" >/dev/null
start_server || exit 1
TOKEN=$(token alice depositor)
id=$(publish_record '{"metadata":{"title":"Rain","additional_titles":[{"title":"雨","type":{"id":"translated-title"},"lang":{"id":"jpn"}}],"resource_type":{"id":"dataset"},
 "languages":[{"id":"eng"}],"description":"Line one\nand \"two\" \\ three","rights":[{"id":"cc-by-4.0"}],"version":"1.0","subjects":[{"subject":"rain"}],
 "creators":[{"person_or_org":{"type":"personal","family_name":"Carberry","given_name":"Josiah","identifiers":[{"scheme":"orcid","identifier":"0000-0002-1825-0097"}]},"affiliations":[{"name":"Brown University"}]}],
 "related_identifiers":[{"identifier":"10.1234/x<y>z","scheme":"doi","relation_type":{"id":"cites"},"resource_type":{"id":"dataset"}}],
 "funding":[{"funder":{"name":"Japan Science and Technology Agency"},"award":{"number":"JPMJ1","title":{"en":"A project"}}}]}}')
onto=(); [ -d "$SHARED/fixtures/vocab" ] && onto=("$SHARED/fixtures/vocab/nii_rdm_ontology.ttl" "$SHARED/fixtures/vocab/nii_dg_ap.ttl")
[ ${#onto[@]} -gt 0 ] && { sed '/^rdm:DataManagementPlan  rdfs:subClassOf/,$d' "${onto[1]}" >"$T/dg.ttl"; onto[1]=$T/dg.ttl; }	# its last statement has a syntax error
"$PYTHON" -X utf8 "$SRC/t/clients/rdf.py" "$BASE" "$id" animals "${onto[@]}" >"$T/verdicts" 2>"$T/trouble"
is "$?" 0 'the whole of it runs'; diag "$(tail -n 3 "$T/trouble")"
while read -r word rest; do if [ "$word" = ok ]; then pass "$rest"; else fail "${rest#ok }"; fi; done <"$T/verdicts"
done_testing
