noinst_LIBRARIES += libpackage.a
libpackage_a_SOURCES = %D%/package.h 
