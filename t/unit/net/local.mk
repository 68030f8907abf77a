# check_PROGRAMS += %D%/test_NAME; its source is %D%/test_NAME.c
check_PROGRAMS += %D%/test_client
check_PROGRAMS += %D%/test_h1_parse
check_PROGRAMS += %D%/test_http
check_PROGRAMS += %D%/test_loop
check_PROGRAMS += %D%/test_url
t_unit_net_test_client_SOURCES = %D%/test_client.c %D%/serve.c %D%/serve.h
t_unit_net_test_http_SOURCES = %D%/test_http.c %D%/serve.c %D%/serve.h
