/* NetCDF classic, 64-bit offset, CDF-5. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.nc")
