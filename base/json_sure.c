/*
 * A look at JSON that builds nothing. It knows the common case well and says "not sure" to everything rare: escaped keys, large numbers, long
 * objects, surrogates. So it is short, and json_load() stays the one that decides.
 */

#include "base/json.h"
#include "base/utf8.h"

#define KEYS_MOST	512		/* of all objects that are open */
#define DEPTH_MOST	64

struct look {
	const char *p, *end;
	struct slice keys[KEYS_MOST];
	size_t n_keys;
	unsigned depth;
	struct json_pick *want;
	size_t n_want;
};

static bool value(struct look *l);

static void blanks(struct look *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\n' || *l->p == '\t' || *l->p == '\r'))
		l->p++;
}

static bool take(struct look *l, char c)
{
	if (l->p == l->end || *l->p != c)
		return false;
	l->p++;
	return true;
}

static bool word(struct look *l, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(l->end - l->p) < n || memcmp(l->p, w, n) != 0)
		return false;
	l->p += n;
	return true;
}

/* ${text}: between the quotes. ${escaped}: it is not what it says. */
static bool string(struct look *l, struct slice *text, bool *escaped)
{
	const char *from;

	*escaped = false;
	if (!take(l, '"'))
		return false;
	for (from = l->p; l->p < l->end && *l->p != '"'; l->p++) {
		if ((uint8_t)*l->p < 0x20)
			return false;
		if (*l->p != '\\')
			continue;
		*escaped = true;
		if (++l->p == l->end || memchr("\"\\/bfnrt", *l->p, 8) == NULL)	/* \u: not sure */
			return false;
	}
	*text = slice_of(from, (size_t)(l->p - from));
	return take(l, '"');
}

static size_t digits(struct look *l)
{
	const char *from = l->p;

	while (l->p < l->end && *l->p >= '0' && *l->p <= '9')
		l->p++;
	return (size_t)(l->p - from);
}

static bool number(struct look *l)
{
	const char *from;
	size_t n;

	take(l, '-');
	from = l->p;
	n = digits(l);
	if (n == 0 || n > 18 || (*from == '0' && n > 1))
		return false;
	if (take(l, '.') && digits(l) == 0)
		return false;
	if (l->p < l->end && (*l->p == 'e' || *l->p == 'E')) {
		l->p++;
		if (!take(l, '-'))
			take(l, '+');
		n = digits(l);
		return n > 0 && n <= 2;
	}
	return true;
}

static bool array(struct look *l)
{
	blanks(l);
	if (take(l, ']'))
		return true;
	do {
		if (!value(l))
			return false;
	} while (take(l, ','));
	return take(l, ']');
}

static bool key_new(struct look *l, size_t from, struct slice key)
{
	size_t i;

	for (i = from; i < l->n_keys; i++)
		if (slice_eq(l->keys[i], key))
			return false;
	if (l->n_keys == KEYS_MOST)
		return false;
	l->keys[l->n_keys++] = key;
	return true;
}

static bool member(struct look *l, size_t from)
{
	struct slice key, text;
	bool escaped;
	size_t i;

	blanks(l);
	if (!string(l, &key, &escaped) || escaped || !key_new(l, from, key))
		return false;
	blanks(l);
	if (!take(l, ':'))
		return false;
	blanks(l);
	if (l->depth > 1 || l->p == l->end || *l->p != '"')
		return value(l);
	if (!string(l, &text, &escaped))
		return false;
	for (i = 0; i < l->n_want && !escaped; i++)
		if (slice_eq(key, slice_str(l->want[i].key)))
			l->want[i].text = text;
	blanks(l);
	return true;
}

static bool object(struct look *l)
{
	size_t from = l->n_keys;

	blanks(l);
	if (take(l, '}'))
		return true;
	do {
		if (!member(l, from))
			return false;
	} while (take(l, ','));
	l->n_keys = from;
	return take(l, '}');
}

/* With the blanks around it. */
static bool value(struct look *l)
{
	struct slice text;
	bool good, escaped;

	blanks(l);
	if (l->p == l->end || ++l->depth > DEPTH_MOST)
		return false;
	if (take(l, '{'))
		good = object(l);
	else if (take(l, '['))
		good = array(l);
	else if (*l->p == '"')
		good = string(l, &text, &escaped);
	else
		good = *l->p == 't' ? word(l, "true") : *l->p == 'f' ? word(l, "false") : *l->p == 'n' ? word(l, "null") : number(l);
	l->depth--;
	blanks(l);
	return good;
}

bool json_sure(struct slice s, struct json_pick *want, size_t n)
{
	struct look l = { .p = s.p, .end = s.p + s.n, .want = want, .n_want = n };
	size_t i, bad;

	for (i = 0; i < n; i++)
		want[i].text = SLICE_NULL;
	return s.n > 0 && (*s.p == '{' || *s.p == '[') && utf8_valid(s, &bad) && value(&l) && l.p == l.end;
}
