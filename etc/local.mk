EXTRA_DIST += %D%/azekurad.service
