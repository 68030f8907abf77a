/* GRIB, editions 1 and 2. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.grb2")
