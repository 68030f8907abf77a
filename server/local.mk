noinst_LIBRARIES += libserver.a
libserver_a_SOURCES = 
