/* The list that "azekura survey" writes, a person edits and "azekura deposit --from-survey" carries out: docs/formats/survey.md. */

#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cli/survey.h"

#define PATTERNS_MAX 1000

st_t list_quote(struct buf *out, const char *value)
{
	struct slice s = slice_str(value);
	size_t i = 0, was;
	int32_t cp;

	while ((was = i) < s.n && (cp = utf8_next(s, &i)) >= 0) {
		bool end = was == 0 || i == s.n;

		if ((cp == 0xfffd && i - was == 1) || cp == '%' || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp == ' ' && end))
			for (; was < i; was++)
				buf_addf(out, "%%%02X", (unsigned)(unsigned char)s.p[was]);
		else
			buf_add(out, s.p + was, i - was);
	}
	return out->st;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A lone '%' that somebody typed stands for itself. */
st_t list_unquote(struct buf *out, struct slice v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		int a = v.p[i] == '%' && i + 2 < v.n ? hex(v.p[i + 1]) : -1, b = a < 0 ? -1 : hex(v.p[i + 2]);

		if (b >= 0 && a * 16 + b != 0) {
			buf_addc(out, (char)(a * 16 + b));
			i += 2;
		} else {
			buf_addc(out, v.p[i]);
		}
	}
	return out->st;
}

static void entry_release(struct list_entry *x)
{
	size_t i;

	for (i = 0; i < x->filter.n_include; i++)
		free(x->filter.include[i]);
	for (i = 0; i < x->filter.n_exclude; i++)
		free(x->filter.exclude[i]);
	free(x->filter.include);
	free(x->filter.exclude);
	free(x->folder);
	free(x->title);
	free(x->access);
	free(x->license);
	memset(x, 0, sizeof(*x));
}

void list_release(struct list *l)
{
	size_t i;

	for (i = 0; i < l->v.n; i++)
		entry_release(&l->v.v[i]);
	VEC_RELEASE(&l->v);
}

#define VALUE_MAX 65536

static st_t text_to(char **to, struct slice v, struct err *e)
{
	struct buf b = BUF_INIT(VALUE_MAX);
	st_t st;

	if (v.n > 0 && memchr(v.p, '\0', v.n) != NULL)
		return err_set(e, ST_INVALID, "a value with a NUL in it");
	if ((st = list_unquote(&b, v)) == ST_TOOBIG)
		st = err_set(e, ST_INVALID, "a value of more than %u bytes", VALUE_MAX);
	free(*to);
	*to = st == ST_OK ? (b.n > 0 ? buf_take(&b, NULL) : slice_dup(SLICE(""))) : NULL;
	buf_release(&b);
	return st == ST_OK && *to == NULL ? ST_NOMEM : st;
}

static st_t pattern_to(char ***v, size_t *n, struct slice value, struct err *e)
{
	char **more;

	if (*n == PATTERNS_MAX)
		return err_set(e, ST_INVALID, "more than %u patterns in one block", PATTERNS_MAX);
	if ((more = realloc(*v, (*n + 1) * sizeof(**v))) == NULL)
		return ST_NOMEM;
	*v = more;
	more[*n] = NULL;
	*n += 1;
	return text_to(&more[*n - 1], value, e);
}

static bool yes_no(struct slice v, bool *out)
{
	*out = slice_ieq_str(v, "yes");
	return *out || slice_ieq_str(v, "no");
}

static bool day(struct slice v, int64_t *ns)
{
	int64_t at;
	bool whole;

	/* Times of files are kept in nanoseconds: from 1677 to 2262. */
	if (!iso8601_parse(v, &at, &whole) || !whole || at > INT64_MAX / 1000000000 || at < INT64_MIN / 1000000000)
		return false;
	*ns = at * 1000000000;
	return true;
}

static st_t member(struct list_entry *x, struct slice key, struct slice v, struct err *e)
{
	bool b;

	if (slice_eq_str(key, "folder"))
		return text_to(&x->folder, v, e);
	if (slice_eq_str(key, "title"))
		return text_to(&x->title, v, e);
	if (slice_eq_str(key, "access"))
		return text_to(&x->access, v, e);
	if (slice_eq_str(key, "license") || slice_eq_str(key, "licence"))
		return text_to(&x->license, v, e);
	if (slice_eq_str(key, "include"))
		return pattern_to(&x->filter.include, &x->filter.n_include, v, e);
	if (slice_eq_str(key, "exclude"))
		return pattern_to(&x->filter.exclude, &x->filter.n_exclude, v, e);
	if (slice_eq_str(key, "publish")) {
		x->said_publish = true;
		return yes_no(v, &x->publish) ? ST_OK : err_set(e, ST_INVALID, "publish: yes or no");
	}
	if (slice_eq_str(key, "after"))
		return day(v, &x->filter.after) ? ST_OK : err_set(e, ST_INVALID, "after: a day, as 2026-01-31");
	if (slice_eq_str(key, "before"))
		return day(v, &x->filter.before) ? ST_OK : err_set(e, ST_INVALID, "before: a day, as 2026-01-31");
	if (slice_eq_str(key, "files")) {
		b = slice_eq_str(v, "here");
		x->filter.here = b;
		return b || slice_eq_str(v, "all") ? ST_OK : err_set(e, ST_INVALID, "files: all, or here for those directly in the folder");
	}
	return err_set(e, ST_INVALID, "'%.*s' is none of deposit, folder, title, access, license, publish, include, exclude, after, before, files",
	    (int)(key.n < 40 ? key.n : 40), key.p);
}

/* A block begins with its "deposit:". */
static st_t line(struct list *l, struct slice s, unsigned no, struct err *e)
{
	struct slice rest = s, key = slice_trim(slice_cut(&rest, ':')), v = slice_trim(rest);
	struct list_entry x = { .line = no };

	if (rest.p == NULL)
		return err_set(e, ST_INVALID, "expected 'name: value'");
	if (slice_eq_str(key, "deposit")) {
		if (!yes_no(v, &x.deposit))
			return err_set(e, ST_INVALID, "deposit: yes or no");
		return VEC_PUSH(&l->v, x);
	}
	if (l->v.n == 0)
		return err_set(e, ST_INVALID, "a block begins with 'deposit: yes' or 'deposit: no'");
	return member(&l->v.v[l->v.n - 1], key, v, e);
}

st_t list_read(struct list *l, struct slice text, struct err *e)
{
	unsigned no = 0;
	size_t i;
	st_t st = ST_OK;

	memset(l, 0, sizeof(*l));
	while (st == ST_OK && text.p != NULL) {
		struct slice s = slice_cut(&text, '\n');

		no++;
		if (s.n > 0 && s.p[s.n - 1] == '\r')
			s.n--;
		s = slice_trim(s);
		if (s.n > 0 && s.p[0] != '#' && (st = line(l, s, no, e)) != ST_OK)
			err_wrap(e, "line %u", no);
	}
	for (i = 0; st == ST_OK && i < l->v.n; i++)
		if (l->v.v[i].folder == NULL || l->v.v[i].folder[0] != '/')
			st = err_set(e, ST_INVALID, "line %u: this block has no 'folder:' with a path from the root", l->v.v[i].line);
	if (st != ST_OK)
		list_release(l);
	return st;
}

char *list_apart(const struct list_entry *x)
{
	const struct folder_filter *w = &x->filter;
	struct buf b = BUF_INIT((size_t)1 << 20);
	size_t i;

	for (i = 0; i < w->n_include; i++)
		buf_addf(&b, "+%s\n", w->include[i]);
	for (i = 0; i < w->n_exclude; i++)
		buf_addf(&b, "-%s\n", w->exclude[i]);
	if (w->after != 0 || w->before != 0)
		buf_addf(&b, "@%lld %lld\n", (long long)w->after, (long long)w->before);
	if (w->here)
		buf_adds(&b, "here\n");
	if (b.st == ST_OK && b.n == 0)
		return slice_dup(SLICE(""));
	return b.st == ST_OK ? buf_take(&b, NULL) : NULL;
}
