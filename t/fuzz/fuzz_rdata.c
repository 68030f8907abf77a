#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.rds")
