noinst_LIBRARIES += libindexer.a
libindexer_a_SOURCES = \
	%D%/apply.c \
	%D%/build.c \
	%D%/enrich.c %D%/enrich_int.h \
	%D%/expand.c \
	%D%/enrich_sights.c \
	%D%/enrich_mean.c \
	%D%/facet.c \
	%D%/fields.c \
	%D%/form_fields.c %D%/form_fields.h \
	%D%/follow.c %D%/follow.h \
	%D%/index.c %D%/index_int.h \
	%D%/match.c \
	%D%/merge.c \
	%D%/plan.c \
	%D%/plan_span.c \
	%D%/postings.c %D%/postings.h \
	%D%/query.c %D%/query.h \
	%D%/range.c %D%/range.h \
	%D%/rank.c \
	%D%/search.c %D%/search.h %D%/search_int.h \
	%D%/snippet.c \
	%D%/tok.c %D%/tok.h \
	%D%/tok_ja.c %D%/tok_ja.h
