/* The first byte picks a name, the rest is a file. */

#include "t/fuzz/extract_once.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const names[] = { "a.ras", "a.xy", "a.log", "a.dat", "a.xrdml" };

	if (n)
		fuzz_extract(names[d[0] % (sizeof(names) / sizeof(names[0]))], d + 1, n - 1);
	return 0;
}
