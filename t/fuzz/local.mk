# One target a parser: t/fuzz/fuzz_NAME.c defines LLVMFuzzerTestOneInput. "make check" replays the corpus beside it without any fuzzing engine;
# t/fuzz/run NAME [SECONDS] builds it with clang -fsanitize=fuzzer,address and runs.
# For a new target add:   check_PROGRAMS += %D%/fuzz_NAME
#                         t_fuzz_fuzz_NAME_SOURCES = %D%/fuzz_NAME.c %D%/replay.c %D%/fuzz.h
EXTRA_DIST += %D%/run
