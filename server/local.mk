noinst_LIBRARIES += libserver.a
libserver_a_SOURCES = \
	%D%/api.h \
	%D%/api_archive.c \
	%D%/api_common.c \
	%D%/api_file.c \
	%D%/api_misc.c \
	%D%/api_prefill.c \
	%D%/api_record.c \
	%D%/api_search.c \
	%D%/api_upload.c \
	%D%/api_variables.c \
	%D%/api_schema.c \
	%D%/api_vocab.c \
	%D%/expand.c %D%/expand.h \
	%D%/auth.c %D%/auth.h \
	%D%/cache.c %D%/cache.h \
	%D%/daemon.c %D%/daemon.h \
	%D%/events.c %D%/events.h \
	%D%/export.c %D%/export.h \
	%D%/find.h \
	%D%/html.c %D%/html.h \
	%D%/negotiate.c %D%/negotiate.h \
	%D%/openapi.c \
	%D%/ops.c \
	%D%/oai.c %D%/oai.h \
	%D%/oai_token.c \
	%D%/page_form.c \
	%D%/page_identifier.c \
	%D%/page_inside.c \
	%D%/page_parts.h \
	%D%/page_ready.c \
	%D%/page_seen.c \
	%D%/figure.c %D%/figure.h %D%/coast.h \
	%D%/page_record.c \
	%D%/page_search.c \
	%D%/problem.c \
	%D%/put.c %D%/put.h \
	%D%/rec_json.c \
	%D%/req.c %D%/req.h \
	%D%/route.c %D%/route.h \
	%D%/runner.c %D%/runner.h \
	%D%/serve.c %D%/serve.h \
	%D%/signpost.c \
	%D%/site.h \
	%D%/words.c %D%/words.h

# The style sheet and the script travel inside the program.
EXTRA_DIST += %D%/page.js %D%/style.css
BUILT_SOURCES += server/page_js.inc server/style_css.inc
CLEANFILES += server/page_js.inc server/style_css.inc
as_text = $(AM_V_GEN)$(MKDIR_P) server && sed -e 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/'
server/page_js.inc: $(srcdir)/server/page.js
	$(as_text) $(srcdir)/server/page.js >$@.tmp && mv $@.tmp $@
server/style_css.inc: $(srcdir)/server/style.css
	$(as_text) $(srcdir)/server/style.css >$@.tmp && mv $@.tmp $@
server/html.$(OBJEXT): server/page_js.inc server/style_css.inc

sbin_PROGRAMS += azekurad
azekurad_SOURCES = %D%/main.c
azekurad_LDADD = libserver.a $(UPPER_LIBS)
