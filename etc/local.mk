EXTRA_DIST += %D%/azekurad.service
EXTRA_DIST += %D%/completion
