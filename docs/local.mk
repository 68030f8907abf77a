# man pages
EXTRA_DIST += %D%/architecture.md %D%/formats %D%/internals
dist_man_MANS += %D%/man/azekura-extract.8
