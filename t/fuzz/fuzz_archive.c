/* Archives and compressed files, and whatever their members claim to be. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.zip")
