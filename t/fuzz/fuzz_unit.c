/* schema/unit.c: whatever is read has a code that reads back as the same unit. */
#include "t/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct unit_dims kelvin = { { [UNIT_K] = 1 } };
	struct slice s = slice_of((const char *)p, n);
	struct unit u, v;
	struct unit_dims d;
	char t[UNIT_DIMS_TEXT];

	unit_parse(&u, s, &kelvin);
	unit_like(s);
	unit_of_name(s);
	if (!unit_parse(&u, s, NULL))
		return 0;
	if (!isfinite(u.factor) || !(u.factor > 0) || !isfinite(u.offset))
		abort();
	if (u.kind != UNIT_LINEAR || u.ucum[0] == '\0' || strlen(u.ucum) > UNIT_TEXT_MAX)
		return 0;
	unit_dims_text(t, &u.dims);
	if (unit_dims_read(&d, slice_str(t)) && !unit_dims_eq(&d, &u.dims))
		abort();
	if (!unit_parse(&v, slice_str(u.ucum), NULL))
		return 0;	/* more parts than one text may have */
	if (v.kind == UNIT_LABEL)
		return 0;	/* a barn, or a bit */
	if (!unit_dims_eq(&u.dims, &v.dims) || fabs(u.factor - v.factor) > 1e-12 * u.factor)
		abort();
	return 0;
}
