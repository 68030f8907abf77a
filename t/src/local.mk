# checks of the tree itself
TESTS += \
	%D%/layers.sh \
	%D%/tree.sh
EXTRA_DIST += \
	%D%/layers.sh \
	%D%/layers.txt \
	%D%/lib.sh \
	%D%/tree.sh
