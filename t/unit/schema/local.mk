# check_PROGRAMS += %D%/test_NAME; its source is %D%/test_NAME.c
check_PROGRAMS += %D%/test_access
check_PROGRAMS += %D%/test_assertion
check_PROGRAMS += %D%/test_format
check_PROGRAMS += %D%/test_invenio
check_PROGRAMS += %D%/test_pid
check_PROGRAMS += %D%/test_record
check_PROGRAMS += %D%/test_turtle
check_PROGRAMS += %D%/test_unit
check_PROGRAMS += %D%/test_validate
check_PROGRAMS += %D%/test_vocab
check_PROGRAMS += %D%/test_xwalk

EXTRA_DIST += %D%/schema_env.h %D%/units.tsv
