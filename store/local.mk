noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/accounts.h \
	%D%/catalogue.h \
	%D%/changes.h \
	%D%/deposit.h \
	%D%/facts.h \
	%D%/jobs.h \
	%D%/kv.h \
	%D%/kv_key.h \
	%D%/objects.h \
	%D%/recover.h \
	%D%/repo.h \
	%D%/upkeep.h \
	%D%/upload.h \
	%D%/writer.h
