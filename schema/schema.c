#include "base/fs.h"
#include "base/vec.h"
#include "schema/schema_int.h"

static int by_name(const void *a, const void *b)
{
	const struct vocab *const *x = a, *const *y = b;

	return strcmp(vocab_name(*x), vocab_name(*y));
}

static st_t take_vocab(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct schema *s = ctx;
	struct vocab *v = NULL;
	char *name;
	size_t n = strlen(rel);
	st_t st;

	if (kind != FS_FILE || n < 5 || !slice_ends(slice_of(rel, n), ".tsv") || *rel == '.' || strchr(rel, '/') != NULL)
		return ST_OK;
	if ((name = strndup(rel, n - 4)) == NULL)
		return ST_NOMEM;
	st = vocab_load(&v, path, name, e);
	free(name);
	if (st != ST_OK)
		return st;
	st = vec_room((void **)&s->vocabs, &s->cap_vocabs, s->n_vocabs + 1, sizeof(struct vocab *));
	if (st != ST_OK) {
		vocab_free(v);
		return st;
	}
	s->vocabs[s->n_vocabs++] = v;
	return ST_OK;
}

st_t schema_load(struct schema **out, const char *dir, struct err *e)
{
	struct schema *s = calloc(1, sizeof(*s));
	char *vocab = fs_join(dir, "vocab"), *formats = fs_join(dir, "formats");
	st_t st = ST_NOMEM;

	*out = NULL;
	if (s == NULL || vocab == NULL || formats == NULL)
		goto out;
	atomic_init(&s->refs, 1);
	if (!fs_exists(vocab)) {
		st = err_set(e, ST_ABSENT, "'%s' is no schema folder: it has no vocab/", dir);
		goto out;
	}
	if ((st = fs_walk(vocab, take_vocab, s, e)) != ST_OK)
		goto out;
	if (s->n_vocabs > 0)
		qsort(s->vocabs, s->n_vocabs, sizeof(*s->vocabs), by_name);
	/* Mappings name vocabularies, so these come first. */
	if ((st = format_load_dir(s, formats, e)) != ST_OK)
		goto out;
	*out = s;
	s = NULL;
out:
	schema_drop(s);
	free(vocab);
	free(formats);
	return st;
}

struct schema *schema_hold(struct schema *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void schema_drop(struct schema *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	for (size_t i = 0; i < s->n_formats; i++)
		format_release(&s->formats[i]);
	for (size_t i = 0; i < s->n_vocabs; i++)
		vocab_free(s->vocabs[i]);
	free(s->formats);
	free(s->vocabs);
	free(s);
}

const struct format *schema_format(const struct schema *s, const char *name)
{
	for (size_t i = 0; s != NULL && name != NULL && i < s->n_formats; i++)
		if (strcmp(s->formats[i].name, name) == 0)
			return &s->formats[i];
	return NULL;
}

const struct format *schema_format_at(const struct schema *s, size_t i)
{
	return i < s->n_formats ? &s->formats[i] : NULL;
}

const struct vocab *schema_vocab(const struct schema *s, const char *name)
{
	for (size_t i = 0; s != NULL && i < s->n_vocabs; i++)
		if (strcmp(vocab_name(s->vocabs[i]), name) == 0)
			return s->vocabs[i];
	return NULL;
}

const struct vocab *schema_vocab_at(const struct schema *s, size_t i)
{
	return i < s->n_vocabs ? s->vocabs[i] : NULL;
}
