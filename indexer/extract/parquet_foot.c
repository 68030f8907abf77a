/* Thrift, and the footer of a Parquet file. */

#include "indexer/extract/parquet_int.h"

#include <stdlib.h>

#define SKIP_DEEP	32

void thrift_skip(struct thrift *t, enum thrift_type type, unsigned depth)
{
	enum thrift_type of, key;
	uint64_t n;
	int id = 0;

	if (depth > SKIP_DEEP) {
		t->bad = true;
		t->p = t->end;
		return;
	}
	switch (type) {
	case THRIFT_TRUE:
	case THRIFT_FALSE:
		break;
	case THRIFT_BYTE:
		t->p += t->p < t->end;
		break;
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
		thrift_varint(t);
		break;
	case THRIFT_DOUBLE:
		if (t->end - t->p < 8)
			t->bad = true;
		else
			t->p += 8;
		break;
	case THRIFT_BINARY:
		thrift_binary(t);
		break;
	case THRIFT_LIST:
	case THRIFT_SET:
		for (n = thrift_list(t, &of); n && !t->bad; n--)
			if (of == THRIFT_TRUE || of == THRIFT_FALSE)
				t->p += t->p < t->end;
			else
				thrift_skip(t, of, depth + 1);
		break;
	case THRIFT_MAP:
		n = thrift_varint(t);
		if (n == 0)
			break;
		if (t->p >= t->end || n > (uint64_t)(t->end - t->p)) {
			t->bad = true;
			break;
		}
		key = (enum thrift_type)(*t->p >> 4);
		of = (enum thrift_type)(*t->p++ & 15);
		for (; n && !t->bad; n--) {
			thrift_skip(t, key, depth + 1);
			thrift_skip(t, of, depth + 1);
		}
		break;
	case THRIFT_STRUCT:
		while (thrift_field(t, &id, &of))
			thrift_skip(t, of, depth + 1);
		break;
	default:
		t->bad = true;
	}
	if (t->bad)
		t->p = t->end;
}

/* ---- schema ---- */

static int64_t unit_read(struct thrift *t)
{
	static const int64_t units[] = { 0, 1000, 1000000, 1000000000 };
	enum thrift_type type;
	int64_t unit = 1000000;
	int id = 0;

	while (thrift_field(t, &id, &type)) {
		if (id >= 1 && id <= 3)
			unit = units[id];
		thrift_skip(t, type, 0);
	}
	return unit;
}

/* The body of a logical type: members that we need stand under different numbers. */
static void logical_body(struct thrift *t, int kind, struct pq_element *e)
{
	enum thrift_type type;
	int id = 0;

	while (thrift_field(t, &id, &type)) {
		if (kind == 5 && id == 1 && type == THRIFT_I32)
			e->scale = (int32_t)thrift_int(t);
		else if ((kind == 7 || kind == 8) && id == 1)
			e->utc = type == THRIFT_TRUE;
		else if ((kind == 7 || kind == 8) && id == 2 && type == THRIFT_STRUCT)
			e->unit = unit_read(t);
		else if (kind == 10 && id == 2) {
			if (type == THRIFT_FALSE)
				e->mean = PQ_UNSIGNED;
		} else
			thrift_skip(t, type, 0);
	}
}

static void logical_read(struct thrift *t, struct pq_element *e)
{
	static const uint8_t means[] = { PQ_PLAIN, PQ_TEXT, PQ_MAP, PQ_LIST, PQ_TEXT, PQ_DECIMAL, PQ_DATE, PQ_TIME, PQ_STAMP, PQ_PLAIN, PQ_PLAIN, PQ_PLAIN,
	    PQ_TEXT, PQ_OPAQUE, PQ_UUID, PQ_HALF, PQ_OPAQUE, PQ_OPAQUE, PQ_OPAQUE };
	enum thrift_type type;
	int id = 0;

	while (thrift_field(t, &id, &type)) {
		if (id > 0 && id < (int)sizeof(means))
			e->mean = means[id];
		if (type == THRIFT_STRUCT)
			logical_body(t, id, e);
		else
			thrift_skip(t, type, 0);
	}
}

static void converted(struct pq_element *e, int64_t c)
{
	static const uint8_t means[] = { PQ_TEXT, PQ_MAP, PQ_MAP, PQ_LIST, PQ_TEXT, PQ_DECIMAL, PQ_DATE, PQ_TIME, PQ_TIME, PQ_STAMP, PQ_STAMP, PQ_UNSIGNED,
	    PQ_UNSIGNED, PQ_UNSIGNED, PQ_UNSIGNED, PQ_PLAIN, PQ_PLAIN, PQ_PLAIN, PQ_PLAIN, PQ_TEXT, PQ_OPAQUE, PQ_OPAQUE };

	if (c < 0 || c >= (int64_t)sizeof(means))
		return;
	e->mean = means[c];
	e->unit = c == 7 || c == 9 ? 1000 : 1000000;
	e->utc = c == 9 || c == 10;
}

static bool element_read(struct thrift *t, struct pq_element *e)
{
	enum thrift_type type;
	struct pq_element logical = { 0 };
	bool has_logical = false;
	int64_t v, conv = -1;
	int id = 0;

	memset(e, 0, sizeof(*e));
	e->type = PQ_GROUP;
	while (thrift_field(t, &id, &type)) {
		if (id == 4 && type == THRIFT_BINARY)
			e->name = thrift_binary(t);
		else if (id == 10 && type == THRIFT_STRUCT) {
			has_logical = true;
			logical.unit = 1000000;
			logical_read(t, &logical);
		} else if (type == THRIFT_I32) {
			v = thrift_int(t);
			if (id == 1)
				e->type = v >= 0 && v < PQ_GROUP ? (uint8_t)v : UINT8_MAX;
			else if (id == 2)
				e->width = (int32_t)v;
			else if (id == 3)
				e->repeat = v == 2 ? 2 : v == 1;
			else if (id == 5)
				e->children = v > 0 && v <= PQ_ELEMENTS ? (uint32_t)v : 0;
			else if (id == 6)
				conv = v;
			else if (id == 7)
				e->scale = (int32_t)v;
		} else
			thrift_skip(t, type, 0);
	}
	converted(e, conv);
	if (has_logical && logical.mean != PQ_PLAIN) {
		e->mean = logical.mean;
		e->unit = logical.unit;
		e->utc = logical.utc;
		if (logical.mean == PQ_DECIMAL)
			e->scale = logical.scale;
	}
	if (e->children)
		e->type = PQ_GROUP;
	return !t->bad && e->type != UINT8_MAX;
}

static st_t schema_read(struct thrift *t, struct pq_foot *f, struct err *e)
{
	enum thrift_type of;
	uint32_t i;

	f->n = thrift_list(t, &of);
	if (t->bad || of != THRIFT_STRUCT || f->n == 0)
		return err_set(e, ST_INVALID, "damaged: the schema in the footer cannot be read");
	if (f->n > PQ_ELEMENTS)
		return err_set(e, ST_INVALID, "a schema of %u elements, more than %d", f->n, PQ_ELEMENTS);
	if (f->element || (f->element = calloc(f->n, sizeof(*f->element))) == NULL)
		return f->element ? err_set(e, ST_INVALID, "damaged: two schemas in the footer") : ST_NOMEM;
	for (i = 0; i < f->n; i++)
		if (!element_read(t, &f->element[i]))
			return err_set(e, ST_INVALID, "damaged: element %u of the schema in the footer cannot be read", i + 1);
	return ST_OK;
}

/* ---- the footer ---- */

static st_t foot_parse(struct pq_foot *f, struct err *e)
{
	struct thrift t = { (const uint8_t *)f->bytes.p, (const uint8_t *)f->bytes.p + f->bytes.n, false };
	enum thrift_type type, of = THRIFT_STOP;
	int id = 0;
	st_t st;

	while (thrift_field(&t, &id, &type)) {
		if (id == 2 && type == THRIFT_LIST) {
			if ((st = schema_read(&t, f, e)) != ST_OK)
				return st;
			continue;
		}
		if ((id == 4 || id == 5) && type == THRIFT_LIST) {
			struct thrift here = t;
			uint32_t n = thrift_list(&here, &of);

			if (of == THRIFT_STRUCT && id == 4) {
				f->groups = here;
				f->n_groups = n;
			} else if (of == THRIFT_STRUCT) {
				f->pairs = here;
				f->n_pairs = n;
			}
		}
		if (id == 3 && type == THRIFT_I64)
			f->rows = thrift_int(&t);
		else if (id == 6 && type == THRIFT_BINARY)
			f->created_by = thrift_binary(&t);
		else {
			f->encrypted |= id == 8;
			thrift_skip(&t, type, 0);
		}
	}
	if (t.bad || f->element == NULL || f->rows < 0)
		return err_set(e, ST_INVALID, "damaged: the footer cannot be read");
	return ST_OK;
}

st_t pq_foot_read(struct pq_foot *f, struct source *src, struct err *e)
{
	uint8_t tail[8];
	uint64_t n;
	st_t st;

	memset(f, 0, sizeof(*f));
	buf_init(&f->bytes, PQ_FOOTER);
	if (src->size < 12)
		return err_set(e, ST_INVALID, "cut off: shorter than the smallest Parquet file");
	if ((st = source_need(src, src->size - 8, tail, 8, e)) != ST_OK)
		return st;
	if (memcmp(tail + 4, "PARE", 4) == 0)
		return err_set(e, ST_UNSUPPORTED, "encrypted: the footer can only be read with a key");
	if (memcmp(tail + 4, "PAR1", 4) != 0)
		return err_set(e, ST_INVALID, "cut off or damaged: no Parquet footer at its end");
	n = tail[0] | (uint64_t)tail[1] << 8 | (uint64_t)tail[2] << 16 | (uint64_t)tail[3] << 24;
	if (n == 0 || n > src->size - 12)
		return err_set(e, ST_INVALID, "damaged: a footer of %llu bytes in a file of %llu", (unsigned long long)n, (unsigned long long)src->size);
	if (n > PQ_FOOTER)
		return err_set(e, ST_INVALID, "a footer of %llu bytes, more than is read", (unsigned long long)n);
	if (buf_reserve(&f->bytes, (size_t)n) != ST_OK)
		return ST_NOMEM;
	if ((st = source_need(src, src->size - 8 - n, f->bytes.p, (size_t)n, e)) != ST_OK)
		return st;
	f->bytes.n = (size_t)n;
	return foot_parse(f, e);
}

void pq_foot_release(struct pq_foot *f)
{
	buf_release(&f->bytes);
	free(f->element);
}

bool pq_pair(struct pq_foot *f, struct slice *key, struct slice *value)
{
	enum thrift_type type;
	int id = 0;

	if (f->n_pairs == 0 || f->pairs.bad)
		return false;
	f->n_pairs--;
	*key = *value = SLICE_NULL;
	while (thrift_field(&f->pairs, &id, &type))
		if (id == 1 && type == THRIFT_BINARY)
			*key = thrift_binary(&f->pairs);
		else if (id == 2 && type == THRIFT_BINARY)
			*value = thrift_binary(&f->pairs);
		else
			thrift_skip(&f->pairs, type, 0);
	return !f->pairs.bad;
}

bool pq_group(struct pq_foot *f, uint32_t *chunks, struct thrift *at, int64_t *rows)
{
	enum thrift_type type, of = THRIFT_STOP;
	int id = 0;

	if (f->n_groups == 0 || f->groups.bad)
		return false;
	f->n_groups--;
	*chunks = 0;
	*rows = 0;
	while (thrift_field(&f->groups, &id, &type)) {
		if (id == 1 && type == THRIFT_LIST) {
			*at = f->groups;
			*chunks = thrift_list(at, &of);
			if (of != THRIFT_STRUCT)
				*chunks = 0;
		}
		if (id == 3 && type == THRIFT_I64)
			*rows = thrift_int(&f->groups);
		else
			thrift_skip(&f->groups, type, 0);
	}
	return !f->groups.bad;
}

static void chunk_meta(struct thrift *t, struct pq_chunk *c)
{
	enum thrift_type type;
	int id = 0;
	int64_t v;

	c->known = true;
	while (thrift_field(t, &id, &type)) {
		if (type != THRIFT_I32 && type != THRIFT_I64) {
			thrift_skip(t, type, 0);
			continue;
		}
		v = thrift_int(t);
		switch (id) {
		case 1: c->type = (int32_t)v; break;
		case 4: c->codec = (int32_t)v; break;
		case 5: c->values = v; break;
		case 6: c->unpacked = v; break;
		case 7: c->packed = v; break;
		case 9: c->data_at = v; break;
		case 11: c->dict_at = v; break;
		default: break;
		}
	}
}

bool pq_chunk(struct thrift *t, struct pq_chunk *c)
{
	enum thrift_type type;
	int id = 0;

	memset(c, 0, sizeof(*c));
	while (thrift_field(t, &id, &type)) {
		if (id == 3 && type == THRIFT_STRUCT) {
			chunk_meta(t, c);
			continue;
		}
		if (id == 1 && type == THRIFT_BINARY)
			c->elsewhere = true;
		/* A key of its own; under the key of the footer the pages are locked as well. */
		if (id == 8 || id == 9)
			c->locked = true;
		thrift_skip(t, type, 0);
	}
	return !t->bad;
}
