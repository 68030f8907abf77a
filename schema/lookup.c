/* Looking things up the way people write them: languages, licences. */
#include <ctype.h>
#include <strings.h>

#include "base/utf8.h"
#include "schema/record_int.h"
#include "schema/schema_int.h"

st_t warn_add(json_t *warn, const char *fmt, ...)
{
	struct buf b = BUF_INIT(4000);
	va_list ap;
	st_t st;

	if (warn == NULL)
		return ST_OK;
	va_start(ap, fmt);
	st = buf_vaddf(&b, fmt, ap);
	va_end(ap);
	/* Parsers quote what they choke on, and texts are cut at so many bytes: each byte that is no UTF-8 becomes '?'. */
	for (size_t bad; st == ST_OK && !utf8_valid(buf_slice(&b), &bad);)
		b.p[bad] = '?';
	if (st == ST_OK)
		st = json_push(warn, json_stringn(b.p, b.n));
	buf_release(&b);
	return st == ST_NOMEM ? st : ST_OK;
}

bool vocab_find_fold(const struct vocab *vocab, const char *column, struct slice v, size_t *row)
{
	if (vocab_find(vocab, column, v, row))
		return true;
	for (size_t i = 0; v.n > 0 && i < vocab_count(vocab); i++)
		if (slice_ieq_str(v, vocab_get(vocab, i, column))) {
			*row = i;
			return true;
		}
	return false;
}

static size_t primary_len(struct slice lang)
{
	size_t n = 0;

	while (n < lang.n && lang.p[n] != '-' && lang.p[n] != '_')
		n++;
	return n;
}

static bool find_language(const struct vocab *v, struct slice lang, size_t *row)
{
	char low[4];

	if (lang.n != 2 && lang.n != 3)
		return false;
	for (size_t i = 0; i < lang.n; i++)
		low[i] = (char)tolower((unsigned char)lang.p[i]);
	if (lang.n == 2)
		return vocab_find(v, "alpha2", slice_of(low, 2), row);
	return vocab_find(v, "id", slice_of(low, 3), row) || vocab_find(v, "bibliographic", slice_of(low, 3), row);
}

const char *lang_639_3(const struct schema *s, struct slice lang)
{
	const struct vocab *v = schema_vocab(s, "languages");
	size_t row;

	lang = slice_trim(lang);
	if (find_language(v, slice_of(lang.p, primary_len(lang)), &row))
		return vocab_get(v, row, "id");
	if (vocab_find_fold(v, "label", lang, &row) || vocab_find(v, "label_ja", lang, &row))
		return vocab_get(v, row, "id");
	return NULL;
}

bool lang_tag(const struct schema *s, struct slice lang, struct buf *out)
{
	const struct vocab *v = schema_vocab(s, "languages");
	struct slice part;
	const char *two;
	size_t row, n;

	lang = slice_trim(lang);
	n = primary_len(lang);
	if (!find_language(v, slice_of(lang.p, n), &row))
		return false;
	two = vocab_get(v, row, "alpha2");
	buf_adds(out, *two != '\0' ? two : vocab_get(v, row, "id"));
	while (n < lang.n) {
		lang.p += n + 1;
		lang.n -= n + 1;
		n = primary_len(lang);
		part = slice_of(lang.p, n);
		if (part.n == 0)
			return false;
		buf_addc(out, '-');
		for (size_t i = 0; i < part.n; i++) {
			bool upper = part.n == 2 || (part.n == 4 && i == 0);

			if (!isalnum((unsigned char)part.p[i]))
				return false;
			buf_addc(out, (char)(upper ? toupper((unsigned char)part.p[i]) : tolower((unsigned char)part.p[i])));
		}
	}
	return out->st == ST_OK;
}

/* ---- Licences ---- */

/* Without scheme, www, and what people append to the address of a licence. */
static struct slice url_core(struct slice u)
{
	static const char *const tails[] = { "legalcode.txt", "legalcode.en", "legalcode.ja", "legalcode", "deed.en", "deed.ja", "deed.de", "deed",
		".html", ".txt", ".json" };
	bool again = true;

	if (slice_starts(u, "https://"))
		u.p += 8, u.n -= 8;
	else if (slice_starts(u, "http://"))
		u.p += 7, u.n -= 7;
	if (slice_starts(u, "www."))
		u.p += 4, u.n -= 4;
	while (again) {
		again = false;
		while (u.n > 0 && u.p[u.n - 1] == '/')
			u.n--;
		for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++)
			if (slice_ends(u, tails[i])) {
				u.n -= strlen(tails[i]);
				again = true;
			}
	}
	return u;
}

static bool find_by_url(const struct vocab *v, struct slice value, size_t *row)
{
	static const char *const spdx[] = { "spdx.org/licenses/", "opensource.org/licenses/", "opensource.org/license/" };
	struct slice want = url_core(value);

	for (size_t i = 0; i < sizeof(spdx) / sizeof(*spdx); i++)
		if (slice_starts(want, spdx[i])) {
			size_t n = strlen(spdx[i]);

			if (vocab_find_fold(v, "id", slice_of(want.p + n, want.n - n), row))
				return true;
		}
	for (size_t i = 0; i < vocab_count(v); i++) {
		struct slice have = url_core(slice_str(vocab_get(v, i, "url")));

		if (have.n == want.n && have.n > 0 && strncasecmp(have.p, want.p, have.n) == 0) {
			*row = i;
			return true;
		}
	}
	return false;
}

/* Lower case, every run of other than letters and digits one blank; a blank at both ends. */
static st_t plain_words(struct buf *out, struct slice text)
{
	size_t i = 0;
	int32_t cp;

	buf_addc(out, ' ');
	while ((cp = utf8_next(text, &i)) >= 0 && out->st == ST_OK) {
		if (cp < 0x80 ? isalnum(cp) : cp > 0xa0 && !(cp >= 0x2000 && cp < 0x2070) && !(cp >= 0x3000 && cp < 0x3020) &&
		    !(cp >= 0xff00 && cp < 0xff10))
			utf8_put(out, (uint32_t)(cp < 0x80 ? tolower(cp) : cp >= 0xff10 && cp <= 0xff19 ? cp - 0xff10 + '0' : cp));
		else if (out->p[out->n - 1] != ' ')
			buf_addc(out, ' ');
	}
	if (out->st == ST_OK && out->p[out->n - 1] != ' ')
		buf_addc(out, ' ');
	return out->st;
}

/* "cc by 4.0", "CC-BY 4.0", "Creative Commons Attribution 4.0", "PDDL", "CC0": a name without its exact spelling. */
static bool find_by_name(const struct vocab *v, struct slice value, size_t *row)
{
	static const struct { const char *is, *id; } also[] = {
		{ " pddl ", "PDDL-1.0" }, { " cc0 ", "CC0-1.0" }, { " cc 0 ", "CC0-1.0" }, { " cc zero ", "CC0-1.0" }, { " odbl ", "ODbL-1.0" },
		{ " odc by ", "ODC-By-1.0" }, { " apache 2 ", "Apache-2.0" }, { " apache 2 0 ", "Apache-2.0" }, { " cc by ", "CC-BY-4.0" },
		{ " apache license 2 0 ", "Apache-2.0" }, { " mit license ", "MIT" }, { " bsd 3 clause license ", "BSD-3-Clause" },
		{ " gpl 3 ", "GPL-3.0-only" }, { " gpl 3 0 ", "GPL-3.0-only" }, { " gplv3 ", "GPL-3.0-only" }, { " gpl 2 0 ", "GPL-2.0-only" },
		{ " gpl 2 ", "GPL-2.0-only" }, { " lgpl 3 0 ", "LGPL-3.0-only" }, { " agpl 3 0 ", "AGPL-3.0-only" },
	};
	struct buf want = BUF_INIT(1000), have = BUF_INIT(1000);
	bool found = false;

	if (plain_words(&want, value) != ST_OK)
		goto out;
	for (size_t i = 0; i < vocab_count(v) && !found; i++) {
		static const char *const names[] = { "id", "label", "label_ja" };

		for (size_t k = 0; k < 3 && !found; k++) {
			buf_clear(&have);
			if (plain_words(&have, slice_str(vocab_get(v, i, names[k]))) == ST_OK && slice_eq(buf_slice(&have), buf_slice(&want))) {
				*row = i;
				found = true;
			}
		}
	}
	for (size_t i = 0; i < sizeof(also) / sizeof(*also) && !found; i++)
		if (strcmp(want.p, also[i].is) == 0)
			found = vocab_find(v, "id", slice_str(also[i].id), row);
out:
	buf_release(&want);
	buf_release(&have);
	return found;
}

bool licence_find(const struct schema *s, struct slice value, size_t *row)
{
	const struct vocab *v = schema_vocab(s, "licences");

	value = slice_trim(value);
	if (value.n == 0 || value.n > 500)
		return false;
	if (vocab_find_fold(v, "id", value, row))
		return true;
	if (slice_starts(value, "http") || memmem(value.p, value.n, ".org/", 5) != NULL)
		return find_by_url(v, value, row);
	return find_by_name(v, value, row);
}

static const struct { const char *is, *id; } short_names[] = {
	{ " cc0 ", "CC0-1.0" }, { " cc zero ", "CC0-1.0" }, { " pddl ", "PDDL-1.0" }, { " odbl ", "ODbL-1.0" }, { " mit license ", "MIT" },
};

/* Length of ${alternative} ("phrase & phrase") when all its phrases stand in ${words}, else 0. */
static size_t alternative_score(struct slice alternative, const char *words, struct buf *tmp)
{
	size_t score = 0;

	while (alternative.p != NULL) {
		struct slice phrase = slice_trim(slice_cut(&alternative, '&'));

		if (phrase.n == 0)
			return 0;
		/* Whole words only; Japanese has no blanks between them. */
		buf_clear(tmp);
		if ((unsigned char)phrase.p[0] < 0x80)
			buf_addc(tmp, ' ');
		buf_addsl(tmp, phrase);
		if ((unsigned char)phrase.p[phrase.n - 1] < 0x80)
			buf_addc(tmp, ' ');
		if (tmp->st != ST_OK || strstr(words, tmp->p) == NULL)
			return 0;
		score += phrase.n;
	}
	return score;
}

bool licence_of_text(const struct schema *s, struct slice text, size_t *row)
{
	const struct vocab *v = schema_vocab(s, "licences");
	struct buf words = BUF_INIT(1 << 20), tmp = BUF_INIT(1000);
	size_t best = 0;

	/* The name stands at the top and the rest is boiler plate: 200 KB are more than any licence has. */
	if (plain_words(&words, utf8_clip(text, 200000)) != ST_OK)
		goto out;
	for (size_t i = 0; i < vocab_count(v); i++) {
		struct slice m = slice_str(vocab_get(v, i, "match"));

		while (m.n > 0) {
			const char *bar = memmem(m.p, m.n, "||", 2);
			size_t n = bar != NULL ? (size_t)(bar - m.p) : m.n, now;

			now = alternative_score(slice_of(m.p, n), words.p, &tmp);
			if (now > best) {
				best = now;
				*row = i;
			}
			n += bar != NULL ? 2 : 0;
			m.p += n;
			m.n -= n;
		}
	}
out:
	/* A sentence such as "this is made available under CC0": licences of one version by their short names. */
	for (size_t i = 0; i < sizeof(short_names) / sizeof(*short_names) && best == 0 && text.n <= 300 && words.st == ST_OK; i++)
		if (strstr(words.p, short_names[i].is) != NULL && vocab_find(v, "id", slice_str(short_names[i].id), row))
			best = 1;
	buf_release(&words);
	buf_release(&tmp);
	return best > 0;
}

json_t *licence_rights(const struct schema *s, size_t row)
{
	const struct vocab *v = schema_vocab(s, "licences");

	return json_pack("{s:[{s:s,s:s},{s:s,s:s}],s:s,s:s}", "values", "value", vocab_get(v, row, "label"), "lang", "en",
	                 "value", vocab_get(v, row, "label_ja"), "lang", "ja", "spdx", vocab_get(v, row, "id"), "uri", vocab_get(v, row, "url"));
}
