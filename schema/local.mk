noinst_LIBRARIES += libschema.a
libschema_a_SOURCES = \
	%D%/access.c \
	%D%/access.h \
	%D%/format.h \
	%D%/pid.c \
	%D%/pid.h \
	%D%/record.h \
	%D%/schema.h \
	%D%/schema_int.h \
	%D%/vocab.h
