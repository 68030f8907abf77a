/*
 * ONNX: one protocol-buffers message (onnx.proto, ModelProto). The wire form is read here, and only what is looked for: versions, producer, operator sets,
 * inputs, outputs, and the names and shapes of initializers. Weights are passed over.
 */

#include "indexer/extract/model_int.h"

#define FIELDS_MOST	((uint64_t)1 << 22)	/* looked at in one file */
#define RANK_MOST	64

struct onnx { struct fact *f; struct window w; struct model m; uint64_t fields; bool bad, external; };

struct field { unsigned number, wire; uint64_t value, at; };	/* value of a varint, or length of what lies at ${at} */

static bool varint(struct onnx *x, uint64_t *at, uint64_t end, uint64_t *v)
{
	const uint8_t *p;
	unsigned shift;

	*v = 0;
	for (shift = 0; shift < 64 && *at < end; shift += 7) {
		if ((p = window_get(&x->w, *at, 1)) == NULL)
			return false;
		++*at;
		*v |= (uint64_t)(*p & 0x7F) << shift;
		if ((*p & 0x80) == 0)
			return true;
	}
	return false;
}

/* The next field of a message that ends at ${end}; *at moves behind it. False at the end, or x->bad. */
static bool next(struct onnx *x, uint64_t *at, uint64_t end, struct field *f)
{
	uint64_t tag;

	if (*at >= end || x->bad)
		return false;
	x->bad = true;
	if (++x->fields > FIELDS_MOST || !varint(x, at, end, &tag))
		return false;
	f->number = (unsigned)(tag >> 3 & 0x1FFFFFFF);
	f->wire = tag & 7;
	f->value = f->wire == 1 ? 8 : 4;
	if (f->wire != 1 && f->wire != 5 && !varint(x, at, end, &f->value))
		return false;
	f->at = *at;
	if (f->wire == 1 || f->wire == 2 || f->wire == 5) {
		if (f->value > end - *at)
			return false;
		*at += f->value;
	} else if (f->wire != 0)
		return false;
	x->bad = false;
	return true;
}

static json_t *text_of(struct onnx *x, const struct field *f)
{
	size_t n = f->value < FACT_VALUE ? (size_t)f->value : FACT_VALUE;
	const uint8_t *p = f->wire == 2 ? window_get(&x->w, f->at, n) : NULL;

	return p ? fact_text(slice_of(p, n), FACT_VALUE) : NULL;
}

static void put_text(struct onnx *x, json_t *o, const char *key, const struct field *f)
{
	json_t *v = text_of(x, f);

	if (v && json_string_length(v))
		fact_put(x->f, o, key, json_incref(v));
	json_decref(v);
}

static const char *element_name(uint64_t t)
{
	static const char *const names[] = { "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64",
	    "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4" };

	return t < sizeof(names) / sizeof(names[0]) ? names[t] : "unknown";
}

/* TensorProto: dims 1 (packed or not), data_type 2, name 8, external_data 13 */
static void initializer(struct onnx *x, uint64_t at, uint64_t end)
{
	json_t *shape = json_array(), *name = NULL;
	uint64_t type = 0, v, in;
	struct field f;

	while (shape && next(x, &at, end, &f)) {
		if (f.number == 1 && f.wire == 0 && json_array_size(shape) < RANK_MOST)
			json_array_append_new(shape, json_integer((json_int_t)f.value));
		else if (f.number == 1 && f.wire == 2)
			for (in = f.at; in < f.at + f.value && json_array_size(shape) < RANK_MOST && varint(x, &in, f.at + f.value, &v); )
				json_array_append_new(shape, json_integer((json_int_t)v));
		else if (f.number == 2 && f.wire == 0)
			type = f.value;
		else if (f.number == 8 && name == NULL)
			name = text_of(x, &f);
		else if (f.number == 13)
			x->external = true;
	}
	if (shape && !x->bad) {
		if (!model_tensor(&x->m, json_slice(name), element_name(type), shape))
			x->bad = true;
		shape = NULL;
	}
	json_decref(shape);
	json_decref(name);
}

/* TensorShapeProto: dim 1 { dim_value 1, dim_param 2 } */
static void value_shape(struct onnx *x, json_t *into, uint64_t at, uint64_t end)
{
	struct field f, d;
	json_t *list = json_array(), *one;
	uint64_t in;

	while (list && next(x, &at, end, &f)) {
		if (f.number != 1 || f.wire != 2 || json_array_size(list) >= RANK_MOST)
			continue;
		one = NULL;
		for (in = f.at; next(x, &in, f.at + f.value, &d); )
			if (one == NULL)
				one = d.number == 1 && d.wire == 0 ? json_integer((json_int_t)d.value) : d.number == 2 ? text_of(x, &d) : NULL;
		json_array_append_new(list, one ? one : json_string("?"));
	}
	if (list)
		fact_put(x->f, into, "shape", list);
}

/* ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 } } */
static void value_info(struct onnx *x, const char *list, uint64_t at, uint64_t end)
{
	json_t *o = json_object();
	struct field f, t, e;
	uint64_t a, b;

	while (o && next(x, &at, end, &f)) {
		if (f.number == 1)
			put_text(x, o, "name", &f);
		for (a = f.at; f.number == 2 && f.wire == 2 && next(x, &a, f.at + f.value, &t); )
			for (b = t.at; t.number == 1 && t.wire == 2 && next(x, &b, t.at + t.value, &e); ) {
				if (e.number == 1 && e.wire == 0)
					fact_put(x->f, o, "dtype", json_string(element_name(e.value)));
				else if (e.number == 2 && e.wire == 2)
					value_shape(x, o, e.at, e.at + e.value);
			}
	}
	a = json_array_size(json_object_get(fact_object(x->f, "model"), list));
	if (a == 0)
		fact_put(x->f, fact_object(x->f, "model"), list, json_array());
	if (a < 200 && json_push(json_object_get(fact_object(x->f, "model"), list), o) != ST_OK)
		fact_put(x->f, NULL, "", NULL);
	else if (a >= 200)
		json_decref(o);
}

/* GraphProto: node 1, name 2, initializer 5, doc_string 10, input 11, output 12 */
static void graph(struct onnx *x, uint64_t at, uint64_t end)
{
	struct field f;
	uint64_t nodes = 0;

	while (next(x, &at, end, &f)) {
		if (f.wire != 2)
			continue;
		nodes += f.number == 1;
		if (f.number == 2)
			put_text(x, fact_object(x->f, "model"), "architecture", &f);
		else if (f.number == 5)
			initializer(x, f.at, f.at + f.value);
		else if (f.number == 11 || f.number == 12)
			value_info(x, f.number == 11 ? "inputs" : "outputs", f.at, f.at + f.value);
	}
	fact_put_int(x->f, fact_object(x->f, "model"), "nodes", (int64_t)nodes);
}

/* OperatorSetIdProto { domain 1, version 2 } and StringStringEntryProto { key 1, value 2 } */
static void pair(struct onnx *x, const struct field *of)
{
	json_t *key = NULL, *value = NULL;
	uint64_t at = of->at;
	struct field f;

	while (next(x, &at, of->at + of->value, &f)) {
		if (f.number == 1 && key == NULL)
			key = text_of(x, &f);
		else if (f.number == 2 && value == NULL)
			value = f.wire == 0 ? json_integer((json_int_t)f.value) : text_of(x, &f);
	}
	if (value && json_object_size(fact_object(x->f, "attributes")) < ATTRIBUTES_MOST) {
		const char *name = json_string_value(key);
		char opset[300];

		snprintf(opset, sizeof(opset), "opset%s%.200s", name && *name ? " " : "", name ? name : "");
		fact_put(x->f, fact_object(x->f, "attributes"), of->number == 8 ? opset : name && *name ? name : "?", json_incref(value));
	}
	json_decref(key);
	json_decref(value);
}

static void model(struct onnx *x)
{
	static const struct { unsigned number; const char *key; } texts[] = { { 2, "producer_name" }, { 3, "producer_version" }, { 4, "domain" }, { 6, "doc_string" } };
	json_t *a = fact_object(x->f, "attributes");
	uint64_t at = 0;
	struct field f;
	char version[32];
	size_t i;

	while (next(x, &at, x->w.src->size, &f)) {
		if (f.number == 1 && f.wire == 0) {
			snprintf(version, sizeof(version), "IR %llu", (unsigned long long)f.value);
			fact_format(x->f, "ONNX", version, NULL);
		} else if (f.number == 5 && f.wire == 0)
			fact_put_int(x->f, a, "model_version", (int64_t)f.value);
		else if (f.number == 7 && f.wire == 2)
			graph(x, f.at, f.at + f.value);
		else if ((f.number == 8 || f.number == 14) && f.wire == 2)
			pair(x, &f);
		for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (texts[i].number == f.number && f.wire == 2)
				put_text(x, a, texts[i].key, &f);
	}
}

static st_t onnx_read(struct fact *f, const struct head *h, struct source *src)
{
	struct onnx x = { .f = f };
	const json_t *a;
	st_t st;

	window_init(&x.w, src);
	model_init(&x.m, f);
	fact_media(f, "application/onnx");
	fact_format(f, "ONNX", NULL, NULL);
	model(&x);
	model_end(&x.m, NULL);
	a = json_object_get(fact_root(f), "attributes");
	fact_put_text(f, fact_object(f, "model"), "framework", array_text(a, "producer_name"));
	fact_put_text(f, fact_object(f, "model"), "licence", array_text(a, "license"));
	if (x.bad)
		fact_partial(f, "damaged or cut off: a message does not fit in the one around it");
	if (x.external)
		fact_check(f, "external-data", true, "weights are in another file, which is not opened");
	st = x.w.st;
	window_release(&x.w);
	return st == ST_NOMEM ? st : ST_OK;
}

/* No mark in front: a version of the format, then fields that a model has. */
static int onnx_bid(const struct head *h)
{
	static const uint8_t tags[] = { 0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42 };
	bool named = strcmp(h->ext, "onnx") == 0;

	if (h->n < 8 || h->p[0] != 0x08 || h->p[1] == 0 || h->p[1] > 30 || memchr(tags, h->p[2], sizeof(tags)) == NULL)
		return 0;
	/* A producer's name is text, and somewhere near follows a graph. */
	if (h->p[2] == 0x12 && (h->p[3] == 0 || h->p[3] >= 0x80 || (size_t)h->p[3] + 5 > h->n || memchr(h->p + 4, 0, h->p[3]) != NULL))
		return 0;
	return named ? 90 : h->p[2] == 0x12 && memchr(tags + 1, h->p[4 + h->p[3]], sizeof(tags) - 1) ? 55 : 0;
}

const struct extractor ex_onnx = { .name = "onnx", .version = 1, .bid = onnx_bid, .read = onnx_read };
