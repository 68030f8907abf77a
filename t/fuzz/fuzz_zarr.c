/* Descriptions of Zarr arrays. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.zarr/x/zarr.json")
