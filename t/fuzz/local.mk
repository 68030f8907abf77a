# One target a parser: t/fuzz/fuzz_NAME.c defines LLVMFuzzerTestOneInput. "make check" replays the corpus beside it without any fuzzing engine;
# t/fuzz/run NAME [SECONDS] builds it with clang -fsanitize=fuzzer,address and runs.
# For a new target add:   check_PROGRAMS += %D%/fuzz_NAME
#                         t_fuzz_fuzz_NAME_SOURCES = %D%/fuzz_NAME.c %D%/replay.c %D%/fuzz.h
EXTRA_DIST += %D%/corpus %D%/run
check_PROGRAMS += %D%/fuzz_conf
t_fuzz_fuzz_conf_SOURCES = %D%/fuzz_conf.c %D%/replay.c %D%/fuzz.h
check_PROGRAMS += %D%/fuzz_date
t_fuzz_fuzz_date_SOURCES = %D%/fuzz_date.c %D%/replay.c %D%/fuzz.h
check_PROGRAMS += %D%/fuzz_frame
t_fuzz_fuzz_frame_SOURCES = %D%/fuzz_frame.c %D%/replay.c %D%/fuzz.h
check_PROGRAMS += %D%/fuzz_json
t_fuzz_fuzz_json_SOURCES = %D%/fuzz_json.c %D%/replay.c %D%/fuzz.h
check_PROGRAMS += %D%/fuzz_percent
t_fuzz_fuzz_percent_SOURCES = %D%/fuzz_percent.c %D%/replay.c %D%/fuzz.h
check_PROGRAMS += %D%/fuzz_utf8
t_fuzz_fuzz_utf8_SOURCES = %D%/fuzz_utf8.c %D%/replay.c %D%/fuzz.h
