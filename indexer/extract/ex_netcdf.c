/*
 * NetCDF classic, 64-bit offset and CDF-5 (the formats of NetCDF-3), as the NetCDF User's Guide, appendix "File Format Specifications", writes
 * them down. Our own reader: libnetcdf wants a file name or the whole file in memory. NetCDF-4 is HDF5 and is read there.
 */

#include "base/vec.h"
#include "indexer/extract/array_int.h"

#define HEADER_MOST	((uint64_t)32 << 20)
#define LIST_MOST	((uint64_t)1 << 20)	/* dimensions, variables: more than anybody has written */
#define RANK_MOST	1024
#define BLOCK		((size_t)256 << 10)
#define COORDINATE	((uint64_t)256 << 10)	/* bytes of a coordinate that are always read */

struct dim { json_t *name; uint64_t n; bool records; };

struct var {
	json_t *v;		/* borrowed from the facts */
	enum dtype t;
	uint64_t begin, each;	/* values, all or of one record */
	uint64_t slab;		/* bytes of a record, filled up to 4 */
	bool records, axis, done, sampled;
	struct array_stat stat;
};

struct nc {
	struct fact *f;
	struct source *src;
	struct window w;
	uint64_t at;
	unsigned version;
	uint64_t numrecs;
	bool streaming;
	VEC(struct dim) dims;
	VEC(struct var) vars;
	uint64_t recsize, first;	/* of a record; where the first one begins */
	struct err why;
};

/* ---- primitives ---- */

static st_t cut(struct nc *c)
{
	if (c->w.st != ST_OK)
		return c->w.st;
	return err_set(&c->why, ST_INVALID, "the header breaks off at byte %llu", (unsigned long long)c->at);
}

static st_t get(struct nc *c, size_t n, const uint8_t **p)
{
	if (c->at + n > HEADER_MOST)
		return err_set(&c->why, ST_TOOBIG, "a header of more than %llu MB", (unsigned long long)(HEADER_MOST >> 20));
	if ((*p = window_get(&c->w, c->at, n)) == NULL)
		return cut(c);
	c->at += n;
	return ST_OK;
}

static uint64_t be(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static st_t get_int(struct nc *c, unsigned bytes, uint64_t *v)
{
	const uint8_t *p;
	st_t st = get(c, bytes, &p);

	if (st == ST_OK)
		*v = be(p, bytes);
	return st;
}

/* NON_NEG: four bytes, eight in CDF-5 */
static st_t get_count(struct nc *c, uint64_t *v)
{
	st_t st = get_int(c, c->version == 5 ? 8 : 4, v);

	if (st == ST_OK && *v > (c->version == 5 ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX))
		return err_set(&c->why, ST_INVALID, "a negative number in the header at byte %llu", (unsigned long long)c->at);
	return st;
}

static st_t get_name(struct nc *c, json_t **out)
{
	uint64_t n;
	const uint8_t *p;
	st_t st;

	if ((st = get_count(c, &n)) != ST_OK)
		return st;
	if (n > 4096)
		return err_set(&c->why, ST_INVALID, "a name of %llu bytes", (unsigned long long)n);
	if ((st = get(c, (size_t)(n + 3) / 4 * 4, &p)) != ST_OK)
		return st;
	return (*out = fact_text(slice_of(p, (size_t)n), 1000)) ? ST_OK : ST_NOMEM;
}

static bool type_of(uint64_t code, enum dtype *t)
{
	static const enum dtype types[] = { DT_INT8, DT_CHAR, DT_INT16, DT_INT32, DT_FLOAT32, DT_FLOAT64, DT_UINT8, DT_UINT16, DT_UINT32, DT_INT64, DT_UINT64 };

	if (code < 1 || code > sizeof(types) / sizeof(types[0]))
		return false;
	*t = types[code - 1];
	return true;
}

static st_t get_type(struct nc *c, enum dtype *t)
{
	uint64_t code;
	st_t st = get_int(c, 4, &code);

	if (st == ST_OK && !type_of(code, t))
		return err_set(&c->why, ST_INVALID, "unknown type %llu in the header", (unsigned long long)code);
	return st;
}

/* Tag and number of elements; absent lists are two zeros. */
static st_t get_list(struct nc *c, unsigned tag, uint64_t *n)
{
	uint64_t t;
	st_t st;

	if ((st = get_int(c, 4, &t)) != ST_OK || (st = get_count(c, n)) != ST_OK)
		return st;
	if ((t != tag && !(t == 0 && *n == 0)) || *n > LIST_MOST)
		return err_set(&c->why, ST_INVALID, "the header has a list of the wrong kind at byte %llu", (unsigned long long)c->at);
	return ST_OK;
}

/* ---- the header ---- */

static st_t dimensions(struct nc *c)
{
	uint64_t n, i;
	st_t st = get_list(c, 10, &n);

	for (i = 0; i < n && st == ST_OK; i++) {
		struct dim d = { NULL, 0, false };

		if ((st = get_name(c, &d.name)) != ST_OK)
			break;
		if ((st = get_count(c, &d.n)) == ST_OK)
			d.records = d.n == 0;
		if (st != ST_OK || (st = VEC_PUSH(&c->dims, d)) != ST_OK)
			json_decref(d.name);
	}
	return st;
}

static st_t attribute(struct nc *c, json_t *into, size_t text_max)
{
	json_t *name = NULL, *v = NULL;
	uint64_t n, bytes;
	const uint8_t *p;
	enum dtype t;
	st_t st;

	if ((st = get_name(c, &name)) != ST_OK || (st = get_type(c, &t)) != ST_OK || (st = get_count(c, &n)) != ST_OK)
		goto out;
	bytes = n > HEADER_MOST ? HEADER_MOST : n * dtype_size(t);
	if ((p = window_get(&c->w, c->at, bytes < WINDOW ? (size_t)bytes : WINDOW)) == NULL) {
		st = cut(c);
		goto out;
	}
	if (t == DT_CHAR)
		v = fact_text(slice_of(p, bytes < WINDOW ? (size_t)bytes : WINDOW), text_max);
	else
		v = array_numbers(t, true, p, n);
	c->at += (bytes + 3) / 4 * 4;
	if (c->at > c->src->size || c->at > HEADER_MOST)
		st = cut(c);
	else if (json_object_size(into) < ATTRIBUTES_MOST)
		fact_put(c->f, into, json_string_value(name), json_incref(v));
out:
	json_decref(v);
	json_decref(name);
	return st;
}

static st_t attributes(struct nc *c, json_t *into, size_t text_max)
{
	uint64_t n, i;
	st_t st = get_list(c, 12, &n);

	for (i = 0; i < n && st == ST_OK; i++)
		st = attribute(c, into, text_max);
	return st;
}

struct shape { json_t *names, *lengths; uint64_t each; bool records; };

static st_t get_shape(struct nc *c, struct shape *s)
{
	uint64_t n, i, id;
	st_t st = get_count(c, &n);

	if (st == ST_OK && n > RANK_MOST)
		return err_set(&c->why, ST_INVALID, "a variable of %llu dimensions", (unsigned long long)n);
	s->names = json_array();
	s->lengths = json_array();
	s->each = 1;
	if (s->names == NULL || s->lengths == NULL)
		return ST_NOMEM;
	for (i = 0; i < n && st == ST_OK; i++) {
		const struct dim *d;

		if ((st = get_count(c, &id)) != ST_OK)
			break;
		if (id >= c->dims.n)
			return err_set(&c->why, ST_INVALID, "a variable names dimension %llu of %zu", (unsigned long long)id, c->dims.n);
		d = &c->dims.v[id];
		if (d->records && i == 0)
			s->records = true;
		else if (d->n && s->each > ((uint64_t)1 << 56) / d->n)
			return err_set(&c->why, ST_INVALID, "a variable whose size overflows");
		else
			s->each *= d->n;
		if (json_array_append(s->names, d->name) != 0 ||
		    json_array_append_new(s->lengths, json_integer((json_int_t)(d->records ? c->numrecs : d->n))) != 0)
			return ST_NOMEM;
	}
	return st;
}

static st_t variable(struct nc *c)
{
	struct shape s = { NULL, NULL, 0, false };
	struct var v = { .v = NULL };
	json_t *name = NULL, *attrs = json_object(), *first;
	uint64_t vsize;
	st_t st = ST_NOMEM;

	if (attrs == NULL || (st = get_name(c, &name)) != ST_OK || (st = get_shape(c, &s)) != ST_OK || (st = attributes(c, attrs, FACT_VALUE)) != ST_OK ||
	    (st = get_type(c, &v.t)) != ST_OK || (st = get_int(c, c->version == 5 ? 8 : 4, &vsize)) != ST_OK ||
	    (st = get_int(c, c->version == 1 ? 4 : 8, &v.begin)) != ST_OK)
		goto out;
	/* The size of a large variable does not fit in vsize, so that nobody believes it. */
	v.each = s.each;
	v.records = s.records;
	v.slab = (s.each * dtype_size(v.t) + 3) / 4 * 4;
	first = json_array_get(s.names, 0);
	v.axis = json_array_size(s.names) == 1 && (slice_eq(json_slice(first), json_slice(name)) || s.each * dtype_size(v.t) <= COORDINATE);
	v.v = array_variable(c->f, json_slice(name), v.t, json_incref(s.names), json_incref(s.lengths));
	if (v.v) {
		array_stat_init(&v.stat, v.t, true, attrs, true);
		fact_put(c->f, v.v, "attributes", json_incref(attrs));
		st = VEC_PUSH(&c->vars, v);
	}
out:
	json_decref(name);
	json_decref(attrs);
	json_decref(s.names);
	json_decref(s.lengths);
	return st;
}

static st_t header(struct nc *c)
{
	const uint8_t *p;
	uint64_t n, i;
	st_t st;

	if ((st = get(c, 4, &p)) != ST_OK)
		return st;
	c->version = p[3];
	if ((st = get_int(c, c->version == 5 ? 8 : 4, &c->numrecs)) != ST_OK)
		return st;
	c->streaming = c->numrecs == (c->version == 5 ? UINT64_MAX : UINT32_MAX);
	if (c->streaming)
		c->numrecs = 0;
	if (c->numrecs > (uint64_t)INT64_MAX / 2)
		return err_set(&c->why, ST_INVALID, "a negative number of records");
	if ((st = dimensions(c)) != ST_OK || (st = attributes(c, fact_object(c->f, "attributes"), ATTRIBUTE_TEXT)) != ST_OK || (st = get_list(c, 11, &n)) != ST_OK)
		return st;
	for (i = 0; i < n && st == ST_OK; i++)
		st = variable(c);
	return st;
}

/* ---- where the data lie ---- */

/* Size of a record and, of a file that was written as a stream, their number. */
static st_t layout(struct nc *c)
{
	unsigned n = 0;
	size_t i;

	c->first = UINT64_MAX;
	for (i = 0; i < c->vars.n; i++) {
		struct var *v = &c->vars.v[i];

		if (!v->records)
			continue;
		n++;
		if (c->recsize > (uint64_t)INT64_MAX - v->slab)
			return err_set(&c->why, ST_INVALID, "records whose size overflows");
		c->recsize += v->slab;
		if (v->begin < c->first)
			c->first = v->begin;
	}
	for (i = 0; n == 1 && i < c->vars.n; i++)	/* a single record variable is not filled up */
		if (c->vars.v[i].records) {
			c->recsize = c->vars.v[i].slab = c->vars.v[i].each * dtype_size(c->vars.v[i].t);
		}
	if (c->recsize && c->first < c->src->size && c->streaming)
		c->numrecs = (c->src->size - c->first) / c->recsize;
	return ST_OK;
}

/* Records and variables that the file is too short for. */
static void complete(struct nc *c)
{
	uint64_t have;
	size_t i;

	for (i = 0; i < c->vars.n; i++) {
		struct var *v = &c->vars.v[i];
		uint64_t bytes = v->each * dtype_size(v->t);

		if (!v->records && (bytes > c->src->size || v->begin > c->src->size - bytes))
			fact_partial(c->f, "cut off: %llu bytes, but a variable lies at %llu", (unsigned long long)c->src->size, (unsigned long long)(v->begin + bytes));
	}
	if (c->recsize == 0 || c->numrecs == 0)
		return;
	have = c->first < c->src->size ? (c->src->size - c->first) / c->recsize : 0;
	if (have < c->numrecs && !(have + 1 == c->numrecs && c->vars.n && (c->src->size - c->first) % c->recsize + 3 >= c->recsize)) {
		fact_partial(c->f, "cut off: %llu records of %llu", (unsigned long long)have, (unsigned long long)c->numrecs);
		c->numrecs = have;
	}
}

/* ---- the data ---- */

/* Records are short: whole ones are read, and every record variable takes its part. */
static st_t scan_short_records(struct nc *c, uint64_t room)
{
	bool all = c->recsize <= room / (c->numrecs ? c->numrecs : 1);
	uint64_t k = (all ? BLOCK : BLOCK / 16) / c->recsize, blocks, most, i, piece, from, n, r;
	uint8_t *p = malloc(BLOCK);
	struct err e;
	size_t j;
	st_t st = p ? ST_OK : ST_NOMEM;

	k = k ? k : 1;
	blocks = (c->numrecs + k - 1) / k;
	most = all ? blocks : room / (k * c->recsize);
	for (i = 0; st == ST_OK && array_pick(blocks, most, i, &piece); i++) {
		from = piece * k;
		n = c->numrecs - from < k ? c->numrecs - from : k;
		/* The last record may lack what it is filled up with. */
		r = c->src->size - (c->first + from * c->recsize);
		memset(p, 0, BLOCK);
		if ((st = source_need(c->src, c->first + from * c->recsize, p, (size_t)(n * c->recsize < r ? n * c->recsize : r), &e)) != ST_OK)
			break;
		for (j = 0; j < c->vars.n; j++) {
			struct var *v = &c->vars.v[j];
			bool inside = v->records && !v->done && v->each && v->begin - c->first <= c->recsize && v->slab <= c->recsize - (v->begin - c->first);

			for (r = 0; inside && r < n; r++)
				array_stat_add(&v->stat, p + r * c->recsize + (v->begin - c->first), (size_t)v->each);
			v->sampled |= v->records && !v->done && !all;
		}
	}
	free(p);
	return st == ST_INVALID ? ST_OK : st;
}

/* One variable of long records, or a short one of many of them. */
static st_t scan_records(struct nc *c, struct var *v, uint64_t room)
{
	uint64_t bytes = v->each * dtype_size(v->t), each = room, most = c->numrecs, i, r;
	bool part = false, any = false;
	st_t st = ST_OK;

	if (bytes == 0 || c->numrecs == 0)
		return ST_OK;
	if (bytes > room / c->numrecs) {
		each = bytes < 4 * (BLOCK / 4) ? bytes : BLOCK / 4;
		most = room / each;
		any = true;
	}
	for (i = 0; st == ST_OK && array_pick(c->numrecs, most, i, &r); i++) {
		st = array_scan(&v->stat, c->src, v->begin + r * c->recsize, v->each, any ? each : bytes, &part, NULL);
		any |= part;
	}
	v->sampled = any;
	return st == ST_INVALID ? ST_OK : st;
}

static st_t scan_one(struct nc *c, struct var *v, uint64_t room)
{
	st_t st;

	if (v->records)
		return scan_records(c, v, room);
	st = array_scan(&v->stat, c->src, v->begin, v->each, room, &v->sampled, NULL);
	return st == ST_INVALID ? ST_OK : st;	/* complete() said so */
}

/* Small coordinates always, as long as there is room; whether it is one of them. */
static bool goes_first(struct nc *c, const struct var *v, bool together)
{
	uint64_t n = v->records ? c->numrecs : 1;

	if (!v->axis || (n && v->each * dtype_size(v->t) > COORDINATE / n) || array_room(c->src) < COORDINATE)
		return false;
	return !v->records || !together || (c->src->size > ARRAY_WHOLE && n <= 20000);
}

static st_t scan_all(struct nc *c)
{
	bool together = c->recsize && c->recsize <= BLOCK && c->numrecs;
	uint64_t left = 0;
	size_t i;
	st_t st = ST_OK;

	for (i = 0; i < c->vars.n && st == ST_OK; i++) {
		struct var *v = &c->vars.v[i];

		v->done = !dtype_is_number(v->t);
		if (!v->done && goes_first(c, v, together)) {
			st = scan_one(c, v, COORDINATE);
			v->done = true;
		}
		left += !v->done && !(v->records && together);
	}
	if (st == ST_OK && together)
		st = scan_short_records(c, c->src->size <= ARRAY_WHOLE || left == 0 ? array_room(c->src) : array_room(c->src) / 2);
	for (i = 0; i < c->vars.n && st == ST_OK; i++) {
		struct var *v = &c->vars.v[i];

		if (v->done || (v->records && together))
			continue;
		st = scan_one(c, v, array_room(c->src) / (left ? left : 1));
		left -= left > 0;
	}
	return st;
}

static void put(struct nc *c)
{
	size_t i;

	for (i = 0; i < c->vars.n; i++) {
		struct var *v = &c->vars.v[i];
		json_t *shape = json_object_get(v->v, "shape");

		if (c->streaming && v->records && json_array_size(shape))
			json_array_set_new(shape, 0, json_integer((json_int_t)c->numrecs));
		array_stat_put(c->f, v->v, &v->stat, v->sampled);
	}
}

static st_t netcdf_read(struct fact *f, const struct head *h, struct source *src)
{
	struct nc c = { .f = f, .src = src };
	const char *version;
	size_t i;
	st_t st;

	window_init(&c.w, src);
	fact_media(f, "application/netcdf");
	version = h->p[3] == 1 ? "classic" : h->p[3] == 2 ? "64-bit offset" : "CDF-5";
	fact_format(f, "NetCDF", version, h->p[3] == 1 ? "fmt/282" : h->p[3] == 2 ? "fmt/283" : NULL);
	if ((st = header(&c)) == ST_OK && (st = layout(&c)) == ST_OK) {
		complete(&c);
		st = scan_all(&c);
	}
	if (st != ST_OK && st != ST_NOMEM) {
		if (c.vars.n)
			fact_partial(f, "%s", c.why.text);
		else
			fact_unreadable(f, "%s", c.why.text[0] ? c.why.text : "cannot be read");
		st = ST_OK;
	}
	if (st == ST_OK) {
		put(&c);
		cf_describe(f);
	}
	for (i = 0; i < c.dims.n; i++)
		json_decref(c.dims.v[i].name);
	VEC_RELEASE(&c.dims);
	VEC_RELEASE(&c.vars);
	window_release(&c.w);
	return st == ST_NOMEM ? st : ST_OK;
}

static int netcdf_bid(const struct head *h)
{
	return h->n >= 4 && memcmp(h->p, "CDF", 3) == 0 && (h->p[3] == 1 || h->p[3] == 2 || h->p[3] == 5) ? 95 : 0;
}

const struct extractor ex_netcdf = { .name = "netcdf", .version = 1, .bid = netcdf_bid, .read = netcdf_read };
