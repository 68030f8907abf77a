# The dataset that ./azk run deposits, and that tests use as a small real one.
EXTRA_DIST += %D%/make_mixed.py %D%/query %D%/sample %D%/tok
