/* This server's own addresses, put where a rendition left marks for them. */

#include "schema/format.h"

#include "base/buf.h"

st_t marks_fill(struct buf *out, struct slice rendition, struct slice base, struct slice oai)
{
	size_t from = 0;

	for (size_t i = 0; i < rendition.n; i++) {
		char c = rendition.p[i];

		if (c != MARK_BASE && c != MARK_OAI)
			continue;
		buf_add(out, rendition.p + from, i - from);
		buf_addsl(out, c == MARK_BASE ? base : oai);
		from = i + 1;
	}
	return rendition.n > from ? buf_add(out, rendition.p + from, rendition.n - from) : out->st;
}
