/* NumPy arrays and records. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.npy")
