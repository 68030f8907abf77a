# Client suites: programs that others wrote, against a real server. They install things, so "make check" leaves them to ./azk test.
EXTRA_DIST += \
	%D%/crate_cache.py \
	%D%/croissant.sh \
	%D%/deposit_text.py \
	%D%/hostile-text.json \
	%D%/invenio.sh \
	%D%/lib.sh \
	%D%/npm/package-lock.json \
	%D%/npm/package.json \
	%D%/oai-cases.sh \
	%D%/oai.sh \
	%D%/oai_cases.py \
	%D%/oai_lib.py \
	%D%/openapi.sh \
	%D%/pages.js \
	%D%/pages.sh \
	%D%/preservation.sh \
	%D%/requirements \
	%D%/rdf.py \
	%D%/rdf.sh \
	%D%/rocrate.sh \
	%D%/signposting.sh \
	%D%/tus.sh \
	%D%/units.sh \
	%D%/venv
# Built by units.sh.
EXTRA_PROGRAMS += %D%/unit_say
t_clients_unit_say_SOURCES = %D%/unit_say.c
t_clients_unit_say_LDADD = libschema.a $(BASE_LIBS)
