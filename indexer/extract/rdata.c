#include "indexer/extract/rdata_int.h"

#include <archive.h>
#include <archive_entry.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/bytes_int.h"

#define PIECE		((size_t)256 << 10)
#define DEPTH_MOST	2000u
#define ARENA_MOST	((size_t)64 << 20)
#define REFS_MOST	2000000u
#define STRING_MOST	((size_t)1 << 20)	/* longer ones are clipped */
#define NAME_MOST	((size_t)1 << 10)	/* of what is kept */
#define KEEP_MOST	100000u		/* strings or numbers of one vector */
#define NA_INT		INT32_MIN
#define NIL_VALUE	254
#define BC_REF		243
#define BC_DEF		244
#define ATTR_LANG	240
#define ATTR_LIST	239

static struct rnode nothing;	/* stands for all that is not kept; never written to */

/* ---- the stream ---- */

struct rstream {
	struct source *src;
	uint64_t from, at, limit;	/* of the source; of what is unpacked */
	struct archive *a;		/* NULL: plain */
	uint8_t in[PIECE];
	const uint8_t *p;		/* what is unpacked and not yet taken */
	size_t n;
};

static la_ssize_t on_read(struct archive *a, void *ctx, const void **p)
{
	struct rstream *s = ctx;
	size_t got;

	(void)a;
	if (source_read(s->src, s->from, s->in, PIECE, &got, NULL) != ST_OK)
		return -1;
	s->from += got;
	*p = s->in;
	return (la_ssize_t)got;
}

static bool packed(const uint8_t *p, size_t n)
{
	return (n > 18 && p[0] == 0x1F && p[1] == 0x8B) || (n > 14 && memcmp(p, "BZh", 3) == 0) || (n > 12 && memcmp(p, "\xFD" "7zXZ", 6) == 0);
}

struct rstream *rstream_new(struct source *src, uint64_t limit)
{
	struct rstream *s = calloc(1, sizeof(*s));
	struct archive_entry *en;
	uint8_t head[32];
	size_t got = 0;

	if (s == NULL)
		return NULL;
	s->src = src;
	s->limit = limit;
	if (source_read(src, 0, head, sizeof(head), &got, NULL) != ST_OK || !packed(head, got))
		return s;
	if ((s->a = archive_read_new()) == NULL) {
		free(s);
		return NULL;
	}
	archive_read_support_filter_gzip(s->a);
	archive_read_support_filter_bzip2(s->a);
	archive_read_support_filter_xz(s->a);
	archive_read_support_format_raw(s->a);
	archive_read_set_read_callback(s->a, on_read);
	archive_read_set_callback_data(s->a, s);
	if (archive_read_open1(s->a) != ARCHIVE_OK || archive_read_next_header(s->a, &en) != ARCHIVE_OK)
		s->limit = 0;
	return s;
}

void rstream_free(struct rstream *s)
{
	if (s && s->a)
		archive_read_free(s->a);
	free(s);
}

uint64_t rstream_at(const struct rstream *s)
{
	return s->at;
}

static st_t more(struct rstream *s, struct err *e)
{
	const void *p;
	size_t n = 0;
	la_int64_t off;
	int rc;

	if (s->limit == 0)
		return err_set(e, ST_INVALID, "damaged compressed data");
	if (s->at >= s->limit)
		return err_set(e, ST_INVALID, "unpacks to more than %llu MB", (unsigned long long)(s->limit >> 20));
	if (s->a == NULL) {
		if (source_read(s->src, s->from, s->in, PIECE, &n, e) != ST_OK)
			return ST_INVALID;
		s->from += n;
		s->p = s->in;
	} else
		while (n == 0) {
			if ((rc = archive_read_data_block(s->a, &p, &n, &off)) == ARCHIVE_EOF)
				break;
			if (rc != ARCHIVE_OK)
				return err_set(e, ST_INVALID, "damaged compressed data behind %llu unpacked bytes", (unsigned long long)s->at);
			s->p = p;
		}
	s->n = n;
	return n ? ST_OK : err_set(e, ST_INVALID, "cut off behind %llu bytes", (unsigned long long)s->at);
}

st_t rstream_read(struct rstream *s, void *p, size_t n, struct err *e)
{
	size_t k;
	st_t st;

	while (n) {
		if (s->n == 0 && (st = more(s, e)) != ST_OK)
			return st;
		k = s->n < n ? s->n : n;
		if (p) {
			memcpy(p, s->p, k);
			p = (char *)p + k;
		}
		s->p += k;
		s->n -= k;
		s->at += k;
		n -= k;
	}
	return ST_OK;
}

st_t rstream_skip(struct rstream *s, uint64_t n, struct err *e)
{
	if (s->a == NULL && n > s->n) {
		if (n > s->src->size - s->at)
			return err_set(e, ST_INVALID, "cut off: %llu bytes are announced behind byte %llu", (unsigned long long)n, (unsigned long long)s->at);
		s->at += n;
		s->from = s->at;
		s->n = 0;
		return ST_OK;
	}
	return rstream_read(s, NULL, n, e);
}

bool rdata_begins(const uint8_t *p, size_t n)
{
	bool save = n >= 7 && (memcmp(p, "RDX2\n", 5) == 0 || memcmp(p, "RDX3\n", 5) == 0 || memcmp(p, "RDB2\n", 5) == 0 || memcmp(p, "RDB3\n", 5) == 0 ||
	    memcmp(p, "RDA2\n", 5) == 0 || memcmp(p, "RDA3\n", 5) == 0);

	if (save)
		return true;
	return n >= 14 && p[1] == '\n' && ((p[0] == 'X' && memcmp(p + 2, "\0\0\0", 3) == 0 && (p[5] == 2 || p[5] == 3) && p[6] == 0 && p[7] > 0 && p[7] < 9 && p[10] == 0) ||
	    (p[0] == 'B' && (p[2] == 2 || p[2] == 3) && memcmp(p + 3, "\0\0\0", 3) == 0 && p[9] == 0));
}

/* ---- memory ---- */

struct chunk { struct chunk *next; size_t n, cap; };

/* NULL: over the ceiling (r->over), or none. */
static void *arena(struct rdata *r, size_t n)
{
	struct chunk *c = r->arena;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (r->used + n > ARENA_MOST) {
		r->over = true;
		return NULL;
	}
	if (c == NULL || c->cap - c->n < n) {
		size_t cap = n > 65536 ? n : 65536;

		if ((c = malloc(sizeof(*c) + 16 + cap)) == NULL) {
			r->nomem = true;
			return NULL;
		}
		*c = (struct chunk){ r->arena, 0, cap };
		r->arena = c;
	}
	p = (char *)c + ((sizeof(*c) + 15) & ~(size_t)15) + c->n;
	c->n += n;
	r->used += n;
	memset(p, 0, n);
	return p;
}

static const char *keep_text(struct rdata *r, struct slice s)
{
	char *p;

	if (s.n > NAME_MOST)
		s.n = NAME_MOST;
	if ((p = arena(r, s.n + 1)) != NULL && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

void rdata_release(struct rdata *r)
{
	struct chunk *c, *next;

	for (c = r->arena; c; c = next) {
		next = c->next;
		free(c);
	}
	r->arena = NULL;
	rstream_free(r->s);
	r->s = NULL;
	free(r->ref);
	buf_release(&r->tmp);
}

struct rnode *rdata_attr(const struct rnode *v, const char *name)
{
	struct rnode *c;

	for (c = v ? v->attr : NULL; c; c = c->next)
		if (c->tag && strcmp(c->tag, name) == 0)
			return c->kids;
	return NULL;
}

bool rdata_is(const struct rnode *v, const char *name)
{
	const struct rnode *c = rdata_attr(v, "class");
	uint64_t i;

	for (i = 0; c && c->text && i < c->n; i++)
		if (c->text[i] && strcmp(c->text[i], name) == 0)
			return true;
	return false;
}

/* ---- reading ---- */

static st_t word(struct rdata *r, int32_t *v)
{
	uint8_t b[4];
	st_t st = rstream_read(r->s, b, 4, &r->why);

	*v = st == ST_OK ? (int32_t)get32(b, !r->little) : 0;
	return st;
}

static st_t length(struct rdata *r, uint64_t *n)
{
	int32_t v, hi, lo;
	st_t st = word(r, &v);

	if (st == ST_OK && v == -1) {
		if ((st = word(r, &hi)) != ST_OK || (st = word(r, &lo)) != ST_OK)
			return st;
		if (hi < 0 || hi > 65535)
			return err_set(&r->why, ST_INVALID, "a vector with an impossible length");
		*n = (uint64_t)(uint32_t)hi << 32 | (uint32_t)lo;
		return ST_OK;
	}
	if (st == ST_OK && v < 0)
		return err_set(&r->why, ST_INVALID, "a vector with a negative length");
	*n = (uint64_t)v;
	return st;
}

/* The bytes of a CHARSXP behind its flags. */
static st_t chars(struct rstream *s, bool little, struct buf *b, bool *na, struct err *e)
{
	uint8_t w[4];
	int32_t n;
	size_t k;
	st_t st = rstream_read(s, w, 4, e);

	buf_clear(b);
	n = st == ST_OK ? (int32_t)get32(w, !little) : 0;
	*na = n == -1;
	if (st != ST_OK || n == -1)
		return st;
	if (n < 0)
		return err_set(e, ST_INVALID, "a string with a negative length");
	for (k = (size_t)n < b->max ? (size_t)n : b->max; st == ST_OK && b->n < k;) {
		size_t step = k - b->n < PIECE ? k - b->n : PIECE;

		if (buf_reserve(b, step) != ST_OK)
			return ST_NOMEM;
		if ((st = rstream_read(s, b->p + b->n, step, e)) == ST_OK)
			b->n += step;
	}
	return st == ST_OK ? rstream_skip(s, (uint64_t)n - k, e) : st;
}

st_t rdata_string(struct rstream *s, bool little, struct buf *b, bool *na, struct err *e)
{
	uint8_t w[4];
	st_t st = rstream_read(s, w, 4, e);

	if (st == ST_OK && (get32(w, !little) & 0xFF) != R_CHAR)
		return err_set(e, ST_INVALID, "a character vector that holds something else than strings");
	return st == ST_OK ? chars(s, little, b, na, e) : st;
}

static st_t item(struct rdata *r, struct rnode **out, bool keep);
static st_t body(struct rdata *r, uint32_t flags, struct rnode **out, bool keep);

static st_t too_deep(struct rdata *r)
{
	return err_set(&r->why, ST_INVALID, "nested deeper than %u levels", DEPTH_MOST);
}

static st_t ref_add(struct rdata *r, const char *name)
{
	void *p;

	if (r->n_ref >= REFS_MOST)
		return err_set(&r->why, ST_INVALID, "more than %u symbols and environments", REFS_MOST);
	if (r->n_ref == r->cap_ref) {
		if ((p = realloc(r->ref, (r->cap_ref * 2 + 64) * sizeof(*r->ref))) == NULL)
			return ST_NOMEM;
		r->ref = p;
		r->cap_ref = r->cap_ref * 2 + 64;
	}
	r->ref[r->n_ref++] = name;
	return ST_OK;
}

/* A node, or one that stands for all that there is no room for. */
static struct rnode *node(struct rdata *r, int type)
{
	struct rnode *v = r->mute ? NULL : arena(r, sizeof(*v));

	if (v == NULL)
		return &nothing;
	v->type = (uint8_t)type;
	return v;
}

static bool is_kept(const struct rnode *v)
{
	return v != &nothing;
}

static st_t symbol(struct rdata *r, struct rnode *v)
{
	const char *name;
	bool na;
	st_t st = rdata_string(r->s, r->little, &r->tmp, &na, &r->why);

	if (st != ST_OK)
		return st;
	name = keep_text(r, buf_slice(&r->tmp));
	if (is_kept(v))
		v->tag = name;
	return ref_add(r, name);
}

static st_t refer(struct rdata *r, uint32_t flags, struct rnode *v)
{
	int32_t i = (int32_t)(flags >> 8);
	st_t st = ST_OK;

	if (i == 0)
		st = word(r, &i);
	if (st == ST_OK && (i < 1 || (uint32_t)i > r->n_ref))
		return err_set(&r->why, ST_INVALID, "a reference to nothing");
	if (st == ST_OK && is_kept(v))
		v->tag = r->ref[i - 1];
	return st;
}

/* A namespace or package: a vector of strings of its own kind. */
static st_t space(struct rdata *r)
{
	int32_t zero, n;
	bool na;
	st_t st;

	if ((st = word(r, &zero)) != ST_OK || (st = word(r, &n)) != ST_OK)
		return st;
	for (; n > 0 && st == ST_OK; n--)
		st = rdata_string(r->s, r->little, &r->tmp, &na, &r->why);
	return st == ST_OK ? ref_add(r, NULL) : st;
}

static st_t measured(struct rdata *r, struct rnode *v, uint64_t *n)
{
	st_t st = length(r, n);

	if (st == ST_OK && is_kept(v)) {
		v->n = *n;
		v->at = rstream_at(r->s);
	}
	return st;
}

static st_t numbers(struct rdata *r, struct rnode *v, size_t width, bool keep)
{
	uint8_t b[8];
	uint64_t i, n;
	st_t st;

	if ((st = measured(r, v, &n)) != ST_OK)
		return st;
	if (!(keep || n <= 3) || n > KEEP_MOST || v->type == R_CPLX || v->type == R_RAW || !is_kept(v) || (v->num = arena(r, n * sizeof(double))) == NULL)
		return rstream_skip(r->s, n * width, &r->why);
	for (i = 0; i < n; i++) {
		if ((st = rstream_read(r->s, b, width, &r->why)) != ST_OK)
			return st;
		v->num[i] = width == 8 ? get_double(b, !r->little) : (int32_t)get32(b, !r->little) == NA_INT ? NAN : (int32_t)get32(b, !r->little);
	}
	return ST_OK;
}

static st_t strings(struct rdata *r, struct rnode *v, bool keep)
{
	const char **text = NULL;
	uint64_t i, n;
	bool na;
	st_t st;

	if ((st = measured(r, v, &n)) != ST_OK)
		return st;
	if ((keep || n == 1) && n <= KEEP_MOST && is_kept(v))
		v->text = text = arena(r, n * sizeof(char *));
	for (i = 0; i < n; i++) {
		if ((st = rdata_string(r->s, r->little, &r->tmp, &na, &r->why)) != ST_OK)
			return st;
		if (text && !na)
			v->text[i] = keep_text(r, buf_slice(&r->tmp));
	}
	return ST_OK;
}

/* Of long lists, such as a column of lists, only the first items are kept. */
static st_t vector(struct rdata *r, struct rnode *v, bool keep)
{
	struct rnode **end = &v->kids, *kid;
	uint64_t i, n;
	bool mute = r->mute;
	st_t st;

	if ((st = measured(r, v, &n)) != ST_OK)
		return st;
	for (i = 0; i < n && st == ST_OK; i++) {
		r->mute = mute || i >= FACT_COLUMNS;
		if ((st = item(r, &kid, keep)) == ST_OK && is_kept(v) && is_kept(kid)) {
			*end = kid;
			end = &kid->next;
		}
	}
	r->mute = mute;
	return st;
}

/* A pairlist: cells in v->kids, the value of each in its kids, its name in tag. */
static st_t pairs(struct rdata *r, uint32_t flags, struct rnode *v, bool keep)
{
	struct rnode *tag, *car, *cell, *attr, **end = &v->kids;
	int32_t w;
	st_t st;

	for (;;) {
		tag = NULL;
		cell = node(r, R_LIST);
		if (is_kept(v) && is_kept(cell)) {
			*end = cell;
			end = &cell->next;
		}
		if ((flags & 0x200 && (st = item(r, &attr, false)) != ST_OK) || (flags & 0x400 && (st = item(r, &tag, false)) != ST_OK))
			return st;
		if (is_kept(cell) && tag)
			cell->tag = tag->tag;
		if ((st = item(r, &car, keep)) != ST_OK)
			return st;
		if (is_kept(cell))
			cell->kids = car;
		if ((st = word(r, &w)) != ST_OK)
			return st;
		flags = (uint32_t)w;
		if ((flags & 0xFF) == NIL_VALUE)
			return ST_OK;
		if ((flags & 0xFF) != R_LIST && (flags & 0xFF) != R_LANG)
			return body(r, flags, &car, false);	/* a tail that is no list */
	}
}

static st_t bytecode(struct rdata *r);

/* A constant of bytecode that is code itself; its cells are numbered so that they can be shared. */
static st_t code_list(struct rdata *r, int32_t type)
{
	struct rnode *skip;
	int32_t w;
	st_t st = ++r->depth > DEPTH_MOST ? too_deep(r) : ST_OK;

	while (st == ST_OK) {
		if (type == BC_REF) {
			st = word(r, &w);
			break;
		}
		if (type == BC_DEF && ((st = word(r, &w)) != ST_OK || (st = word(r, &type)) != ST_OK))
			break;
		if (type != R_LANG && type != R_LIST && type != ATTR_LANG && type != ATTR_LIST) {
			st = item(r, &skip, false);
			break;
		}
		if (((type == ATTR_LANG || type == ATTR_LIST) && (st = item(r, &skip, false)) != ST_OK) || (st = item(r, &skip, false)) != ST_OK ||
		    (st = word(r, &w)) != ST_OK || (st = code_list(r, w)) != ST_OK)
			break;
		st = word(r, &type);
	}
	r->depth--;
	return st;
}

static st_t bytecode(struct rdata *r)
{
	struct rnode *skip;
	int32_t n, type;
	st_t st = ++r->depth > DEPTH_MOST ? too_deep(r) : item(r, &skip, false);

	if (st == ST_OK)
		st = word(r, &n);
	for (; st == ST_OK && n > 0; n--) {
		if ((st = word(r, &type)) != ST_OK)
			break;
		if (type == R_BCODE)
			st = bytecode(r);
		else if (type == R_LANG || type == R_LIST || type == BC_DEF || type == BC_REF || type == ATTR_LANG || type == ATTR_LIST)
			st = code_list(r, type);
		else
			st = item(r, &skip, false);
	}
	r->depth--;
	return st;
}

/* Vectors that R keeps in another form: counts, wrappers, numbers that will become text. */
static st_t altrep(struct rdata *r, struct rnode **out)
{
	struct rnode *info, *state, *attr, *in;
	const char *class;
	st_t st;

	if ((st = item(r, &info, false)) != ST_OK || (st = item(r, &state, true)) != ST_OK || (st = item(r, &attr, true)) != ST_OK)
		return st;
	class = info->type == R_LIST && info->kids && info->kids->kids && info->kids->kids->tag ? info->kids->kids->tag : "";
	in = (state->type == R_LIST || state->type == R_VEC) && state->kids ? state->type == R_LIST ? state->kids->kids : state->kids : NULL;
	if (strncmp(class, "compact_", 8) == 0 && state->num && state->n == 3 && state->num[0] >= 0 && state->num[0] < 4503599627370496.0) {
		state->type = strcmp(class, "compact_intseq") == 0 ? R_INT : R_REAL;
		state->seq = true;
		state->n = (uint64_t)state->num[0];
		state->num++;
		*out = state;
	} else if ((strncmp(class, "wrap_", 5) == 0 || strcmp(class, "deferred_string") == 0) && in && is_kept(in)) {
		in->spelled = class[0] == 'd';
		*out = in;
		in->next = NULL;
	} else
		*out = node(r, R_S4);
	if (is_kept(*out) && attr->type == R_LIST)
		(*out)->attr = attr->kids;
	return ST_OK;
}

static st_t environment(struct rdata *r)
{
	struct rnode *skip;
	int32_t locked;
	st_t st = word(r, &locked);
	unsigned i;

	if (st == ST_OK)
		st = ref_add(r, NULL);
	for (i = 0; i < 4 && st == ST_OK; i++)
		st = item(r, &skip, false);
	return st;
}

/* Items that are no vectors. ${attrs}: attributes follow. */
static st_t other(struct rdata *r, uint32_t flags, bool *attrs)
{
	struct rnode *skip;
	bool na;
	int32_t n;
	st_t st;

	switch (flags & 0xFF) {
	case R_ENV:
		*attrs = false;
		return environment(r);
	case R_EXTPTR:
		if ((st = ref_add(r, NULL)) != ST_OK || (st = item(r, &skip, false)) != ST_OK)
			return st;
		return item(r, &skip, false);
	case R_WEAKREF:
		return ref_add(r, NULL);
	case R_SPECIAL:
	case R_BUILTIN:
		if ((st = word(r, &n)) != ST_OK)
			return st;
		return n < 0 ? err_set(&r->why, ST_INVALID, "a name with a negative length") : rstream_skip(r->s, (uint64_t)n, &r->why);
	case R_CHAR:
		return chars(r->s, r->little, &r->tmp, &na, &r->why);
	case R_BCODE:
		return word(r, &n) == ST_OK ? bytecode(r) : ST_INVALID;
	case R_S4:
		return ST_OK;
	default:
		return err_set(&r->why, ST_INVALID, "an object of unknown kind %u", flags & 0xFF);
	}
}

/* What has no attributes and no type below 26. */
static st_t special(struct rdata *r, uint32_t flags, struct rnode **out)
{
	switch (flags & 0xFF) {
	case NIL_VALUE:
		*out = node(r, R_NULL);
		return ST_OK;
	case 255:
		*out = node(r, R_SYM);
		return refer(r, flags, *out);
	case 247: case 248: case 249:
		*out = node(r, R_ENV);
		return space(r);
	case 238:
		return altrep(r, out);
	case 241: case 242: case 250: case 251: case 252: case 253:
		*out = node(r, R_ENV);
		return ST_OK;
	default:
		return err_set(&r->why, ST_INVALID, "an object of unknown kind %u", flags & 0xFF);
	}
}

static st_t body(struct rdata *r, uint32_t flags, struct rnode **out, bool keep)
{
	struct rnode *v, *a;
	bool attrs = flags & 0x200;
	st_t st;

	if ((flags & 0xFF) > R_S4 && (flags & 0xFF) != ATTR_LANG && (flags & 0xFF) != ATTR_LIST)
		return special(r, flags, out);
	*out = v = node(r, (int)(flags & 0xFF));
	switch (flags & 0xFF) {
	case R_SYM:
		return symbol(r, v);
	case R_LIST: case R_LANG: case R_CLO: case R_PROM: case R_DOTS:
		return pairs(r, flags, v, keep);
	case R_LGL: case R_INT:
		st = numbers(r, v, 4, keep);
		break;
	case R_REAL:
		st = numbers(r, v, 8, keep);
		break;
	case R_CPLX:
		st = numbers(r, v, 16, keep);
		break;
	case R_RAW:
		st = numbers(r, v, 1, keep);
		break;
	case R_STR:
		st = strings(r, v, keep);
		break;
	case R_VEC: case R_EXPR:
		st = vector(r, v, keep);
		break;
	default:
		st = other(r, flags, &attrs);
	}
	if (st == ST_OK && attrs && (st = item(r, &a, true)) == ST_OK && is_kept(v) && a->type == R_LIST)
		v->attr = a->kids;
	return st;
}

static st_t item(struct rdata *r, struct rnode **out, bool keep)
{
	int32_t w;
	st_t st = ++r->depth > DEPTH_MOST ? too_deep(r) : word(r, &w);

	*out = &nothing;
	if (st == ST_OK)
		st = body(r, (uint32_t)w, out, keep);
	r->depth--;
	return r->nomem ? ST_NOMEM : st;
}

/* ---- the file ---- */

static st_t begin(struct rdata *r)
{
	char mark[5];
	int32_t v[3], n;
	unsigned i;
	st_t st = rstream_read(r->s, mark, 2, &r->why);

	if (st == ST_OK && mark[0] == 'R') {
		r->workspace = true;
		if ((st = rstream_read(r->s, mark + 2, 3, &r->why)) == ST_OK)
			st = rstream_read(r->s, mark, 2, &r->why);
	}
	if (st != ST_OK)
		return st;
	if (mark[0] == 'A')
		return err_set(&r->why, ST_UNSUPPORTED, "the form of R's serialization in ASCII, which is not read");
	r->little = mark[0] == 'B';
	for (i = 0; i < 3; i++)
		if ((st = word(r, &v[i])) != ST_OK)
			return st;
	if (v[0] != 2 && v[0] != 3)
		return err_set(&r->why, ST_UNSUPPORTED, "R's serialization in version %d, which is not read", v[0]);
	r->version = v[0];
	snprintf(r->writer, sizeof(r->writer), "%d.%d.%d", (v[1] >> 16) & 0xFFFF, (v[1] >> 8) & 0xFF, v[1] & 0xFF);
	if (r->version == 3 && ((st = word(r, &n)) != ST_OK || n < 0 || n > 64 || (st = rstream_skip(r->s, (uint64_t)n, &r->why)) != ST_OK))
		return st != ST_OK ? st : err_set(&r->why, ST_INVALID, "the name of an encoding with %d bytes", n);
	return ST_OK;
}

st_t rdata_read(struct rdata *r, struct source *src, uint64_t limit)
{
	int32_t w;
	st_t st;

	buf_init(&r->tmp, STRING_MOST);
	if ((r->s = rstream_new(src, limit)) == NULL)
		return ST_NOMEM;
	r->top = &nothing;
	if ((st = begin(r)) != ST_OK || (st = word(r, &w)) != ST_OK)
		return st;
	return body(r, (uint32_t)w, &r->top, false);
}
