noinst_LIBRARIES += libpackage.a
libpackage_a_SOURCES = \
	%D%/package.c \
	%D%/package.h \
	%D%/pk_bagit.c \
	%D%/pk_croissant.c \
	%D%/pk_files.c \
	%D%/pk_forms.c \
	%D%/pk_int.h \
	%D%/pk_json.c \
	%D%/pk_made.c \
	%D%/pk_meta.c \
	%D%/pk_rocrate.c \
	%D%/pk_turtle.c \
	%D%/pk_zip.c
