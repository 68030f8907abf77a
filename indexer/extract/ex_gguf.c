/* GGUF (ggml's specification): key-value pairs and a list of tensors in front of the bytes. Values of arrays are passed over. */

#include "indexer/extract/model_int.h"

#define HEADER_MOST	((uint64_t)256 << 20)	/* vocabularies are in it */
#define ITEMS_MOST	((uint64_t)1 << 22)
#define NAME_MOST	1000

struct gguf { struct fact *f; struct window w; uint64_t at; bool wide, cut; json_t *attributes; };

static const uint8_t *get(struct gguf *g, size_t n)
{
	const uint8_t *p = g->at < HEADER_MOST ? window_get(&g->w, g->at, n) : NULL;

	if (p)
		g->at += n;
	else
		g->cut = true;
	return p;
}

static uint64_t get_le(struct gguf *g, unsigned n)
{
	const uint8_t *p = get(g, n);
	uint64_t v = 0;

	while (p && n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* Lengths: four bytes in version 1. */
static uint64_t get_count(struct gguf *g)
{
	return get_le(g, g->wide ? 8 : 4);
}

static void skip(struct gguf *g, uint64_t n)
{
	if (n > HEADER_MOST || n > g->w.src->size - g->at)
		g->cut = true;
	else
		g->at += n;
}

/* Owned or NULL; at most ${max} bytes of it. */
static json_t *get_text(struct gguf *g, size_t max)
{
	uint64_t n = get_count(g);
	size_t k = n < max ? (size_t)n : max;
	const uint8_t *p = get(g, k);
	json_t *j = p ? fact_text(slice_of(p, k), max) : NULL;

	if (p)
		skip(g, n - k);
	return j;
}

enum { T_STRING = 8, T_ARRAY = 9 };

static const struct { enum dtype t; uint8_t size; } scalars[] = { { DT_UINT8, 1 }, { DT_INT8, 1 }, { DT_UINT16, 2 }, { DT_INT16, 2 }, { DT_UINT32, 4 }, { DT_INT32, 4 },
    { DT_FLOAT32, 4 }, { DT_BOOL, 1 }, { DT_STRING, 0 }, { DT_STRING, 0 }, { DT_UINT64, 8 }, { DT_INT64, 8 }, { DT_FLOAT64, 8 } };
#define TYPES (sizeof(scalars) / sizeof(scalars[0]))

static json_t *get_array(struct gguf *g)
{
	uint64_t type = get_le(g, 4), n = get_count(g), i;

	if (type >= TYPES || type == T_ARRAY || n > ITEMS_MOST) {
		g->cut = true;
		return NULL;
	}
	if (type != T_STRING)
		skip(g, n * scalars[type].size);
	for (i = 0; type == T_STRING && i < n && !g->cut; i++)
		skip(g, get_count(g));
	return json_sprintf("%llu values", (unsigned long long)n);
}

static json_t *get_value(struct gguf *g)
{
	uint64_t type = get_le(g, 4);
	const uint8_t *p;

	if (type >= TYPES) {
		g->cut = true;
		return NULL;
	}
	if (type == T_STRING)
		return get_text(g, FACT_VALUE);
	if (type == T_ARRAY)
		return get_array(g);
	if ((p = get(g, scalars[type].size)) == NULL)
		return NULL;
	return scalars[type].t == DT_BOOL ? json_boolean(*p) : array_numbers(scalars[type].t, false, p, 1);
}

static void pairs(struct gguf *g, uint64_t n)
{
	json_t *key, *v;
	uint64_t i;

	for (i = 0; i < n && !g->cut; i++) {
		key = get_text(g, NAME_MOST);
		v = key ? get_value(g) : NULL;
		if (v && json_object_size(g->attributes) < ATTRIBUTES_MOST)
			fact_put(g->f, g->attributes, json_string_value(key), json_incref(v));
		json_decref(v);
		json_decref(key);
	}
}

static const char *tensor_type(uint64_t t)
{
	static const char *const names[] = { "F32", "F16", "Q4_0", "Q4_1", "", "", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS",
	    "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16" };

	return t < sizeof(names) / sizeof(names[0]) && names[t][0] ? names[t] : "unknown";
}

static void tensors(struct gguf *g, struct model *m, uint64_t n)
{
	json_t *name, *shape;
	uint64_t i, rank, type;

	for (i = 0; i < n && !g->cut; i++) {
		name = get_text(g, NAME_MOST);
		rank = get_le(g, 4);
		shape = rank <= 8 ? json_array() : NULL;
		for (; shape && rank > 0 && !g->cut; rank--)
			json_array_insert_new(shape, 0, json_integer((json_int_t)(get_count(g) & INT64_MAX)));	/* fastest first in the file */
		type = get_le(g, 4);
		skip(g, 8);
		if (name && shape && !g->cut) {
			if (!model_tensor(m, json_slice(name), tensor_type(type), shape))
				g->cut = true;
			shape = NULL;
		} else
			g->cut = true;
		json_decref(shape);
		json_decref(name);
	}
}

/* general.file_type says how most tensors are stored (llama.cpp's LLAMA_FTYPE). */
static const char *file_type(int64_t t)
{
	static const struct { int t; const char *name; } types[] = { { 0, "F32" }, { 1, "F16" }, { 2, "Q4_0" }, { 3, "Q4_1" }, { 7, "Q8_0" }, { 8, "Q5_0" }, { 9, "Q5_1" },
	    { 10, "Q2_K" }, { 11, "Q3_K_S" }, { 12, "Q3_K_M" }, { 13, "Q3_K_L" }, { 14, "Q4_K_S" }, { 15, "Q4_K_M" }, { 16, "Q5_K_S" }, { 17, "Q5_K_M" }, { 18, "Q6_K" }, { 32, "BF16" } };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].t == t)
			return types[i].name;
	return NULL;
}

static void about(struct fact *f, const json_t *a)
{
	json_t *m = fact_object(f, "model"), *type = json_object_get(a, "general.file_type");
	const char *q = json_is_integer(type) ? file_type(json_integer_value(type)) : NULL;
	struct slice licence = array_text(a, "general.license");

	fact_put_text(f, m, "architecture", array_text(a, "general.architecture"));
	fact_put_text(f, m, "licence", licence);
	if (q)
		fact_put(f, m, "quantization", json_string(q));
	array_propose_title(f, array_text(a, "general.name"), "general.name");
	array_propose_abstract(f, array_text(a, "general.description"), "general.description");
	array_propose_person(f, "creators", NULL, array_text(a, "general.author"), NULL, SLICE_NULL, "general.author");
	if (licence.n)
		array_propose_item(f, "rights", json_pack("{s:[{s:o}]}", "values", "value", fact_text(licence, 300)), "general.license");
}

static st_t gguf_read(struct fact *f, const struct head *h, struct source *src)
{
	struct gguf g = { .f = f, .at = 4, .attributes = fact_object(f, "attributes") };
	struct model m;
	uint64_t n, pairs_n;
	char version[16];
	st_t st;

	window_init(&g.w, src);
	model_init(&m, f);
	n = get_le(&g, 4);
	g.wide = n != 1;
	snprintf(version, sizeof(version), "%u", (unsigned)n);
	fact_media(f, "application/x-gguf");
	fact_format(f, "GGUF", version, NULL);
	n = get_count(&g);
	pairs_n = get_count(&g);
	if (n > ITEMS_MOST || pairs_n > ITEMS_MOST)
		fact_unreadable(f, "says it holds %llu tensors and %llu values", (unsigned long long)n, (unsigned long long)pairs_n);
	else {
		pairs(&g, pairs_n);
		if (!g.cut)
			tensors(&g, &m, n);
		if (g.cut)
			fact_partial(f, "the header is damaged or cut off at byte %llu", (unsigned long long)g.at);
	}
	model_end(&m, NULL);
	about(f, g.attributes);
	st = g.w.st;
	window_release(&g.w);
	return st == ST_NOMEM ? st : ST_OK;
}

static int gguf_bid(const struct head *h)
{
	return h->n >= 24 && memcmp(h->p, "GGUF", 4) == 0 && h->p[4] >= 1 && h->p[4] <= 9 && h->p[5] == 0 ? 95 : 0;
}

const struct extractor ex_gguf = { .name = "gguf", .version = 1, .bid = gguf_bid, .read = gguf_read };
