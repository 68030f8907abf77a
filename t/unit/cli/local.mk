# The command line is no library: a test names the files that it tests.
check_PROGRAMS += %D%/test_survey
t_unit_cli_test_survey_SOURCES = %D%/test_survey.c cli/survey.h cli/survey_judge.c cli/survey_list.c
check_PROGRAMS += %D%/test_term
t_unit_cli_test_term_SOURCES = %D%/test_term.c cli/term.c cli/term.h
