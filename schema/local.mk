noinst_LIBRARIES += libschema.a
libschema_a_SOURCES = \
	%D%/access.h \
	%D%/format.h \
	%D%/pid.h \
	%D%/record.h \
	%D%/schema.h \
	%D%/schema_int.h \
	%D%/vocab.h
