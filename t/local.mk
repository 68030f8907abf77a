# All tests speak TAP through automake's driver, so that one summary counts them all.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER_FLAGS = --comments 
LOG_COMPILER = $(SHELL) $(top_srcdir)/t/tap-run
TEST_EXTENSIONS = .sh
SH_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER_FLAGS = --comments
# The harness of t/proto is written for bash.
SH_LOG_COMPILER = bash
AM_TESTS_ENVIRONMENT = \
	AZEKURA_SRC='$(abs_top_srcdir)'; export AZEKURA_SRC; \
	AZEKURA_BUILD='$(abs_top_builddir)'; export AZEKURA_BUILD; \
	AZEKURA_SCHEMA='$(abs_top_srcdir)/schema'; export AZEKURA_SCHEMA; \
	: $${AZEKURA_SHARED:='$(abs_top_srcdir)/../shared'}; export AZEKURA_SHARED;
EXTRA_DIST += t/stub/hostile.py t/tap-run t/unit/alloc_fail.h t/unit/unit.h

# Unit tests and fuzz replays link everything below the server.
LDADD = $(UPPER_LIBS) $(CMOCKA_LIBS)

if HAVE_CMOCKA
include t/unit/base/local.mk
include t/unit/schema/local.mk
include t/unit/net/local.mk
include t/unit/store/local.mk
include t/unit/indexer/local.mk
include t/unit/package/local.mk
include t/unit/server/local.mk
include t/unit/cli/local.mk
endif
include t/fuzz/local.mk
include t/proto/local.mk
include t/clients/local.mk
include t/data/local.mk
include t/src/local.mk

TESTS += $(check_PROGRAMS)
