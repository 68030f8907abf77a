noinst_LIBRARIES += libimporters.a
libimporters_a_SOURCES = 
