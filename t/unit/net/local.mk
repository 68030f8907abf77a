# check_PROGRAMS += %D%/test_NAME; its source is %D%/test_NAME.c
check_PROGRAMS += %D%/test_client
check_PROGRAMS += %D%/test_h1_parse
check_PROGRAMS += %D%/test_http
check_PROGRAMS += %D%/test_loop
check_PROGRAMS += %D%/test_url
t_unit_net_test_client_SOURCES = %D%/test_client.c %D%/serve.c %D%/serve.h
t_unit_net_test_http_SOURCES = %D%/test_http.c %D%/serve.c %D%/serve.h
check_PROGRAMS += %D%/test_helper
EXTRA_t_unit_net_test_helper_DEPENDENCIES = azekura-extract$(EXEEXT) %D%/bad_helper$(EXEEXT) %D%/sandbox_probe$(EXEEXT)
# Programs that the test starts; no tests themselves.
EXTRA_PROGRAMS += %D%/bad_helper %D%/sandbox_probe
t_unit_net_bad_helper_SOURCES = %D%/bad_helper.c
t_unit_net_bad_helper_LDADD = $(BASE_LIBS)
t_unit_net_sandbox_probe_SOURCES = %D%/sandbox_probe.c
t_unit_net_sandbox_probe_LDADD = libextract.a $(BASE_LIBS) $(SECCOMP_LIBS)
CLEANFILES += %D%/bad_helper$(EXEEXT) %D%/sandbox_probe$(EXEEXT)
