/* FITS headers: cards of 80 characters (FITS 4.0, 4.1), long texts by CONTINUE (4.2.1.2), long names by HIERARCH (ESO's convention). */

#include "base/clock.h"
#include "indexer/extract/fits_int.h"

#define CARD		80
#define CARDS_MOST	36000		/* 1,000 blocks */
#define KEPT_MOST	4000

/* 'It''s text   ' from behind its first quote. *more: it ends with & and goes on in the next card. */
static st_t quoted(struct slice s, struct buf *out, bool *more)
{
	size_t i;

	*more = false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\'') {
			if (i + 1 < s.n && s.p[i + 1] == '\'')
				i++;
			else
				break;
		}
		buf_addc(out, s.p[i]);
	}
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	if (out->n && out->p[out->n - 1] == '&') {
		out->n--;
		*more = true;
	}
	return out->st;
}

/* What stands between = and the comment: T, F, a number, or two for a complex one. */
static json_t *plain(struct slice s)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	char text[CARD + 1], *end;
	size_t i;
	double v;

	s = slice_trim(slash ? slice_of(s.p, (size_t)(slash - s.p)) : s);
	if (s.n == 1 && (*s.p == 'T' || *s.p == 'F'))
		return json_boolean(*s.p == 'T');
	if (s.n == 0 || s.n > CARD)
		return NULL;
	for (i = 0; i < s.n; i++)
		text[i] = (char)(s.p[i] == 'D' || s.p[i] == 'd' ? 'E' : s.p[i]);
	text[s.n] = '\0';
	v = strtod(text, &end);
	if (end == text || *end)
		return fact_text(s, CARD);
	return array_number(memchr(text, '.', s.n) || memchr(text, 'E', s.n) || memchr(text, 'N', s.n) ? DT_FLOAT64 : DT_INT64, v);
}

static struct slice key_of(const char *card, struct slice *value)
{
	const char *eq;

	*value = SLICE_NULL;
	if (memcmp(card, "HIERARCH ", 9) == 0 && (eq = memchr(card + 9, '=', CARD - 9)) != NULL) {
		*value = slice_of(eq + 1, (size_t)(card + CARD - eq - 1));
		return slice_trim(slice_of(card + 9, (size_t)(eq - card - 9)));
	}
	if (card[8] == '=' && card[9] == ' ')
		*value = slice_of(card + 10, CARD - 10);
	return slice_trim(slice_of(card, 8));
}

struct reading { json_t *cards; json_t *key; struct buf text; bool more; bool nomem; };

static void settle(struct reading *r)
{
	if (r->key && json_object_get(r->cards, json_string_value(r->key)) == NULL && json_object_size(r->cards) < KEPT_MOST &&
	    json_put(r->cards, json_string_value(r->key), fact_text(buf_slice(&r->text), ATTRIBUTE_TEXT)) != ST_OK)
		r->nomem = true;
	json_decref(r->key);
	r->key = NULL;
	buf_clear(&r->text);
	r->more = false;
}

static void card(struct reading *r, const char *c)
{
	struct slice value, key = key_of(c, &value);
	json_t *v;

	if (r->key && r->more && slice_eq_str(key, "CONTINUE")) {
		value = slice_trim(slice_of(c + 8, CARD - 8));
		if (value.n && *value.p == '\'') {
			quoted(slice_of(value.p + 1, value.n - 1), &r->text, &r->more);
			return;
		}
	}
	settle(r);
	value = slice_trim(value);
	if (key.n == 0 || value.n == 0 || slice_eq_str(key, "COMMENT") || slice_eq_str(key, "HISTORY"))
		return;
	if (*value.p == '\'') {
		r->key = fact_text(key, CARD);
		quoted(slice_of(value.p + 1, value.n - 1), &r->text, &r->more);
		return;
	}
	v = json_object_size(r->cards) < KEPT_MOST ? plain(value) : NULL;
	r->key = fact_text(key, CARD);
	if (v && r->key && json_object_get(r->cards, json_string_value(r->key)) == NULL)
		r->nomem |= json_put(r->cards, json_string_value(r->key), json_incref(v)) != ST_OK;
	json_decref(v);
	json_decref(r->key);
	r->key = NULL;
}

st_t fits_header(struct window *w, uint64_t *at, json_t *cards, struct err *e)
{
	struct reading r = { .cards = cards, .text = BUF_INIT(ATTRIBUTE_TEXT * 2) };
	const uint8_t *p;
	uint64_t from = *at;
	unsigned n, i;
	bool end = false;
	st_t st = ST_OK;

	for (n = 0; !end && st == ST_OK; n += FITS_BLOCK / CARD, *at += FITS_BLOCK) {
		if (n >= CARDS_MOST)
			st = err_set(e, ST_INVALID, "no END card in the first %u cards", n);
		else if ((p = window_get(w, *at, FITS_BLOCK)) == NULL)
			st = w->st != ST_OK ? w->st : n ? err_set(e, ST_INVALID, "the header has no END card") : ST_EOF;
		else if (n == 0 && memcmp(p, "SIMPLE  ", 8) != 0 && memcmp(p, "XTENSION", 8) != 0)
			st = ST_EOF;	/* special records may follow the last one */
		for (i = 0; st == ST_OK && !end && i < FITS_BLOCK / CARD; i++) {
			end = memcmp(p + i * CARD, "END     ", 8) == 0;
			if (!end)
				card(&r, (const char *)p + i * CARD);
		}
	}
	if (st != ST_OK)
		*at = from;
	settle(&r);
	buf_release(&r.text);
	return r.nomem ? ST_NOMEM : st;
}

int64_t fits_int(const json_t *cards, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(cards, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static const json_t *numbered(const json_t *cards, const char *key, unsigned n)
{
	char name[20];

	snprintf(name, sizeof(name), "%s%u", key, n);
	return json_object_get(cards, name);
}

struct slice fits_text_n(const json_t *cards, const char *key, unsigned n)
{
	return json_slice(numbered(cards, key, n));
}

int64_t fits_int_n(const json_t *cards, const char *key, unsigned n, int64_t otherwise)
{
	const json_t *v = numbered(cards, key, n);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

bool fits_real_n(const json_t *cards, const char *key, unsigned n, double *out)
{
	const json_t *v = numbered(cards, key, n);

	if (!json_is_number(v))
		return false;
	*out = json_number_value(v);
	return true;
}

bool fits_date(struct slice s, struct slice time, struct buf *out)
{
	unsigned d, m, y;
	char text[9];

	s = slice_trim(s);
	if (s.n == 8 && s.p[2] == '/' && s.p[5] == '/') {	/* DD/MM/YY, of 1900 to 1999 (FITS 4.0, 4.4.2.1) */
		memcpy(text, s.p, 8);
		text[8] = '\0';
		if (sscanf(text, "%2u/%2u/%2u", &d, &m, &y) != 3)
			return false;
		buf_addf(out, "19%02u-%02u-%02u", y, m, d);
	} else
		buf_addsl(out, s);
	if (out->n == 10 && slice_trim(time).n >= 8 && slice_trim(time).p[2] == ':')
		buf_addf(out, "T%.*s", (int)slice_trim(time).n, slice_trim(time).p);
	if (out->n > 10)
		buf_addc(out, 'Z');	/* UTC unless TIMESYS says otherwise */
	return date_valid(buf_slice(out)) && !date_is_range(buf_slice(out));
}
