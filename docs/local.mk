dist_man_MANS += %D%/man/azekura.1 %D%/man/azekura.conf.5 %D%/man/azekurad.8 %D%/man/azekura-extract.8
EXTRA_DIST += %D%/architecture.md %D%/conformance %D%/figures.md %D%/formats %D%/internals
