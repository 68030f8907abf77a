noinst_LIBRARIES += libserver.a
libserver.a_SOURCES = 
