bin_PROGRAMS += azekura
azekura_SOURCES = \
	%D%/cli.h \
	%D%/cmd_admin.c \
	%D%/cmd_deposit.c \
	%D%/cmd_edit.c \
	%D%/cmd_get.c \
	%D%/cmd_init.c \
	%D%/cmd_record.c \
	%D%/cmd_search.c \
	%D%/cmd_show.c \
	%D%/cmd_survey.c \
	%D%/cmd_watch.c \
	%D%/conn.c \
	%D%/deposit.h \
	%D%/describe.c \
	%D%/folder.c \
	%D%/from_survey.c \
	%D%/journal.c %D%/journal.h \
	%D%/local.c %D%/local.h \
	%D%/own.c %D%/own.h \
	%D%/main.c \
	%D%/out.c \
	%D%/send.c \
	%D%/send_many.c \
	%D%/show.c %D%/show.h \
	%D%/state.c \
	%D%/survey.h \
	%D%/survey_judge.c \
	%D%/survey_list.c \
	%D%/survey_same.c \
	%D%/survey_walk.c \
	%D%/term.c %D%/term.h
