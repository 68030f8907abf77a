noinst_LIBRARIES += libindexer.a
libindexer_a_SOURCES = %D%/follow.h %D%/search.h 
