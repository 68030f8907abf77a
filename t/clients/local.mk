# Client suites: programs that others wrote, against a real server. They install things, so "make check" leaves them to ./azk test.
EXTRA_DIST += \
	%D%/lib.sh \
	%D%/venv
