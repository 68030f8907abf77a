#include "indexer/extract/lines_int.h"

#include <stdlib.h>
#include <zlib.h>

#define FACTS_MOST	(((size_t)8 << 20) - 4000)
#define HEAD_UNPACKED	((size_t)64 << 10)
#define UNPACK_STEP	((size_t)128 << 10)
/* What a file may unpack to: bombs end here, and so does nothing that an instrument wrote. */
#define UNPACK_RATIO	200
#define UNPACK_FREE	((uint64_t)256 << 20)

struct lines {
	const struct lines_kind *kind;
	void *x;
	struct fact *f;
	uint64_t size, came, unpacked;
	uint64_t members;		/* of gzip, that ended */
	bool gzip, gz_open, over, longer;
	z_stream z;
	uint8_t *out;			/* UNPACK_STEP bytes of unpacked data */
	struct dec *dec;
	struct buf text;		/* decoded */
	struct buf line;		/* its beginning, from the piece before */
	bool begun;			/* a part of this line was given away */
	unsigned skip;			/* bytes of a byte-order mark still to be passed over */
	char end;			/* what ends a line: LF, or CR in files that have no LF */
	enum enc enc;
};

void lines_nomem(struct fact *f)
{
	fact_put(f, fact_root(f), "nomem", NULL);
}

bool line_next(struct slice *s, struct slice *line)
{
	size_t i = 0;

	if (s->n == 0)
		return false;
	while (i < s->n && s->p[i] != '\n' && s->p[i] != '\r')
		i++;
	*line = slice_of(s->p, i);
	if (i < s->n)
		i += s->p[i] == '\r' && i + 1 < s->n && s->p[i + 1] == '\n' ? 2 : 1;
	s->p += i;
	s->n -= i;
	return true;
}

bool head_ext_is(const struct head *h, const char *list)
{
	char key[24] = " ";
	const char *slash = strrchr(h->name, '/'), *base = slash ? slash + 1 : h->name, *dot, *end;
	size_t i, n;

	end = base + strlen(base);
	if (strcmp(h->ext, "gz") == 0 || strcmp(h->ext, "bgz") == 0)
		end = strrchr(base, '.');
	for (dot = end; dot > base && dot[-1] != '.'; dot--)
		;
	if (dot <= base + 1 || (n = (size_t)(end - dot)) == 0 || n > sizeof(key) - 3)
		return strstr(list, " - ") != NULL;
	for (i = 0; i < n; i++)
		key[1 + i] = (char)(dot[i] >= 'A' && dot[i] <= 'Z' ? dot[i] + 32 : dot[i]);
	key[1 + n] = ' ';
	key[2 + n] = '\0';
	return strstr(list, key) != NULL;
}

static bool is_gzip(const struct head *h)
{
	return h->n > 18 && h->p[0] == 0x1F && h->p[1] == 0x8B && h->p[2] == 8;
}

/* The first bytes behind gzip into ${b}. */
static st_t peek(const struct head *h, struct buf *b)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)h->p, .avail_in = (uInt)(h->n < HEAD_UNPACKED ? h->n : HEAD_UNPACKED) };
	int rc = Z_OK;

	if (buf_reserve(b, HEAD_UNPACKED) != ST_OK || inflateInit2(&z, 15 + 16) != Z_OK)
		return ST_NOMEM;
	z.next_out = (Bytef *)b->p;
	z.avail_out = (uInt)HEAD_UNPACKED;
	while (rc == Z_OK && z.avail_out && z.avail_in) {
		rc = inflate(&z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END && z.avail_in > 18)
			rc = inflateReset(&z);
	}
	b->n = HEAD_UNPACKED - z.avail_out;
	b->p[b->n] = '\0';
	inflateEnd(&z);
	return ST_OK;
}

static bool decoded(enum enc enc)
{
	return enc != ENC_ASCII && enc != ENC_UTF8 && enc != ENC_BINARY && enc != ENC_UNKNOWN;
}

static const struct lines_kind *best(const struct lines_kind *const *kinds, size_t n, const struct head *h, int *bid)
{
	struct buf b = BUF_INIT(HEAD_UNPACKED + 1);
	const struct lines_kind *k = NULL;
	struct slice raw, s;
	size_t i;
	int v;

	*bid = 0;
	if (h->magic && !is_gzip(h))
		return NULL;
	raw = slice_of(h->p, h->n);
	if (is_gzip(h)) {
		if (peek(h, &b) != ST_OK) {
			buf_release(&b);
			return NULL;
		}
		raw = buf_slice(&b);
	} else if (h->enc.bom <= raw.n) {
		raw.p += h->enc.bom;
		raw.n -= h->enc.bom;
	}
	for (i = 0; i < n; i++) {
		s = kinds[i]->decode && !is_gzip(h) && decoded(h->enc.enc) ? h->text : raw;
		if (s.n && (v = kinds[i]->bid(h, s)) > *bid) {
			*bid = v;
			k = kinds[i];
		}
	}
	buf_release(&b);
	return k;
}

int lines_bid(const struct lines_kind *const *kinds, size_t n, const struct head *h)
{
	int bid;

	best(kinds, n, h, &bid);
	return bid;
}

void lines_free(void *p)
{
	struct lines *l = p;

	if (l == NULL)
		return;
	if (l->x && l->kind->release)
		l->kind->release(l->x);
	if (l->gz_open)
		inflateEnd(&l->z);
	free(l->x);
	fact_free(l->f);
	free(l->out);
	dec_free(l->dec);
	buf_release(&l->text);
	buf_release(&l->line);
	free(l);
}

static st_t start_gzip(struct lines *l)
{
	if ((l->out = malloc(UNPACK_STEP)) == NULL || inflateInit2(&l->z, 15 + 16) != Z_OK)
		return ST_NOMEM;
	l->gz_open = true;
	return ST_OK;
}

st_t lines_open(void **out, const struct lines_kind *const *kinds, size_t n, const struct head *h)
{
	struct lines *l = calloc(1, sizeof(*l));
	int bid;

	if (l == NULL)
		return ST_NOMEM;
	*out = l;
	buf_init(&l->text, UNPACK_STEP * 4 + 64);
	buf_init(&l->line, LINES_PIECE + 8);
	l->size = h->size;
	l->kind = best(kinds, n, h, &bid);
	if (l->kind == NULL || (l->f = fact_new(FACTS_MOST)) == NULL || (l->x = calloc(1, l->kind->size)) == NULL)
		return ST_NOMEM;
	l->gzip = is_gzip(h);
	l->enc = h->enc.enc;
	if (l->gzip && start_gzip(l) != ST_OK)
		return ST_NOMEM;
	if (!l->gzip && l->kind->decode && decoded(h->enc.enc)) {
		if (dec_new(&l->dec, h->enc, NULL) != ST_OK)
			return ST_NOMEM;
	} else if (!l->gzip)
		l->skip = h->enc.bom;
	l->end = !l->gzip && memchr(h->p, '\n', h->n) == NULL && memchr(h->p, '\r', h->n) != NULL ? '\r' : '\n';
	if (l->kind->media)
		fact_media(l->f, l->kind->media);
	l->over = l->kind->open && !l->kind->open(l->x, l->f, h);
	return ST_OK;
}

static bool give(struct lines *l, struct slice s, bool ends)
{
	unsigned part = (l->begun ? 0 : LINE_BEGINS) | (ends ? LINE_ENDS : 0);
	bool more = true;

	if (ends && s.n && s.p[s.n - 1] == '\r')
		s.n--;
	if (l->kind->pieces)
		more = l->kind->line(l->x, s, part);
	else if (!l->begun)
		more = l->kind->line(l->x, s, LINE_BEGINS | LINE_ENDS);
	if (!ends && !l->kind->pieces)
		l->longer = true;
	l->begun = !ends;
	return more;
}

/* The part of a line that did not end: kept for what follows, given away in pieces of one size however the file came. */
static st_t hold(struct lines *l, struct slice s)
{
	size_t k;

	while (s.n && !l->over) {
		k = LINES_PIECE - l->line.n < s.n ? LINES_PIECE - l->line.n : s.n;
		if (buf_add(&l->line, s.p, k) != ST_OK)
			return ST_NOMEM;
		s.p += k;
		s.n -= k;
		if (l->line.n == LINES_PIECE) {
			l->over |= !give(l, buf_slice(&l->line), false);
			buf_clear(&l->line);
		}
	}
	return ST_OK;
}

static st_t cut(struct lines *l, struct slice s)
{
	const char *nl;
	size_t k;

	if (l->kind->bytes) {
		l->over |= s.n && !l->kind->bytes(l->x, (const uint8_t *)s.p, s.n);
		return ST_OK;
	}
	while (s.n && !l->over) {
		if ((nl = memchr(s.p, l->end, s.n)) == NULL)
			return hold(l, s);
		k = (size_t)(nl - s.p);
		if (l->line.n || l->begun || k >= LINES_PIECE) {
			if (hold(l, slice_of(s.p, k)) != ST_OK)
				return ST_NOMEM;
			l->over |= !give(l, buf_slice(&l->line), true);
			buf_clear(&l->line);
		} else
			l->over |= !give(l, slice_of(s.p, k), true);
		s.p += k + 1;
		s.n -= k + 1;
	}
	return ST_OK;
}

static st_t plain(struct lines *l, const uint8_t *p, size_t n)
{
	struct err why = ERR_INIT;
	size_t k = l->skip < n ? l->skip : n;
	st_t st;

	p += k;
	n -= k;
	l->skip -= (unsigned)k;
	if (l->dec == NULL)
		return cut(l, slice_of(p, n));
	for (; n && !l->over; p += k, n -= k) {
		k = n < UNPACK_STEP ? n : UNPACK_STEP;
		buf_clear(&l->text);
		st = dec_push(l->dec, p, k, false, &l->text, &why);
		if (st == ST_NOMEM || cut(l, buf_slice(&l->text)) != ST_OK)
			return ST_NOMEM;
		if (st != ST_OK) {
			fact_partial(l->f, "%s", why.text);
			l->over = true;
		}
	}
	return ST_OK;
}

/* Members follow each other; bytes that are no member behind the last one are passed over, as gzip does. */
static st_t unpack(struct lines *l, const uint8_t *p, size_t n)
{
	int rc;

	l->z.next_in = (Bytef *)(uintptr_t)p;
	l->z.avail_in = (uInt)n;
	while (!l->over) {
		l->z.next_out = l->out;
		l->z.avail_out = (uInt)UNPACK_STEP;
		rc = inflate(&l->z, Z_NO_FLUSH);
		n = UNPACK_STEP - l->z.avail_out;
		l->unpacked += n;
		if (n && plain(l, l->out, n) != ST_OK)
			return ST_NOMEM;
		if (l->unpacked > UNPACK_FREE + l->size * UNPACK_RATIO) {
			fact_partial(l->f, "unpacks to more than %d times its size, the rest was not read", UNPACK_RATIO);
			l->over = true;
		} else if (rc == Z_STREAM_END) {
			l->members++;
			if (inflateReset(&l->z) != Z_OK)
				return ST_NOMEM;
			if (l->z.avail_in == 0)
				return ST_OK;
		} else if (rc == Z_MEM_ERROR)
			return ST_NOMEM;
		else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			if (l->members == 0 || l->z.total_in > 2)
				fact_partial(l->f, "damaged gzip data behind %llu unpacked bytes", (unsigned long long)l->unpacked);
			l->over = true;
		} else if (rc == Z_BUF_ERROR || (l->z.avail_in == 0 && l->z.avail_out))
			return ST_OK;
	}
	return ST_OK;
}

st_t lines_push(void *p, const uint8_t *b, size_t n, struct err *e)
{
	struct lines *l = p;
	size_t k;
	st_t st = ST_OK;

	(void)e;
	l->came += n;
	for (; n && st == ST_OK && !l->over; b += k, n -= k) {
		k = n < ((size_t)1 << 30) ? n : (size_t)1 << 30;
		st = l->gzip ? unpack(l, b, k) : plain(l, b, k);
	}
	return st != ST_OK ? st : l->over ? ST_EOF : ST_OK;
}

static st_t last(struct lines *l)
{
	struct err why = ERR_INIT;
	st_t st;

	if (l->dec && !l->over) {
		buf_clear(&l->text);
		st = dec_push(l->dec, (const uint8_t *)"", 0, true, &l->text, &why);
		if (st == ST_NOMEM || cut(l, buf_slice(&l->text)) != ST_OK)
			return ST_NOMEM;
		if (st != ST_OK)
			fact_partial(l->f, "%s", why.text);
	}
	if (l->gzip && !l->over && l->z.total_in && (l->members == 0 || l->z.total_in > 1))
		fact_partial(l->f, "the gzip data are cut off behind %llu unpacked bytes", (unsigned long long)l->unpacked);
	if (!l->over && (l->line.n || l->begun) && !l->kind->bytes)
		give(l, buf_slice(&l->line), true);
	return ST_OK;
}

st_t lines_finish(void *p, struct buf *out, const char **status, struct err *why, struct err *e)
{
	struct lines *l = p;
	enum enc enc = l->dec ? dec_enc(l->dec) : l->enc;
	st_t st;

	(void)e;
	if ((st = last(l)) != ST_OK)
		return st;
	l->kind->end(l->x);
	if (l->kind->decode && !l->gzip && enc_name(enc))
		fact_put_text(l->f, fact_root(l->f), "encoding", slice_str(enc_name(enc)));
	if (l->gzip)
		fact_put_text(l->f, fact_root(l->f), "compression", SLICE("gzip"));
	if (l->longer)
		fact_partial(l->f, "lines longer than %u kB were not read to their ends", (unsigned)(LINES_PIECE >> 10));
	st = fact_write(l->f, out);
	*status = fact_status(l->f);
	if (fact_reason(l->f))
		err_set(why, ST_INVALID, "%s", fact_reason(l->f));
	return st;
}

const char *lines_media(void *p)
{
	struct lines *l = p;

	return l->f && fact_media_get(l->f) ? fact_media_get(l->f) : "text/plain";
}
