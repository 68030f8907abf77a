/* Two lines of a text around the words found, with marks. */
#include "indexer/search_int.h"

#include "base/utf8.h"

#define MARK_FROM	'\x02'
#define MARK_TO		'\x03'
#define SPOTS_MAX	200
#define LOOK_MAX	((size_t)1 << 16)	/* bytes of the text that are looked at */

struct spot { size_t from, to; };
struct spots { struct spot v[SPOTS_MAX]; size_t n; };

static void add_spot(struct spots *s, size_t from, size_t to)
{
	if (s->n > 0 && from <= s->v[s->n - 1].to) {
		if (to > s->v[s->n - 1].to)
			s->v[s->n - 1].to = to;
		return;
	}
	if (s->n < SPOTS_MAX)
		s->v[s->n++] = (struct spot){ from, to };
}

static bool word_matches(struct stemmer *st, struct slice word, struct slice stem, struct slice terms)
{
	while (terms.p != NULL) {
		struct slice t = slice_cut(&terms, ' ');
		if (t.n > 1 && t.p[t.n - 1] == '*') {
			if (word.n >= t.n - 1 && memcmp(word.p, t.p, t.n - 1) == 0)
				return true;
		} else if (t.n > 0 && (slice_eq(word, t) || (st != NULL && slice_eq(stem, stemmer_stem(st, t))))) {
			return true;
		}
	}
	return false;
}

/* Runs: find each term inside the normal form. The characters of the original are of the same number unless ICU had to change it (half-width voiced
 * kana and the like): then the whole run is marked. */
static void run_spots(struct spots *out, const struct tok_unit *u, struct slice original, struct slice terms)
{
	struct slice in = slice_of(original.p + u->from, u->to - u->from);
	bool same = utf8_count(in) == utf8_count(u->text);
	size_t at = 0, in_at = 0;

	while (at < u->text.n) {
		struct slice rest = terms;
		size_t longest = 0;

		while (rest.p != NULL) {
			struct slice t = slice_cut(&rest, ' ');
			if (t.n > longest && t.n <= u->text.n - at && memcmp(t.p, u->text.p + at, t.n) == 0)
				longest = t.n;
		}
		if (longest > 0 && !same) {
			add_spot(out, u->from, u->to);
			return;
		}
		if (longest > 0) {
			size_t to = in_at, k = utf8_count(slice_of(u->text.p + at, longest));
			while (k-- > 0)
				utf8_next(in, &to);
			add_spot(out, u->from + in_at, u->from + to);
		}
		utf8_next(u->text, &at);
		utf8_next(in, &in_at);
	}
}

static void find_spots(struct spots *out, struct slice text, struct slice terms)
{
	struct stemmer *st = stemmer_new();
	struct tok t;
	struct tok_unit u;
	char stem[TOK_WORD_MAX];

	tok_init(&t, text);
	while (out->n < SPOTS_MAX && tok_next(&t, &u)) {
		struct slice s = u.text;
		if (u.kind == TOK_RUN) {
			run_spots(out, &u, text, terms);
			continue;
		}
		if (st != NULL) {
			s = stemmer_stem(st, u.text);
			s.n = s.n < sizeof(stem) ? s.n : sizeof(stem);
			memcpy(stem, s.p, s.n);
			s.p = stem;
		}
		if (word_matches(st, u.text, s, terms))
			add_spot(out, u.from, u.to);
	}
	tok_release(&t);
	stemmer_free(st);
}

/* The window of ${max} bytes with most marks, begun a little before the first. */
static size_t window(const struct spots *s, size_t n, size_t max)
{
	size_t best = 0, best_from = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t from = s->v[i].from > max / 6 ? s->v[i].from - max / 6 : 0, k = 0;
		for (size_t j = i; j < s->n && s->v[j].to <= from + max; j++)
			k++;
		if (k > best) {
			best = k;
			best_from = from;
		}
	}
	if (best_from + max > n)
		best_from = n > max ? n - max : 0;
	return best_from;
}

/* Begin at a character, better at a word. */
static size_t soft_start(struct slice text, size_t from, size_t limit)
{
	size_t at = from;

	while (at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80)
		at++;
	if (from == 0 || at == 0)
		return at;
	for (size_t i = at; i < at + 24 && i < limit && i < text.n; i++)
		if (text.p[i] == ' ' || text.p[i] == '\n')
			return i + 1;
	return at;
}

/* The text between two bytes on one line; marks and other controls in it are not ours. */
static void add_plain(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_addc(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' : s.p[i]);
}

st_t search_snippet(struct buf *out, struct slice text, const char *terms, size_t max)
{
	struct spots *s = calloc(1, sizeof(*s));
	size_t from, to, at;

	if (s == NULL)
		return ST_NOMEM;
	text = utf8_clip(text, LOOK_MAX);
	if (terms != NULL && terms[0] != '\0')
		find_spots(s, text, slice_str(terms));
	from = window(s, text.n, max);
	from = soft_start(text, from, s->n > 0 && s->v[0].from >= from ? s->v[0].from : from);
	to = from + utf8_clip(slice_of(text.p + from, text.n - from), max).n;
	if (from > 0)
		buf_adds(out, "… ");
	at = from;
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].from < at || s->v[i].to > to)
			continue;
		add_plain(out, slice_of(text.p + at, s->v[i].from - at));
		buf_addc(out, MARK_FROM);
		add_plain(out, slice_of(text.p + s->v[i].from, s->v[i].to - s->v[i].from));
		buf_addc(out, MARK_TO);
		at = s->v[i].to;
	}
	add_plain(out, slice_of(text.p + at, to - at));
	if (to < text.n)
		buf_adds(out, " …");
	free(s);
	return out->st;
}
