# check_PROGRAMS += %D%/test_NAME; its source is %D%/test_NAME.c
check_PROGRAMS += %D%/test_negotiate
check_PROGRAMS += %D%/test_serve_range
t_unit_server_test_negotiate_LDADD = libserver.a $(LDADD)
t_unit_server_test_serve_range_LDADD = libserver.a $(LDADD)
