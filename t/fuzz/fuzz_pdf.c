/* PDF, from its bytes alone. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.pdf")
