/* Pages of a Parquet column chunk: headers, compression, levels. */

#include <brotli/decode.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "indexer/extract/parquet_int.h"

#define PIECE	((size_t)256 << 10)
#define HEADER_MOST ((size_t)16 << 20)	/* a page header with statistics */

struct page {
	int32_t type, packed, unpacked;
	int32_t values, encoding, def_encoding, rep_encoding;
	int32_t def_len, rep_len;
	bool v2, plain;			/* plain: version 2, values are not compressed */
};

struct reader {
	struct source *src;
	uint64_t at, end;		/* of what is not in buf yet */
	struct buf buf;
	size_t from;			/* in buf */
	struct buf body;		/* unpacked */
	struct pq_dict dict;
	const struct pq_chunk *c;
	const struct pq_leaf *l;
	const struct pq_sink *to;
	uint64_t *budget, *rows;
	uint64_t values;		/* so far */
};

/* At least ${n} bytes in a row, or what there is. */
static st_t reader_fill(struct reader *r, size_t n, struct err *e)
{
	size_t have = r->buf.n - r->from, want, got;
	st_t st;

	if (have >= n || r->at >= r->end)
		return ST_OK;
	buf_drop(&r->buf, r->from);
	r->from = 0;
	want = n - have < PIECE ? PIECE : n - have;
	if (want > r->end - r->at)
		want = (size_t)(r->end - r->at);
	if (buf_reserve(&r->buf, want) != ST_OK)
		return ST_NOMEM;
	if ((st = source_read(r->src, r->at, r->buf.p + r->buf.n, want, &got, e)) != ST_OK)
		return st;
	r->buf.n += got;
	r->at = got < want ? r->end : r->at + got;
	return ST_OK;
}

/* ---- headers ---- */

static void page_v1(struct thrift *t, struct page *p)
{
	enum thrift_type type;
	int id = 0;
	int32_t v;

	while (thrift_field(t, &id, &type)) {
		if (type != THRIFT_I32) {
			thrift_skip(t, type, 0);
			continue;
		}
		v = (int32_t)thrift_int(t);
		switch (id) {
		case 1: p->values = v; break;
		case 2: p->encoding = v; break;
		case 3: p->def_encoding = v; break;
		case 4: p->rep_encoding = v; break;
		default: break;
		}
	}
}

static void page_v2(struct thrift *t, struct page *p)
{
	enum thrift_type type;
	int id = 0;
	int32_t v;

	p->v2 = true;
	while (thrift_field(t, &id, &type)) {
		if (id == 7 && type == THRIFT_FALSE)
			p->plain = true;
		if (type != THRIFT_I32) {
			thrift_skip(t, type, 0);
			continue;
		}
		v = (int32_t)thrift_int(t);
		switch (id) {
		case 1: p->values = v; break;
		case 4: p->encoding = v; break;
		case 5: p->def_len = v; break;
		case 6: p->rep_len = v; break;
		default: break;
		}
	}
}

static bool page_parse(struct thrift *t, struct page *p)
{
	enum thrift_type type;
	int id = 0;

	memset(p, 0, sizeof(*p));
	p->type = -1;
	while (thrift_field(t, &id, &type)) {
		if ((id == 5 || id == 7) && type == THRIFT_STRUCT)
			page_v1(t, p);
		else if (id == 8 && type == THRIFT_STRUCT)
			page_v2(t, p);
		else if (id <= 3 && type == THRIFT_I32) {
			int32_t v = (int32_t)thrift_int(t);

			if (id == 1)
				p->type = v;
			else if (id == 2)
				p->unpacked = v;
			else
				p->packed = v;
		} else
			thrift_skip(t, type, 0);
	}
	return !t->bad;
}

/* ST_EOF: the chunk ended. */
static st_t page_next(struct reader *r, struct page *p, struct err *e)
{
	size_t n = 8 << 10;
	struct thrift t;
	st_t st;

	for (;; n *= 8) {
		if ((st = reader_fill(r, n, e)) != ST_OK)
			return st;
		if (r->from == r->buf.n)
			return ST_EOF;
		t = (struct thrift){ (const uint8_t *)r->buf.p + r->from, (const uint8_t *)r->buf.p + r->buf.n, false };
		if (page_parse(&t, p))
			break;
		if (r->at >= r->end || n > HEADER_MOST)
			return err_set(e, ST_INVALID, "damaged: the head of a page cannot be read");
	}
	r->from = (size_t)(t.p - (const uint8_t *)r->buf.p);
	if (p->packed < 0 || p->unpacked < 0 || p->values < 0 || (uint64_t)p->packed > PQ_PAGE || (uint64_t)p->unpacked > PQ_PAGE)
		return err_set(e, ST_INVALID, "a page of %d bytes, unpacked %d", p->packed, p->unpacked);
	if (*r->budget < (uint64_t)p->unpacked + (uint64_t)p->values * 8) {
		*r->budget = 0;
		return ST_TOOBIG;
	}
	*r->budget -= (uint64_t)p->unpacked + (uint64_t)p->values * 8;
	if ((st = reader_fill(r, (size_t)p->packed, e)) != ST_OK)
		return st;
	if (r->buf.n - r->from < (size_t)p->packed)
		return err_set(e, ST_INVALID, "cut off or damaged: a page of %d bytes goes past the end of its column", p->packed);
	return ST_OK;
}

/* ---- compression ---- */

static bool unpack_gzip(const uint8_t *p, size_t n, uint8_t *out, size_t size)
{
	z_stream z = { 0 };
	int rc;

	if (inflateInit2(&z, 15 + 32) != Z_OK)
		return false;
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)size;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return rc == Z_STREAM_END && z.avail_out == 0;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What was called LZ4 before it was agreed upon: blocks with lengths in front as in Hadoop, a frame, or nothing but a block. */
static bool unpack_lz4_old(const uint8_t *p, size_t n, uint8_t *out, size_t size)
{
	const uint8_t *q = p, *end = p + n;
	size_t done = 0, got = size, took = n;
	LZ4F_dctx *ctx;
	bool ok;

	while (end - q >= 8 && be32(q) <= size - done && be32(q + 4) <= (size_t)(end - q - 8)) {
		int k = LZ4_decompress_safe((const char *)q + 8, (char *)out + done, (int)be32(q + 4), (int)be32(q));

		if (k < 0 || (uint32_t)k != be32(q))
			break;
		done += (size_t)k;
		q += 8 + be32(q + 4);
	}
	if (done == size && q == end)
		return true;
	if (LZ4_decompress_safe((const char *)p, (char *)out, (int)n, (int)size) == (int)size)
		return true;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
		return false;
	ok = LZ4F_decompress(ctx, out, &got, p, &took, NULL) == 0 && got == size;
	LZ4F_freeDecompressionContext(ctx);
	return ok;
}

static bool unpack(int codec, const uint8_t *p, size_t n, uint8_t *out, size_t size)
{
	size_t k = size;

	switch (codec) {
	case 1:
		return snappy_uncompressed_length((const char *)p, n, &k) == SNAPPY_OK && k == size &&
		    snappy_uncompress((const char *)p, n, (char *)out, &k) == SNAPPY_OK && k == size;
	case 2:
		return unpack_gzip(p, n, out, size);
	case 4:
		return BrotliDecoderDecompress(n, p, &k, out) == BROTLI_DECODER_RESULT_SUCCESS && k == size;
	case 5:
		return unpack_lz4_old(p, n, out, size);
	case 6:
		return ZSTD_decompress(out, size, p, n) == size;
	default:
		return LZ4_decompress_safe((const char *)p, (char *)out, (int)n, (int)size) == (int)size;
	}
}

/* ${n} packed bytes at ${p} into r->body behind what is there. */
static st_t unpack_body(struct reader *r, const uint8_t *p, size_t n, size_t size, struct err *e)
{
	if (r->c->codec < 0 || r->c->codec > 7 || r->c->codec == 3)
		return err_set(e, ST_UNSUPPORTED, "packed in a way that is not known here (codec %d)", r->c->codec);
	if (buf_reserve(&r->body, size + 1) != ST_OK)
		return ST_NOMEM;
	if (size && !unpack(r->c->codec, p, n, (uint8_t *)r->body.p + r->body.n, size))
		return err_set(e, ST_INVALID, "damaged: a page cannot be unpacked");
	r->body.n += size;
	return ST_OK;
}

/* The page's bytes, levels first; borrowed until the next page. */
static st_t page_body(struct reader *r, const struct page *p, struct slice *out, struct err *e)
{
	const uint8_t *raw = (const uint8_t *)r->buf.p + r->from;
	size_t levels = p->v2 ? (size_t)p->def_len + (size_t)p->rep_len : 0;
	st_t st;

	r->from += (size_t)p->packed;
	if (p->v2 && (p->def_len < 0 || p->rep_len < 0 || levels > (size_t)p->packed || levels > (size_t)p->unpacked))
		return err_set(e, ST_INVALID, "damaged: levels longer than their page");
	if (r->c->codec == 0 || p->plain) {
		*out = slice_of(raw, (size_t)p->packed);
		return ST_OK;
	}
	buf_clear(&r->body);
	if (buf_add(&r->body, raw, levels) != ST_OK)
		return ST_NOMEM;
	if ((st = unpack_body(r, raw + levels, (size_t)p->packed - levels, (size_t)p->unpacked - levels, e)) != ST_OK)
		return st;
	*out = r->body.n ? buf_slice(&r->body) : slice_of("", 0);
	return ST_OK;
}

/* ---- dictionary ---- */

static st_t dict_read(struct reader *r, const struct page *p, struct slice body, struct err *e)
{
	struct pq_dict *d = &r->dict;
	const struct pq_element *el = r->l->e;
	size_t at = 0, width = el->type == PQ_FIXED ? (size_t)(el->width > 0 ? el->width : 0) : el->type == PQ_INT96 ? 12 :
	    el->type == PQ_INT64 || el->type == PQ_DOUBLE ? 8 : el->type == PQ_BOOLEAN ? 1 : 4;
	uint32_t i, n = (uint32_t)p->values;

	free(d->at);
	d->at = NULL;
	buf_clear(&d->bytes);
	if (buf_add(&d->bytes, body.p, body.n) != ST_OK)
		return ST_NOMEM;
	d->set = true;
	d->n = n;
	if (el->type != PQ_BYTES)
		return width && n <= body.n / width ? ST_OK : err_set(e, ST_INVALID, "damaged: a dictionary shorter than it says");
	if (n > body.n / 4)
		return err_set(e, ST_INVALID, "damaged: a dictionary shorter than it says");
	if ((d->at = calloc((size_t)n + 1, sizeof(*d->at))) == NULL)
		return ST_NOMEM;
	for (i = 0; i < n; i++) {
		const uint8_t *q = (const uint8_t *)body.p + at;
		size_t len;

		d->at[i] = (uint32_t)at;
		if (body.n - at < 4 || (len = q[0] | (size_t)q[1] << 8 | (size_t)q[2] << 16 | (size_t)q[3] << 24) > body.n - at - 4)
			return err_set(e, ST_INVALID, "damaged: a dictionary shorter than it says");
		at += 4 + len;
	}
	d->at[n] = (uint32_t)at;
	return ST_OK;
}

/* ---- data ---- */

static unsigned bits_for(unsigned most)
{
	unsigned n = 0;

	while (most >> n)
		n++;
	return n;
}

/* Levels of a version 1 page stand in front of its values, each kind behind its length. */
static bool levels_v1(struct slice *body, unsigned most, int encoding, int32_t values, struct pq_bits *out)
{
	const uint8_t *p = (const uint8_t *)body->p;
	size_t n;

	if (most == 0)
		return true;
	if (encoding == 4) {
		/* Packed from the highest bit on, long given up: its place is known, its values are not read. */
		n = ((size_t)values * bits_for(most) + 7) / 8;
		out->bad = true;
	} else {
		if (body->n < 4)
			return false;
		n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
		p += 4;
		*body = slice_of(p, body->n - 4);
	}
	if (n > body->n)
		return false;
	pq_bits_init(out, p, p + n, bits_for(most));
	out->bad |= encoding == 4;
	*body = slice_of(p + n, body->n - n);
	return true;
}

static bool levels(struct reader *r, const struct page *p, struct slice *body, struct pq_bits *rep, struct pq_bits *def)
{
	const uint8_t *q = (const uint8_t *)body->p;

	if (!p->v2)
		return levels_v1(body, r->l->max_rep, p->rep_encoding, p->values, rep) && levels_v1(body, r->l->max_def, p->def_encoding, p->values, def);
	pq_bits_init(rep, q, q + p->rep_len, bits_for(r->l->max_rep));
	pq_bits_init(def, q + p->rep_len, q + p->rep_len + p->def_len, bits_for(r->l->max_def));
	*body = slice_of(q + p->rep_len + p->def_len, body->n - (size_t)p->rep_len - (size_t)p->def_len);
	return true;
}

/* A list: only where rows begin, and whether there is one. */
static st_t list_page(struct reader *r, const struct page *p, struct pq_bits *rep, struct pq_bits *def, struct err *e)
{
	int32_t i;

	for (i = 0; i < p->values; i++) {
		uint32_t k = r->l->max_rep ? pq_bits_next(rep) : 0, d = r->l->max_def ? pq_bits_next(def) : 0;

		if (rep->bad || def->bad)
			return err_set(e, ST_INVALID, "damaged: levels of a page cannot be read");
		if (k)
			continue;
		++*r->rows;
		if (d >= r->l->list_def)
			r->to->list(r->to->ctx, r->l);
		else
			r->to->missing(r->to->ctx, r->l);
	}
	return ST_OK;
}

static st_t flat_page(struct reader *r, const struct page *p, struct pq_bits *def, struct slice body, struct err *e)
{
	struct pq_vals v;
	struct slice one;
	int32_t i;
	st_t st = pq_vals_open(&v, r->l, p->encoding, (const uint8_t *)body.p, body.n, (uint32_t)p->values, &r->dict, e);

	for (i = 0; st == ST_OK && i < p->values; i++) {
		if (r->l->max_def && pq_bits_next(def) < r->l->max_def) {
			if (def->bad)
				st = err_set(e, ST_INVALID, "damaged: levels of a page cannot be read");
			r->to->missing(r->to->ctx, r->l);
		} else if (pq_vals_next(&v, &one))
			r->to->value(r->to->ctx, r->l, one);
		else
			st = err_set(e, ST_INVALID, "damaged: value %d of a page of %d cannot be read", i + 1, p->values);
	}
	*r->rows += st == ST_OK ? (uint64_t)p->values : 0;
	pq_vals_close(&v);
	return st;
}

static st_t data_page(struct reader *r, const struct page *p, struct slice body, struct err *e)
{
	struct pq_bits rep = { 0 }, def = { 0 };

	if (!levels(r, p, &body, &rep, &def))
		return err_set(e, ST_INVALID, "damaged: levels longer than their page");
	r->values += (uint64_t)p->values;
	return r->l->list ? list_page(r, p, &rep, &def, e) : flat_page(r, p, &def, body, e);
}

static st_t pages(struct reader *r, struct err *e)
{
	struct slice body;
	struct page p;
	st_t st;

	while (r->values < (uint64_t)r->c->values) {
		if ((st = page_next(r, &p, e)) == ST_EOF)
			return err_set(e, ST_INVALID, "cut off or damaged: %llu values where there should be %lld", (unsigned long long)r->values,
			    (long long)r->c->values);
		if (st != ST_OK)
			return st;
		if (p.type != 0 && p.type != 2 && p.type != 3) {
			r->from += (size_t)p.packed;
			continue;
		}
		if ((st = page_body(r, &p, &body, e)) != ST_OK)
			return st;
		st = p.type == 2 ? dict_read(r, &p, body, e) : data_page(r, &p, body, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

st_t pq_chunk_read(struct source *src, const struct pq_chunk *c, const struct pq_leaf *l, const struct pq_sink *to, uint64_t *budget, uint64_t *rows,
    struct err *e)
{
	struct reader r = { .src = src, .c = c, .l = l, .to = to, .budget = budget, .rows = rows };
	int64_t from = c->dict_at > 0 && c->dict_at < c->data_at ? c->dict_at : c->data_at;
	st_t st;

	buf_init(&r.buf, PQ_PAGE + HEADER_MOST * 8 + PIECE);
	buf_init(&r.body, PQ_PAGE + 64);
	buf_init(&r.dict.bytes, PQ_PAGE);
	if (c->values < 0 || c->packed < 0 || from < 0 || (uint64_t)from > src->size || (uint64_t)c->packed > src->size - (uint64_t)from)
		return err_set(e, ST_INVALID, "damaged: a column that lies outside of the file");
	r.at = (uint64_t)from;
	r.end = r.at + (uint64_t)c->packed;
	st = pages(&r, e);
	free(r.dict.at);
	buf_release(&r.dict.bytes);
	buf_release(&r.body);
	buf_release(&r.buf);
	return st;
}
