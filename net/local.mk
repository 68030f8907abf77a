noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = %D%/client.h %D%/helper.h %D%/http.h %D%/loop.h %D%/pool.h %D%/url.h 
