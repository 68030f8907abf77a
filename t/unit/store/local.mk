check_PROGRAMS += %D%/test_catalogue
check_PROGRAMS += %D%/test_kv
check_PROGRAMS += %D%/test_kv_key
check_PROGRAMS += %D%/test_writer
EXTRA_DIST += %D%/catrepo.h %D%/scratch.h
