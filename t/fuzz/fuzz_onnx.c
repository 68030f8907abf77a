/* ONNX models, the wire form of protocol buffers. */

#include "t/fuzz/extract_once.h"

FUZZ_EXTRACTOR("a.onnx")
