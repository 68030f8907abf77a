/* safetensors: eight bytes of length, a JSON header, then bytes. The header is read, and that each tensor lies where it should. */

#include "indexer/extract/model_int.h"

#define HEADER_MOST	((uint64_t)16 << 20)	/* the format allows 100 MB; the largest known model needs 3 */

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 8; i-- > 0; )
		v = v << 8 | p[i];
	return v;
}

static unsigned element(const char *t)
{
	static const struct { const char *name; unsigned bytes; } types[] = { { "F64", 8 }, { "I64", 8 }, { "U64", 8 }, { "F32", 4 }, { "I32", 4 }, { "U32", 4 }, { "F16", 2 },
	    { "BF16", 2 }, { "I16", 2 }, { "U16", 2 }, { "I8", 1 }, { "U8", 1 }, { "BOOL", 1 }, { "F8_E4M3", 1 }, { "F8_E5M2", 1 } };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t, types[i].name) == 0)
			return types[i].bytes;
	return 0;
}

static bool tensor(struct model *m, const char *name, const json_t *t, uint64_t data)
{
	const char *dtype = json_text(t, "dtype");
	const json_t *shape = json_object_get(t, "shape"), *off = json_object_get(t, "data_offsets");
	json_int_t from = json_integer_value(json_array_get(off, 0)), to = json_integer_value(json_array_get(off, 1));
	uint64_t before = m->parameters;

	if (dtype == NULL || strlen(dtype) > 20 || !json_is_array(shape) || json_array_size(off) != 2 || from < 0 || to < from || (uint64_t)to > data)
		return false;
	if (!model_tensor(m, slice_str(name), dtype, json_deep_copy(shape)))
		return false;
	return element(dtype) == 0 || (m->parameters - before) * element(dtype) == (uint64_t)(to - from);
}

/* The names that the makers of the format (modelspec) and of adapters use. */
static void about(struct fact *f, const json_t *meta)
{
	static const char *const names[][2] = { { "architecture", "architecture" }, { "modelspec.architecture", "architecture" }, { "license", "licence" },
	    { "modelspec.license", "licence" }, { "quantization", "quantization" } };
	json_t *m = fact_object(f, "model");
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_object_get(m, names[i][1]) == NULL)
			fact_put_text(f, m, names[i][1], array_text(meta, names[i][0]));
	array_propose_title(f, array_text(meta, "modelspec.title"), "__metadata__ modelspec.title");
	array_propose_abstract(f, array_text(meta, "modelspec.description"), "__metadata__ modelspec.description");
	array_propose_person(f, "creators", NULL, array_text(meta, "modelspec.author"), NULL, SLICE_NULL, "__metadata__ modelspec.author");
	if (json_object_size(meta))
		fact_put(f, fact_root(f), "attributes", json_deep_copy(meta));
}

static void header(struct fact *f, const json_t *j, uint64_t data)
{
	const json_t *meta = json_object_get(j, "__metadata__");
	struct model m;
	const char *name, *framework = json_text(meta, "format");
	unsigned bad = 0;
	json_t *t;

	model_init(&m, f);
	json_object_foreach((json_t *)j, name, t)
		if (t != meta)
			bad += !tensor(&m, name, t, data);
	if (bad)
		fact_partial(f, "%u tensors do not lie where the header says, or are cut off", bad);
	model_end(&m, framework && strcmp(framework, "pt") == 0 ? "PyTorch" : framework && strcmp(framework, "tf") == 0 ? "TensorFlow" :
	    framework && strcmp(framework, "flax") == 0 ? "Flax" : NULL);
	about(f, meta);
}

static st_t safetensors_read(struct fact *f, const struct head *h, struct source *src)
{
	uint64_t n = le64(h->p);
	struct err e = ERR_INIT;
	json_t *j = NULL;
	char *p;
	st_t st;

	fact_media(f, "application/vnd.safetensors");
	fact_format(f, "safetensors", NULL, NULL);
	if (n > HEADER_MOST || n > src->size - 8) {
		fact_unreadable(f, n > HEADER_MOST ? "a header of %llu bytes" : "cut off inside its header of %llu bytes", (unsigned long long)n);
		return ST_OK;
	}
	if ((p = malloc((size_t)n + 1)) == NULL)
		return ST_NOMEM;
	if ((st = source_need(src, 8, p, (size_t)n, &e)) == ST_OK)
		st = json_load(&j, slice_trim(slice_of(p, (size_t)n)), &e);
	if (st == ST_OK && json_is_object(j))
		header(f, j, src->size - 8 - n);
	else if (st != ST_NOMEM)
		fact_unreadable(f, "the header is no JSON: %s", e.text);
	json_decref(j);
	free(p);
	return st == ST_NOMEM ? st : ST_OK;
}

static int safetensors_bid(const struct head *h)
{
	uint64_t n = h->n >= 10 ? le64(h->p) : 0;

	if (n < 2 || n > ((uint64_t)100 << 20) || h->p[8] != '{')
		return 0;
	return memmem(h->p, h->n, "\"data_offsets\"", 14) || memmem(h->p, h->n, "\"__metadata__\"", 14) ? 95 : strcmp(h->ext, "safetensors") == 0 ? 60 : 0;
}

const struct extractor ex_safetensors = { .name = "safetensors", .version = 1, .bid = safetensors_bid, .read = safetensors_read };
