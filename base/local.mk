noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/arena.c %D%/arena.h \
	%D%/banned.h \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/conf.c %D%/conf.h \
	%D%/err.c %D%/err.h \
	%D%/frame.c %D%/frame.h \
	%D%/fs.c %D%/fs.h \
	%D%/hash.c %D%/hash.h \
	%D%/json.c %D%/json.h \
	%D%/json_sure.c \
	%D%/log.c %D%/log.h \
	%D%/map.c %D%/map.h \
	%D%/place.c %D%/place.h \
	%D%/str.c %D%/str.h \
	%D%/tar.c %D%/tar.h \
	%D%/utf8.c %D%/utf8.h \
	%D%/vec.c %D%/vec.h \
	%D%/xml.c %D%/xml.h
