# EXTRA_PROGRAMS for bench/, built by bench/run
