#include "base/vec.h"

#include "base/buf.h"

st_t vec_room(void **v, size_t *cap, size_t need, size_t size)
{
	size_t want, bytes;
	void *p;

	if (need <= *cap)
		return ST_OK;
	want = *cap < 8 ? 8 : *cap + *cap / 2;
	if (want < need)
		want = need;
	if (!size_mul(want, size, &bytes))
		return ST_NOMEM;
	p = realloc(*v, bytes);
	if (p == NULL)
		return ST_NOMEM;
	*v = p;
	*cap = want;
	return ST_OK;
}
