# t/proto/NNNN-*.sh: the real daemon on a free port and a fresh folder. TESTS += and EXTRA_DIST += each.
EXTRA_DIST += %D%/lib.sh
