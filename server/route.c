#include "server/route.h"

#include "base/str.h"

const struct route *const route_tables[] = {
	routes_record,
	routes_prefill,
	routes_variables,
	routes_archive,
	routes_file,
	routes_landing,
	routes_page,
	routes_static,
	routes_search,
	routes_vocab,
	routes_schema,
	routes_form,
	routes_identifier,
	routes_export,
	routes_signpost,
	routes_oai,
	routes_upload,
	routes_misc,
	routes_events,
	routes_openapi,
	routes_ops,
	routes_seen,
	NULL
};

/*
 * Match the raw path against a pattern, segment by segment. A captured segment is decoded once; an encoded slash inside it stays part
 * of it. {*rest} takes the remaining raw path; its segments are decoded and joined by '/'.
 */
static bool decode(struct req *r, struct slice raw, struct slice *out)
{
	struct buf b = BUF_INIT(8192);
	bool ok;

	if (raw.n == 0 || memchr(raw.p, '%', raw.n) == NULL) {
		*out = raw;
		return true;
	}
	ok = percent_decode(&b, raw, false) == ST_OK;
	if (ok)
		*out = slice_of(arena_dup(r->arena, b.p, b.n), b.n);
	buf_release(&b);
	return ok && out->p != NULL;
}

/* A cheap look at the literal start first: nearly all routes fall out there. */
static bool match(struct req *r, const char *pattern, struct slice path)
{
	unsigned n = 0;
	size_t i = 0;

	while (*pattern != '\0') {
		const char *end;
		struct slice raw;

		if (*pattern != '{') {
			if (i >= path.n || path.p[i] != *pattern)
				return false;
			i++;
			pattern++;
			continue;
		}
		end = strchr(pattern, '}') + 1;
		raw = slice_of(path.p + i, path.n - i);
		if (pattern[1] != '*') {
			const char *slash = raw.n == 0 ? NULL : memchr(raw.p, '/', raw.n);

			if (slash != NULL)
				raw.n = (size_t)(slash - raw.p);
		} else {
			r->param_slash = raw.n > 0 && memchr(raw.p, '/', raw.n) != NULL;
		}
		if (raw.n == 0 || n == PARAMS_MAX || !decode(r, raw, &r->param[n]))
			return false;
		n++;
		i += raw.n;
		pattern = end;
	}
	return i == path.n;
}

enum route_result route_find(struct req *r, unsigned *allow)
{
	const struct route *const *table, *t, *get = NULL;
	struct slice get_param[PARAMS_MAX];

	*allow = 0;
	for (table = route_tables; *table != NULL; table++) {
		for (t = *table; t->pattern != NULL; t++) {
			if (!match(r, t->pattern, r->path))
				continue;
			*allow |= 1u << t->method;
			if (t->method == r->method) {
				r->route = t;
				return ROUTE_FOUND;
			}
			if (t->method == HTTP_GET && get == NULL) {
				get = t;
				memcpy(get_param, r->param, sizeof(get_param));
			}
		}
	}
	if (r->method == HTTP_HEAD && get != NULL) {
		r->route = get;
		memcpy(r->param, get_param, sizeof(get_param));
		return ROUTE_FOUND;
	}
	return *allow == 0 ? ROUTE_NO_PATH : ROUTE_NO_METHOD;
}

void route_allow_text(unsigned allow, char out[80])
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
	size_t i, n = 0;

	if (allow & 1u << HTTP_GET)
		allow |= 1u << HTTP_HEAD;
	allow |= 1u << HTTP_OPTIONS;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (allow & 1u << i)
			n += (size_t)snprintf(out + n, 80 - n, "%s%s", n == 0 ? "" : ", ", names[i]);
}
