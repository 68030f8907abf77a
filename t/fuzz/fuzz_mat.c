/* MATLAB level 5 and 4. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.mat")
