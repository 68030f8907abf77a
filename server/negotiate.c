#include "server/negotiate.h"

/* "q=0.8" among parameters: 800. 1000 without one; 0 for nonsense. */
static int quality(struct slice params)
{
	while (params.p != NULL) {
		struct slice one = slice_trim(slice_cut(&params, ';'));
		int q = 0, unit = 100;
		size_t i;

		if (one.n < 3 || (one.p[0] | 0x20) != 'q' || one.p[1] != '=')
			continue;
		if (one.p[2] == '1')
			return 1000;
		if (one.p[2] != '0')
			return 0;
		for (i = 4; i < one.n && i < 7; i++, unit /= 10) {
			if (one.p[i] < '0' || one.p[i] > '9')
				return 0;
			q += (one.p[i] - '0') * unit;
		}
		return q;
	}
	return 1000;
}

bool negotiate_gzip(struct slice list)
{
	int star = -1;

	while (list.p != NULL) {
		struct slice one = slice_cut(&list, ',');
		struct slice name = slice_trim(slice_cut(&one, ';'));

		if (slice_ieq_str(name, "gzip") || slice_ieq_str(name, "x-gzip"))
			return quality(one) > 0;
		if (slice_eq_str(name, "*"))
			star = quality(one);
	}
	return star > 0;
}

/* The same profile, whether or not its address ends with a slash. */
static bool same_profile(struct slice given, const char *profile)
{
	size_t n = strlen(profile);

	if (n > 0 && profile[n - 1] == '/')
		n--;
	if (given.n > 0 && given.p[given.n - 1] == '/')
		given.n--;
	return n > 0 && slice_eq(given, slice_of(profile, n));
}

/* Does "profile=..." among the parameters name ${profile}? 1 yes, 0 none given, -1 another. */
static int profile_fits(struct slice params, const char *profile)
{
	while (params.p != NULL) {
		struct slice one = slice_trim(slice_cut(&params, ';'));

		if (one.n < 8 || !slice_ieq_str(slice_of(one.p, 8), "profile="))
			continue;
		one = slice_of(one.p + 8, one.n - 8);
		if (one.n >= 2 && one.p[0] == '"' && one.p[one.n - 1] == '"')
			one = slice_of(one.p + 1, one.n - 2);
		if (profile == NULL)
			return -1;
		/* A list of URIs, blank-separated. */
		while (one.p != NULL)
			if (same_profile(slice_cut(&one, ' '), profile))
				return 1;
		return -1;
	}
	return 0;
}

int negotiate_quality(struct slice accept, const char *media, const char *profile)
{
	const char *slash = strchr(media, '/');
	size_t type_len = slash == NULL ? strlen(media) : (size_t)(slash - media) + 1;
	int best = 0, best_rank = 0;

	if (accept.p == NULL)
		return 1000;
	while (accept.p != NULL) {
		struct slice one = slice_cut(&accept, ',');
		struct slice range = slice_trim(slice_cut(&one, ';'));
		int rank = 0, fit;

		if (slice_ieq_str(range, media)) {
			fit = profile_fits(one, profile);
			if (fit < 0)
				continue;
			rank = 3 + fit;
		} else if (range.n == type_len + 1 && range.p[range.n - 1] == '*' && strncasecmp(range.p, media, type_len) == 0) {
			rank = 2;
		} else if (slice_eq_str(range, "*/*")) {
			rank = 1;
		}
		if (rank > best_rank) {
			best_rank = rank;
			best = quality(one);
			/* An asked-for profile wins over the same media type without one. */
			if (rank == 4 && best > 0)
				best++;
		}
	}
	return best;
}

static const char *known_lang(struct slice tag)
{
	struct slice primary = slice_cut(&tag, '-');

	if (slice_ieq_str(primary, "ja"))
		return "ja";
	if (slice_ieq_str(primary, "en"))
		return "en";
	return NULL;
}

static const char *cookie_lang(struct slice cookies)
{
	while (cookies.p != NULL) {
		struct slice one = slice_trim(slice_cut(&cookies, ';'));

		if (slice_starts(one, "azk_lang="))
			return known_lang(slice_of(one.p + 9, one.n - 9));
	}
	return NULL;
}

const char *negotiate_lang(struct req *r)
{
	const char *lang = NULL, *best_lang = "en";
	struct slice list;
	int best = 0;

	if (r->query.p != NULL)
		lang = known_lang(req_arg(r, "lang"));
	if (lang == NULL)
		lang = cookie_lang(req_field(r, "Cookie"));
	if (lang != NULL)
		return lang;
	for (list = req_field(r, "Accept-Language"); list.p != NULL;) {
		struct slice one = slice_cut(&list, ',');
		const char *known = known_lang(slice_trim(slice_cut(&one, ';')));
		int q = quality(one);

		if (known != NULL && q > best) {
			best = q;
			best_lang = known;
		}
	}
	return best_lang;
}

bool negotiate_is_text(const char *type)
{
	return strncmp(type, "text/", 5) == 0 || strstr(type, "json") != NULL || strstr(type, "xml") != NULL ||
	    strstr(type, "javascript") != NULL;
}

bool negotiate_etag(struct slice list, const char *etag, bool weak)
{
	while (list.p != NULL) {
		struct slice one = slice_trim(slice_cut(&list, ','));

		if (slice_eq_str(one, "*"))
			return true;
		if (weak && slice_starts(one, "W/"))
			one = slice_of(one.p + 2, one.n - 2);
		if (slice_eq_str(one, etag))
			return true;
	}
	return false;
}
