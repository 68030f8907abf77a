noinst_LIBRARIES += libschema.a
libschema_a_SOURCES = \
	%D%/access.c \
	%D%/access.h \
	%D%/assertion.c \
	%D%/assertion.h \
	%D%/describe.c \
	%D%/describe.h \
	%D%/format.c \
	%D%/format.h \
	%D%/invenio.c \
	%D%/lookup.c \
	%D%/lookup.h \
	%D%/map_int.h \
	%D%/map_parse.c \
	%D%/normalise.c \
	%D%/patch.c \
	%D%/patch.h \
	%D%/pid.c \
	%D%/pid.h \
	%D%/record.c \
	%D%/record.h \
	%D%/record_int.h \
	%D%/render.c \
	%D%/schema.c \
	%D%/schema.h \
	%D%/schema_int.h \
	%D%/unit.c \
	%D%/unit.h \
	%D%/unit_int.h \
	%D%/unit_table.c \
	%D%/validate.c \
	%D%/vocab.c \
	%D%/vocab.h \
	%D%/xwalk_expr.c \
	%D%/xwalk_fn.c \
	%D%/xwalk_write.c

nobase_dist_pkgdata_DATA += \
	%D%/formats/azekura.map \
	%D%/formats/common.inc \
	%D%/formats/csl.map \
	%D%/formats/datacite-json.map \
	%D%/formats/datacite.inc \
	%D%/formats/datacite.map \
	%D%/formats/oai_datacite.map \
	%D%/formats/oai_dc.map \
	%D%/formats/schema-org.map \
	%D%/vocab/access_rights.tsv \
	%D%/vocab/contributor_types.tsv \
	%D%/vocab/countries.tsv \
	%D%/vocab/date_types.tsv \
	%D%/vocab/description_types.tsv \
	%D%/vocab/e_rad_fields.tsv \
	%D%/vocab/funder_identifier_types.tsv \
	%D%/vocab/general_types.tsv \
	%D%/vocab/identifier_types.tsv \
	%D%/vocab/invenio_types.tsv \
	%D%/vocab/languages.tsv \
	%D%/vocab/licences.tsv \
	%D%/vocab/name_identifier_schemes.tsv \
	%D%/vocab/relation_types.tsv \
	%D%/vocab/resource_types.tsv \
	%D%/vocab/resource_types_old.tsv \
	%D%/vocab/subject_schemes.tsv \
	%D%/vocab/title_types.tsv \
	%D%/vocab/version_types.tsv
