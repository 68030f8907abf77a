# EXTRA_PROGRAMS for bench/, built by bench/run
EXTRA_PROGRAMS += %D%/net_serve
bench_net_serve_SOURCES = %D%/net_serve.c
bench_net_serve_LDADD = libnet.a libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS)
EXTRA_PROGRAMS += %D%/catalogue
bench_catalogue_SOURCES = %D%/catalogue.c
bench_catalogue_LDADD = $(UPPER_LIBS)
EXTRA_PROGRAMS += %D%/extract
bench_extract_SOURCES = %D%/extract.c
bench_extract_LDADD = libextract.a $(UPPER_LIBS)
EXTRA_DIST += %D%/net.sh %D%/run
EXTRA_PROGRAMS += %D%/search_index
bench_search_index_SOURCES = %D%/search_index.c
