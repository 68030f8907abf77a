noinst_LIBRARIES += libschema.a
libschema_a_SOURCES = \
	%D%/access.c \
	%D%/access.h \
	%D%/format.h \
	%D%/pid.c \
	%D%/pid.h \
	%D%/record.h \
	%D%/schema.c \
	%D%/schema.h \
	%D%/schema_int.h \
	%D%/vocab.c \
	%D%/vocab.h

nobase_dist_pkgdata_DATA += \
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
