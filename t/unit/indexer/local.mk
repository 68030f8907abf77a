# check_PROGRAMS += %D%/test_NAME; its source is %D%/test_NAME.c
check_PROGRAMS += %D%/test_extract_csv
t_unit_indexer_test_extract_csv_LDADD = libextract.a $(LDADD)
EXTRA_DIST += %D%/facts.h %D%/ixtest.h
check_PROGRAMS += %D%/test_pairs
check_PROGRAMS += %D%/test_postings
check_PROGRAMS += %D%/test_search
check_PROGRAMS += %D%/test_search_model
