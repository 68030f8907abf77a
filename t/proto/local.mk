# t/proto/NNNN-*.sh: the real daemon on a free port and a fresh folder.
EXTRA_DIST += %D%/lib.sh
proto_tests = \
	%D%/0001-start.sh \
	%D%/0002-hosts.sh \
	%D%/1010-admin.sh \
	%D%/1011-command-line.sh %D%/1020-vocabularies.sh \
	%D%/2001-record-life.sh \
	%D%/2002-access.sh \
	%D%/2020-review.sh \
	%D%/2030-seen.sh \
	%D%/2040-schemas.sh \
	%D%/3001-files.sh \
	%D%/3010-deposit.sh \
	%D%/3015-described.sh \
	%D%/3011-names.sh \
	%D%/3012-get.sh \
	%D%/3013-many.sh \
	%D%/3014-survey.sh \
	%D%/3015-watch.sh \
	%D%/3900-real-datasets.sh \
	%D%/4001-ranges.sh \
	%D%/2030-identifiers.sh \
	%D%/4020-expansion.sh \
	%D%/9001-tombstones.sh \
	%D%/9002-bounded.sh \
	%D%/9003-damage.sh \
	%D%/9004-full-disk.sh \
	%D%/9010-rights.sh \
	%D%/9011-at-once.sh \
	%D%/9012-deposit-kills.sh \
	%D%/9012-limits.sh \
	%D%/9013-events-jobs.sh \
	%D%/9014-http.sh \
	%D%/9020-hostile-files.sh \
	%D%/9021-closed-inside.sh
TESTS += $(proto_tests)
EXTRA_DIST += $(proto_tests)
