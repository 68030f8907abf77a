noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/admin.c %D%/admin.h \
	%D%/accounts.c \
	%D%/accounts.h \
	%D%/backup.c \
	%D%/batch.c %D%/batch.h \
	%D%/cat_feed.c \
	%D%/cat_file.c \
	%D%/cat_int.h \
	%D%/cat_link.c \
	%D%/cat_open.c \
	%D%/cat_rec.c \
	%D%/cat_row.c \
	%D%/cat_set.c \
	%D%/catalogue.h \
	%D%/changes.c \
	%D%/changes.h \
	%D%/dep_event.c \
	%D%/dep_files.c \
	%D%/dep_int.h \
	%D%/dep_life.c \
	%D%/dep_purge.c \
	%D%/dep_run.c \
	%D%/dep_turn.c \
	%D%/deposit.c \
	%D%/deposit.h \
	%D%/facts.c \
	%D%/facts.h \
	%D%/forms.c \
	%D%/forms.h \
	%D%/fixity.c \
	%D%/jobs.c \
	%D%/jobs.h \
	%D%/jobs_int.h \
	%D%/kv.c \
	%D%/kv.h \
	%D%/kv_int.h \
	%D%/kv_key.c \
	%D%/kv_key.h \
	%D%/media.c \
	%D%/media_int.h \
	%D%/obj_fs.c \
	%D%/objects.h \
	%D%/ocfl.c \
	%D%/ocfl.h \
	%D%/ocfl_int.h \
	%D%/ocfl_inv.c \
	%D%/ocfl_walk.c \
	%D%/pack.c \
	%D%/pack_int.h \
	%D%/pack_read.c \
	%D%/rebuild.c \
	%D%/recover.c \
	%D%/recover.h \
	%D%/repo.c \
	%D%/repo.h \
	%D%/settings.c \
	%D%/staged.c \
	%D%/upkeep.h \
	%D%/upload.c \
	%D%/upload.h \
	%D%/vocabs.c %D%/vocabs.h %D%/vocabs_int.h \
	%D%/vocabs_load.c \
	%D%/vocabs_term.c \
	%D%/writer.c \
	%D%/writer.h \
	%D%/writer_int.h
