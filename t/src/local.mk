# checks of the tree itself
TESTS += \
	%D%/azk.sh \
	%D%/completion.sh \
	%D%/layers.sh \
	%D%/tree.sh
EXTRA_DIST += \
	%D%/azk.sh \
	%D%/completion.sh \
	%D%/layers.sh \
	%D%/layers.txt \
	%D%/lib.sh \
	%D%/tree.sh
