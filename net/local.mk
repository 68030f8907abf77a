noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	%D%/client.c %D%/client.h \
	%D%/h1_conn.c \
	%D%/h1_out.c \
	%D%/h1_parse.c %D%/h1_parse.h \
	%D%/helper.c %D%/helper.h \
	%D%/http.c %D%/http.h %D%/http_int.h \
	%D%/loop.c %D%/loop.h %D%/loop_int.h \
	%D%/pool.c %D%/pool.h \
	%D%/program.c %D%/program.h \
	%D%/url.c %D%/url.h
