/* Pickles are told apart and left alone. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.pkl")
