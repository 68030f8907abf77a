# man pages
EXTRA_DIST += %D%/architecture.md %D%/formats %D%/internals
