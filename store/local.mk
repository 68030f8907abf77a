noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/accounts.h \
	%D%/catalogue.h \
	%D%/changes.h \
	%D%/deposit.h \
	%D%/facts.h \
	%D%/jobs.h \
	%D%/kv.c \
	%D%/kv.h \
	%D%/kv_int.h \
	%D%/kv_key.c \
	%D%/kv_key.h \
	%D%/obj_fs.c \
	%D%/objects.h \
	%D%/ocfl.c \
	%D%/ocfl.h \
	%D%/ocfl_int.h \
	%D%/ocfl_inv.c \
	%D%/recover.h \
	%D%/repo.h \
	%D%/upkeep.h \
	%D%/upload.h \
	%D%/writer.c \
	%D%/writer.h \
	%D%/writer_int.h
