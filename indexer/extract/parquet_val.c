/* Encodings of Parquet values: every reader stops at the end of its page, whatever the page says of itself. */

#include <stdlib.h>

#include "indexer/extract/parquet_int.h"

#define VALUE_MOST	((size_t)4 << 20)	/* of one byte array put together from pieces */

/* ---- runs and packed bits ---- */

void pq_bits_init(struct pq_bits *b, const uint8_t *p, const uint8_t *end, unsigned width)
{
	memset(b, 0, sizeof(*b));
	b->p = p;
	b->end = end;
	b->width = width;
	b->bad = width > 32;
}

static uint64_t load(const uint8_t *p, const uint8_t *end)
{
	uint64_t v = 0;
	size_t i, n = (size_t)(end - p);

	if (n >= 8) {
		memcpy(&v, p, 8);
		return v;
	}
	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << i * 8;
	return v;
}

static bool bits_run(struct pq_bits *b)
{
	struct thrift t = { b->p, b->end, false };
	uint64_t h;
	unsigned bytes = (b->width + 7) / 8;

	do {
		h = thrift_varint(&t);
		b->p = t.p;
		if (t.bad)
			return false;
		b->packed = h & 1;
		b->bit = 0;
		if (b->packed) {
			b->run = (h >> 1) * 8;
			if (h >> 1 > (uint64_t)1 << 40)
				return false;
		} else {
			if ((size_t)(b->end - b->p) < bytes)
				return false;
			b->run = h >> 1;
			b->value = (uint32_t)(load(b->p, b->p + bytes));
			b->p += bytes;
		}
	} while (b->run == 0 && b->p < b->end);
	return b->run > 0;
}

uint32_t pq_bits_next(struct pq_bits *b)
{
	uint32_t v;

	if (b->bad || (b->run == 0 && !bits_run(b))) {
		b->bad = true;
		return 0;
	}
	b->run--;
	if (!b->packed)
		return b->value;
	if (b->width && b->p + (b->bit + b->width + 7) / 8 > b->end) {
		b->bad = true;
		return 0;
	}
	v = (uint32_t)(load(b->p, b->end) >> b->bit & (((uint64_t)1 << b->width) - 1));
	b->bit += b->width;
	b->p += b->bit / 8;
	b->bit %= 8;
	return v;
}

/* ---- deltas ---- */

void pq_delta_init(struct pq_delta *d, const uint8_t *p, const uint8_t *end)
{
	struct thrift t = { p, end, false };
	uint64_t block, minis;

	memset(d, 0, sizeof(*d));
	block = thrift_varint(&t);
	minis = thrift_varint(&t);
	d->left = thrift_varint(&t);
	d->last = (uint64_t)thrift_int(&t);
	d->p = t.p;
	d->end = end;
	d->first = true;
	d->bad = t.bad || minis == 0 || minis > 4096 || block == 0 || block > 1 << 24 || block % minis != 0 || block / minis % 8 != 0;
	if (!d->bad) {
		d->minis = (uint32_t)minis;
		d->per = (uint32_t)(block / minis);
		d->mini = d->minis;
	}
}

static bool delta_mini(struct pq_delta *d)
{
	struct thrift t = { d->p, d->end, false };

	if (d->mini < d->minis) {
		/* The rest of the one before. */
		d->p += d->bit / 8 + (d->bit % 8 > 0);
		d->bit = 0;
	}
	if (++d->mini >= d->minis) {
		t.p = d->p;
		d->min = (uint64_t)thrift_int(&t);
		if (t.bad || (size_t)(d->end - t.p) < d->minis)
			return false;
		d->widths = t.p;
		d->p = t.p + d->minis;
		d->mini = 0;
	}
	d->in_mini = d->per;
	return d->widths[d->mini] <= 64;
}

int64_t pq_delta_next(struct pq_delta *d)
{
	unsigned width, byte, shift;
	uint64_t v;

	if (d->bad || d->left == 0) {
		d->bad = true;
		return 0;
	}
	d->left--;
	if (d->first) {
		d->first = false;
		return (int64_t)d->last;
	}
	if (d->in_mini == 0 && !delta_mini(d)) {
		d->bad = true;
		return 0;
	}
	width = d->widths[d->mini];
	byte = d->bit / 8;
	shift = d->bit % 8;
	if ((size_t)(d->end - d->p) < byte + (shift + width + 7) / 8) {
		d->bad = true;
		return 0;
	}
	v = 0;
	if (width) {
		v = load(d->p + byte, d->end) >> shift;
		if (shift + width > 64)
			v |= (uint64_t)d->p[byte + 8] << (64 - shift);
		if (width < 64)
			v &= ((uint64_t)1 << width) - 1;
	}
	d->bit += width;
	d->in_mini--;
	d->last += d->min + v;
	return (int64_t)d->last;
}

/* Where the bytes behind a stream of deltas begin, once all were read. */
static const uint8_t *delta_end(struct pq_delta *d)
{
	uint64_t skip;

	if (d->mini >= d->minis)
		return d->p;
	/* The rest of its miniblock is padding; miniblocks without a value have a width and no bytes. */
	skip = ((uint64_t)d->per * d->widths[d->mini] + 7) / 8;
	return skip > (uint64_t)(d->end - d->p) ? d->end : d->p + skip;
}

static st_t lengths(struct pq_vals *v, uint32_t **out, uint32_t n, struct err *e)
{
	uint32_t i, all;
	int64_t x;

	pq_delta_init(&v->delta, v->p, v->end);
	if (v->delta.bad || v->delta.left > n)
		return err_set(e, ST_INVALID, "damaged: lengths of a page cannot be read");
	all = (uint32_t)v->delta.left;
	if ((*out = calloc(all + 1, sizeof(**out))) == NULL)
		return ST_NOMEM;
	for (i = 0; i < all; i++) {
		x = pq_delta_next(&v->delta);
		if (v->delta.bad || x < 0 || x > INT32_MAX)
			return err_set(e, ST_INVALID, "damaged: lengths of a page cannot be read");
		(*out)[i] = (uint32_t)x;
	}
	v->n = all;
	v->p = delta_end(&v->delta);
	return ST_OK;
}

/* ---- values ---- */

enum { PLAIN = 0, PLAIN_DICTIONARY = 2, RLE = 3, BIT_PACKED = 4, DELTA_BINARY = 5, DELTA_LENGTH = 6, DELTA_BYTES = 7, RLE_DICTIONARY = 8, BYTE_SPLIT = 9 };

static size_t width_of(const struct pq_leaf *l)
{
	static const uint8_t widths[] = { 0, 4, 8, 12, 4, 8, 0, 0, 0 };

	return l->e->type == PQ_FIXED ? (size_t)l->e->width : widths[l->e->type];
}

st_t pq_vals_open(struct pq_vals *v, const struct pq_leaf *l, int encoding, const uint8_t *p, size_t size, uint32_t n, const struct pq_dict *dict, struct err *e)
{
	uint32_t most;
	st_t st;

	memset(v, 0, sizeof(*v));
	buf_init(&v->text, VALUE_MOST);
	v->encoding = encoding;
	v->type = l->e->type;
	v->width = width_of(l);
	v->p = p;
	v->end = p + size;
	v->dict = dict;
	if (l->e->type == PQ_FIXED && (l->e->width <= 0 || l->e->width > 1 << 20))
		return err_set(e, ST_INVALID, "damaged: values of %d bytes", l->e->width);
	switch (encoding) {
	case PLAIN:
		return ST_OK;
	case PLAIN_DICTIONARY:
	case RLE_DICTIONARY:
		if (!dict->set)
			return err_set(e, ST_INVALID, "damaged: a page that needs a dictionary, and there is none");
		if (size == 0)
			return ST_OK;
		pq_bits_init(&v->bits, p + 1, v->end, p[0]);
		return v->bits.bad ? err_set(e, ST_INVALID, "damaged: places in a dictionary of %u bits", p[0]) : ST_OK;
	case RLE:
		if (l->e->type != PQ_BOOLEAN || size < 4)
			break;
		pq_bits_init(&v->bits, p + 4, v->end, 1);
		return ST_OK;
	case DELTA_BINARY:
		if (l->e->type != PQ_INT32 && l->e->type != PQ_INT64)
			break;
		pq_delta_init(&v->delta, p, v->end);
		return v->delta.bad ? err_set(e, ST_INVALID, "damaged: deltas that cannot be read") : ST_OK;
	case DELTA_BYTES:
		if ((st = lengths(v, &v->prefix, n, e)) != ST_OK)
			return st;
		most = v->n;
		if ((st = lengths(v, &v->len, n, e)) != ST_OK)
			return st;
		return v->n == most ? ST_OK : err_set(e, ST_INVALID, "damaged: %u beginnings and %u ends of values", most, v->n);
	case DELTA_LENGTH:
		return lengths(v, &v->len, n, e);
	case BYTE_SPLIT:
		if (v->width == 0)
			break;
		v->n = (uint32_t)(size / v->width);
		return ST_OK;
	default:
		break;
	}
	return err_set(e, ST_UNSUPPORTED, "an encoding (%d) that is not known for its type", encoding);
}

void pq_vals_close(struct pq_vals *v)
{
	free(v->len);
	free(v->prefix);
	buf_release(&v->text);
}

static bool plain_next(struct pq_vals *v, struct slice *out)
{
	size_t n = v->width;

	if (v->type == PQ_BOOLEAN) {
		if (v->p >= v->end)
			return false;
		v->one[0] = *v->p >> v->bit & 1;
		if (++v->bit == 8) {
			v->bit = 0;
			v->p++;
		}
		*out = slice_of(v->one, 1);
		return true;
	}
	if (v->type == PQ_BYTES) {
		if (v->end - v->p < 4)
			return false;
		n = v->p[0] | (size_t)v->p[1] << 8 | (size_t)v->p[2] << 16 | (size_t)v->p[3] << 24;
		v->p += 4;
	}
	if (n > (size_t)(v->end - v->p))
		return false;
	*out = slice_of(v->p, n);
	v->p += n;
	return true;
}

static bool dict_next(struct pq_vals *v, struct slice *out)
{
	uint32_t i = pq_bits_next(&v->bits);
	const struct pq_dict *d = v->dict;

	if (v->bits.bad || i >= d->n)
		return false;
	if (v->width)
		*out = slice_of(d->bytes.p + (size_t)i * v->width, v->width);
	else if (v->type == PQ_BOOLEAN)
		*out = slice_of(d->bytes.p + i, 1);
	else
		*out = slice_of(d->bytes.p + d->at[i] + 4, d->at[i + 1] - d->at[i] - 4);
	return true;
}

static bool joined_next(struct pq_vals *v, struct slice *out)
{
	uint32_t n, keep;

	if (v->i >= v->n || (n = v->len[v->i]) > (size_t)(v->end - v->p))
		return false;
	if (v->prefix) {
		if ((keep = v->prefix[v->i]) > v->text.n)
			return false;
		v->text.n = keep;
		if (buf_add(&v->text, v->p, n) != ST_OK)
			return false;
		*out = v->text.n ? buf_slice(&v->text) : slice_of("", 0);
	} else
		*out = slice_of(v->p, n);
	v->p += n;
	v->i++;
	return true;
}

bool pq_vals_next(struct pq_vals *v, struct slice *out)
{
	int64_t x;
	size_t k;

	switch (v->encoding) {
	case PLAIN:
		return plain_next(v, out);
	case PLAIN_DICTIONARY:
	case RLE_DICTIONARY:
		return v->p < v->end && dict_next(v, out);
	case RLE:
		v->one[0] = (uint8_t)pq_bits_next(&v->bits);
		*out = slice_of(v->one, 1);
		return !v->bits.bad;
	case DELTA_BINARY:
		x = pq_delta_next(&v->delta);
		memcpy(v->one, &x, 8);
		*out = slice_of(v->one, v->width);
		return !v->delta.bad;
	case DELTA_LENGTH:
	case DELTA_BYTES:
		return joined_next(v, out);
	default:
		if (v->i >= v->n || v->width > sizeof(v->one))
			return false;
		for (k = 0; k < v->width; k++)
			v->one[k] = v->p[v->i + k * v->n];
		v->i++;
		*out = slice_of(v->one, v->width);
		return true;
	}
}
