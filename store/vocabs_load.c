/*
 * Loading. A generation number marks all rows of a load; 'g' rows name generations that nobody bears (being written, or replaced), so that what a
 * killed load left is swept by the next one. Rows go to the writer in batches; the last transaction gives the name to the new generation.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/place.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "net/helper.h"
#include "store/vocabs_int.h"

#define BATCH_CONCEPTS	1000
#define BATCH_BYTES	((size_t)4 << 20)
#define SWEEP_BATCH	5000
#define LANGS_MAX	300
#define NUMBERS_MAX	20000000u

struct row { struct key k; size_t off, n; bool term, fresh; };	/* its value lies in ${values}; fresh: only when the key is new */
typedef VEC(struct row) rows;

struct count { char lang[18]; uint64_t labels, alts, defs; };

struct vocabs_load {
	struct repo *r;
	char name[VOCABS_NAME_MAX + 1];
	uint32_t gen, no;
	rows rows;
	struct buf values;
	size_t in_batch;
	struct map *batch_iris;		/* IRIs of the batch that waits */
	struct count langs[LANGS_MAX];
	size_t n_langs;
	uint64_t broader, narrower, exact, close, repeated, deprecated, links;
	bool locked, named;
	st_t st;
};

static bool name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= VOCABS_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

/* ---- generations ---- */

struct gen_job { uint32_t gen; uint64_t done; bool end; };

static st_t gen_new(void *arg, struct kv_txn *t)
{
	struct gen_job *j = arg;
	struct key k;

	j->gen = (uint32_t)cat_meta_next(t, "vocabulary-gen");
	k = vocabs_key('g', j->gen);
	kv_put(t, CAT_VOC, key_slice(&k), SLICE_NULL);
	return ST_OK;
}

/* Take out up to a batch of the keys that begin with ${k}. */
static size_t sweep_prefix(struct kv_txn *t, kv_db db, const struct key *k, size_t max)
{
	struct kv_cur c;
	struct key one;
	size_t n = 0;
	bool more;

	kv_cur_open(t, db, &c);
	more = kv_seek(&c, key_slice(k));
	while (more && n < max && c.key.n >= k->n && memcmp(c.key.p, k->p, k->n) == 0) {
		one.n = c.key.n;
		memcpy(one.p, c.key.p, c.key.n);
		kv_del(t, db, key_slice(&one));
		n++;
		more = kv_seek(&c, key_slice(k));
	}
	kv_cur_close(&c);
	return n;
}

static st_t sweep_apply(void *arg, struct kv_txn *t)
{
	static const char letters[] = "ciwun";
	struct gen_job *j = arg;
	struct key k = vocabs_key('t', j->gen);
	size_t n = sweep_prefix(t, CAT_VTERM, &k, SWEEP_BATCH);

	for (size_t i = 0; letters[i] != '\0' && n < SWEEP_BATCH; i++) {
		k = vocabs_key(letters[i], j->gen);
		n += sweep_prefix(t, CAT_VOC, &k, SWEEP_BATCH - n);
	}
	j->end = n < SWEEP_BATCH;
	if (j->end) {
		k = vocabs_key('g', j->gen);
		kv_del(t, CAT_VOC, key_slice(&k));
	}
	return ST_OK;
}

/* Generations that nobody bears, but ${but}. */
static st_t sweep(struct repo *r, uint32_t but, struct err *e)
{
	struct gen_job j = { 0 };
	uint32_t after = 0;
	st_t st = ST_OK;

	while (st == ST_OK) {
		struct key k = vocabs_key('g', after);
		struct kv_txn t;
		struct kv_cur c;

		kv_read(r->catalog, &t);
		kv_cur_open(&t, CAT_VOC, &c);
		j.gen = kv_seek(&c, key_slice(&k)) && c.key.n == 5 && c.key.p[0] == 'g' ? get_u32(c.key.p + 1) : 0;
		kv_cur_close(&c);
		kv_end(&t, NULL);
		if (j.gen == 0)
			break;
		after = j.gen + 1;
		for (j.end = j.gen == but; st == ST_OK && !j.end; )
			st = writer_do(r->cat_w, sweep_apply, &j, e);
	}
	return st;
}

/* ---- batches ---- */

static st_t rows_apply(void *arg, struct kv_txn *t)
{
	struct vocabs_load *l = arg;
	struct slice was;

	for (size_t i = 0; i < l->rows.n && t->st == ST_OK; i++) {
		const struct row *r = &l->rows.v[i];
		kv_db db = r->term ? CAT_VTERM : CAT_VOC;

		if (!r->fresh || !kv_get(t, db, key_slice(&r->k), &was))
			kv_put(t, db, key_slice(&r->k), slice_of(l->values.p + r->off, r->n));
	}
	return ST_OK;
}

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c;

	if (x->term != y->term)
		return x->term ? 1 : -1;
	c = slice_cmp(key_slice(&x->k), key_slice(&y->k));
	/* Of two that want one key only when new, the first wins. */
	return c != 0 ? c : x->off < y->off ? -1 : x->off > y->off;
}

static st_t flush(struct vocabs_load *l, struct err *e)
{
	st_t st = ST_OK;

	if (l->rows.n > 0) {
		qsort(l->rows.v, l->rows.n, sizeof(l->rows.v[0]), by_key);
		st = writer_do(l->r->cat_w, rows_apply, l, e);
	}
	l->rows.n = 0;
	l->in_batch = 0;
	buf_clear(&l->values);
	map_free(l->batch_iris, NULL);
	l->batch_iris = map_new();
	return st != ST_OK ? st : l->batch_iris != NULL ? ST_OK : ST_NOMEM;
}

static void put(struct vocabs_load *l, const struct key *k, struct slice v, bool term, bool fresh)
{
	struct row r = { *k, l->values.n, v.n, term, fresh };

	if (buf_addsl(&l->values, v) != ST_OK || VEC_PUSH(&l->rows, r) != ST_OK)
		l->st = ST_NOMEM;
}

static void put_term(void *ctx, const struct key *k)
{
	put(ctx, k, SLICE_NULL, true, false);
}

/* ---- a concept ---- */

static struct count *lang_count(struct vocabs_load *l, struct slice lang)
{
	size_t i;

	if (lang.n == 0)
		lang = SLICE("und");
	for (i = 0; i < l->n_langs; i++)
		if (slice_eq_str(lang, l->langs[i].lang))
			return &l->langs[i];
	if (l->n_langs == LANGS_MAX)
		return &l->langs[LANGS_MAX - 1];
	snprintf(l->langs[i].lang, sizeof(l->langs[i].lang), "%.*s", (int)lang.n, lang.p);
	l->n_langs++;
	return &l->langs[i];
}

struct concept { struct vocabs_load *l; struct buf row; size_t terms; bool old; };

static void term(struct concept *c, struct slice text)
{
	struct buf b = BUF_INIT(VOCABS_Q_MAX * 40);
	size_t had = c->l->rows.n;

	if (c->terms < VC_TERMS_MAX && vocabs_fold(&b, text) == ST_OK)
		vocabs_terms(c->l->gen, c->l->no, c->old, buf_slice(&b), put_term, c->l);
	c->terms += c->l->rows.n - had;
	buf_release(&b);
}

/* [[lang, text], ...] */
static void texts(struct concept *c, const json_t *list, enum vocabs_tag tag)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct slice lang = json_slice(json_array_get(one, 0)), text = json_slice(json_array_get(one, 1));
		struct count *n;

		if (text.n == 0 || lang.n > 16)
			continue;
		vocabs_field_put(&c->row, tag, lang, text);
		n = lang_count(c->l, lang);
		n->labels += tag == VT_LABEL;
		n->alts += tag == VT_ALT;
		n->defs += tag == VT_DEF;
		if (tag != VT_DEF)
			term(c, text);
	}
}

static uint64_t names(struct concept *c, const json_t *list, enum vocabs_tag tag)
{
	const json_t *one;
	uint64_t n = 0;
	size_t i;

	json_array_foreach(list, i, one) {
		if (json_slice(one).n == 0)
			continue;
		vocabs_field_put(&c->row, tag, SLICE_NULL, json_slice(one));
		n++;
	}
	return n;
}

static void put_names(struct concept *c, struct slice iri, struct slice id, const json_t *notations)
{
	struct buf b = BUF_INIT(8192);
	const json_t *one;
	uint8_t no[4];
	struct key k;
	size_t i;

	put_u32(no, c->l->no);
	k = vocabs_key_text('i', c->l->gen, iri);
	put(c->l, &k, slice_of(no, 4), false, true);
	if (vocabs_fold(&b, id) == ST_OK && b.n > 0) {
		k = vocabs_key_text('n', c->l->gen, buf_slice(&b));
		put(c->l, &k, slice_of(no, 4), false, true);
	}
	term(c, id);
	json_array_foreach(notations, i, one) {
		buf_clear(&b);
		if (vocabs_fold(&b, json_slice(one)) == ST_OK && b.n > 0) {
			k = vocabs_key_text('n', c->l->gen, buf_slice(&b));
			put(c->l, &k, slice_of(no, 4), false, true);
			term(c, json_slice(one));
		}
	}
	buf_release(&b);
}

static void concept_rows(struct concept *c, const json_t *j, struct slice iri, struct slice id)
{
	struct vocabs_load *l = c->l;
	struct key k = vocabs_key_no('c', l->gen, l->no);

	vocabs_field_put(&c->row, VT_IRI, SLICE_NULL, iri);
	vocabs_field_put(&c->row, VT_ID, SLICE_NULL, id);
	if (json_text(j, "kind") != NULL)
		vocabs_field_put(&c->row, VT_KIND, SLICE_NULL, slice_str(json_text(j, "kind")));
	if (c->old)
		vocabs_field_put(&c->row, VT_DEPRECATED, SLICE_NULL, SLICE_NULL);
	put_names(c, iri, id, json_object_get(j, "notation"));
	texts(c, json_object_get(j, "label"), VT_LABEL);
	texts(c, json_object_get(j, "alt"), VT_ALT);
	texts(c, json_object_get(j, "def"), VT_DEF);
	l->broader += names(c, json_object_get(j, "broader"), VT_BROADER);
	l->narrower += names(c, json_object_get(j, "narrower"), VT_NARROWER);
	l->exact += names(c, json_object_get(j, "exact"), VT_EXACT);
	l->close += names(c, json_object_get(j, "close"), VT_CLOSE);
	names(c, json_object_get(j, "notation"), VT_NOTATION);
	l->deprecated += c->old;
	put(l, &k, buf_slice(&c->row), false, false);
	if (c->row.st != ST_OK)
		l->st = c->row.st;
}

static bool is_there(struct vocabs_load *l, struct slice iri)
{
	struct key k = vocabs_key_text('i', l->gen, iri);
	struct slice v;
	struct kv_txn t;
	bool yes;

	if (map_has(l->batch_iris, iri))
		return true;
	kv_read(l->r->catalog, &t);
	yes = kv_get(&t, CAT_VOC, key_slice(&k), &v);
	kv_end(&t, NULL);
	return yes;
}

st_t vocabs_load_add(struct vocabs_load *l, struct slice json, struct err *e)
{
	struct concept c = { .l = l, .row = BUF_INIT((size_t)4 << 20) };
	struct slice iri, id;
	json_t *j = NULL;
	st_t st = json_load(&j, json, e);

	if (st != ST_OK)
		return st;
	iri = utf8_clip(json_slice(json_object_get(j, "iri")), 4096);
	id = utf8_clip(json_slice(json_object_get(j, "id")), 1024);
	if (iri.n == 0 || id.n == 0) {
		st = err_set(e, ST_INVALID, "a concept without a name");
	} else if (is_there(l, iri)) {
		l->repeated++;
	} else if (l->no == NUMBERS_MAX) {
		st = err_set(e, ST_TOOBIG, "more than %u concepts", NUMBERS_MAX);
	} else {
		l->no++;
		c.old = json_is_true(json_object_get(j, "deprecated"));
		concept_rows(&c, j, iri, id);
		if (l->st == ST_OK)
			l->st = map_put(l->batch_iris, iri, l, NULL);
		st = l->st == ST_OK ? ST_OK : err_set(e, l->st, "concept '%.*s'", (int)(iri.n < 100 ? iri.n : 100), iri.p);
	}
	buf_release(&c.row);
	json_decref(j);
	if (st == ST_OK && (++l->in_batch >= BATCH_CONCEPTS || l->values.n >= BATCH_BYTES))
		st = flush(l, e);
	return st;
}

/* ---- links ---- */

static void link_put(struct vocabs_load *l, uint32_t parent, uint32_t child)
{
	struct key k = vocabs_key_no('w', l->gen, parent);

	if (parent == child)
		return;
	key_u32(&k, child);
	put(l, &k, SLICE_NULL, false, true);
	k = vocabs_key_no('u', l->gen, child);
	key_u32(&k, parent);
	put(l, &k, SLICE_NULL, false, true);
}

static st_t links_page(struct vocabs_load *l, uint32_t *after, bool *end, struct err *e)
{
	struct vocabs_field f;
	uint32_t nos[BATCH_CONCEPTS];
	struct slice row;
	struct kv_txn t;
	size_t n, i;

	kv_read(l->r->catalog, &t);
	n = vocabs_browse(&t, l->gen, *after, nos, BATCH_CONCEPTS);
	for (i = 0; i < n; i++) {
		struct key k = vocabs_key_no('c', l->gen, nos[i]);

		if (!kv_get(&t, CAT_VOC, key_slice(&k), &row))
			continue;
		while (vocabs_field_next(&row, &f)) {
			uint32_t other = f.tag == VT_BROADER || f.tag == VT_NARROWER ? vocabs_resolve(&t, l->gen, f.text) : 0;

			if (other != 0)
				link_put(l, f.tag == VT_BROADER ? other : nos[i], f.tag == VT_BROADER ? nos[i] : other);
		}
	}
	*end = n < BATCH_CONCEPTS;
	if (n > 0)
		*after = nos[n - 1];
	if (kv_end(&t, e) != ST_OK)
		return t.st;
	return l->st == ST_OK ? flush(l, e) : l->st;
}

static uint64_t links_count(struct vocabs_load *l)
{
	struct key k = vocabs_key('w', l->gen);
	struct kv_txn t;
	struct kv_cur c;
	uint64_t n = 0;
	bool more;

	kv_read(l->r->catalog, &t);
	kv_cur_open(&t, CAT_VOC, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && memcmp(c.key.p, k.p, k.n) == 0; more = kv_next(&c))
		n++;
	kv_cur_close(&c);
	kv_end(&t, NULL);
	return n;
}

static bool is_taken(struct vocabs_load *l)
{
	struct kv_txn t;
	bool yes;

	kv_read(l->r->catalog, &t);
	yes = vocabs_find(&t, slice_str(l->name)) != 0;
	kv_end(&t, NULL);
	return yes;
}

/* ---- begin and end ---- */

st_t vocabs_load_begin(struct vocabs_load **out, struct repo *r, const char *name, struct err *e)
{
	struct cat *cat = r->cat;
	struct gen_job j = { 0 };
	struct vocabs_load *l;
	st_t st;

	*out = NULL;
	if (!name_ok(name))
		return err_set(e, ST_INVALID, "name: small letters, digits, '-' and '_', at most %d", VOCABS_NAME_MAX);
	if (schema_vocab(r->schema, name) != NULL)
		return err_set(e, ST_CONFLICT, "'%s' is the name of a vocabulary that the program brings", name);
	if ((l = calloc(1, sizeof(*l))) == NULL || (l->batch_iris = map_new()) == NULL) {
		free(l);
		return ST_NOMEM;
	}
	l->r = r;
	snprintf(l->name, sizeof(l->name), "%s", name);
	buf_init(&l->values, (size_t)64 << 20);
	pthread_mutex_lock(&cat->vocabs);
	l->locked = true;
	st = sweep(r, 0, e);
	if (st == ST_OK)
		st = writer_do(r->cat_w, gen_new, &j, e);
	l->gen = j.gen;
	if (st != ST_OK) {
		vocabs_load_free(l);
		return st;
	}
	*out = l;
	return ST_OK;
}

void vocabs_load_free(struct vocabs_load *l)
{
	struct cat *cat;
	struct err e = ERR_INIT;

	if (l == NULL)
		return;
	cat = l->r->cat;
	if (!l->named && l->gen != 0)
		(void)!sweep(l->r, 0, &e);
	pthread_mutex_unlock(&cat->vocabs);
	VEC_RELEASE(&l->rows);
	buf_release(&l->values);
	map_free(l->batch_iris, NULL);
	free(l);
}

static json_t *counts_json(const struct vocabs_load *l, size_t offset)
{
	json_t *j = json_object();

	for (size_t i = 0; i < l->n_langs; i++) {
		uint64_t n = *(const uint64_t *)(const void *)((const char *)&l->langs[i] + offset);

		if (n > 0)
			json_put(j, l->langs[i].lang, json_integer((json_int_t)n));
	}
	return j;
}

static json_t *about_json(const struct vocabs_load *l, const json_t *about)
{
	json_t *j = json_pack("{s:s, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "id", l->name, "concepts", (json_int_t)l->no,
	    "labels", counts_json(l, offsetof(struct count, labels)), "alternatives", counts_json(l, offsetof(struct count, alts)),
	    "definitions", counts_json(l, offsetof(struct count, defs)), "broader", (json_int_t)l->broader, "narrower", (json_int_t)l->narrower,
	    "links", (json_int_t)l->links, "exact", (json_int_t)l->exact, "close", (json_int_t)l->close, "deprecated", (json_int_t)l->deprecated,
	    "repeated", (json_int_t)l->repeated);
	static const char *const taken[] = { "format", "iri", "title", "warnings" };
	char when[ISO8601_LEN];

	for (size_t i = 0; j != NULL && i < sizeof(taken) / sizeof(taken[0]); i++)
		if (json_object_get(about, taken[i]) != NULL)
			json_put(j, taken[i], json_incref(json_object_get(about, taken[i])));
	iso8601(when, clock_now());
	if (j != NULL)
		json_put_str(j, "loaded", slice_str(when));
	return j;
}

struct name_job { const char *name; uint32_t gen; struct slice about; bool absent; };

static st_t name_apply(void *arg, struct kv_txn *t)
{
	struct name_job *j = arg;
	struct key k = vocabs_key_name(slice_str(j->name)), g;
	uint32_t old = vocabs_find(t, slice_str(j->name));
	struct buf v = BUF_INIT((size_t)1 << 20);
	uint8_t p[4];

	j->absent = old == 0;
	put_u32(p, j->gen);
	buf_add(&v, p, 4);
	buf_addsl(&v, j->about);
	if (j->gen != 0) {
		kv_put(t, CAT_VOC, key_slice(&k), buf_slice(&v));
		g = vocabs_key('g', j->gen);
		kv_del(t, CAT_VOC, key_slice(&g));
	} else {
		kv_del(t, CAT_VOC, key_slice(&k));
	}
	if (old != 0) {
		g = vocabs_key('g', old);
		kv_put(t, CAT_VOC, key_slice(&g), SLICE_NULL);
	}
	buf_release(&v);
	return ST_OK;
}

st_t vocabs_load_end(struct vocabs_load *l, const json_t *about, json_t **out, struct err *e)
{
	struct name_job j = { .name = l->name, .gen = l->gen };
	struct buf text = BUF_INIT((size_t)1 << 20);
	struct err swept = ERR_INIT;
	uint32_t after = 0;
	bool end = false;
	st_t st = flush(l, e);

	*out = NULL;
	while (st == ST_OK && !end)
		st = links_page(l, &after, &end, e);
	/* Examples and mappings may name nothing; but nothing must not replace something. */
	if (st == ST_OK && l->no == 0 && is_taken(l))
		st = err_set(e, ST_INVALID, "no concepts in it: the vocabulary of that name stays as it was");
	if (st == ST_OK) {
		l->links = links_count(l);
		*out = about_json(l, about);
		st = *out != NULL ? json_dump(&text, *out, false) : ST_NOMEM;
	}
	j.about = buf_slice(&text);
	if (st == ST_OK)
		st = writer_do(l->r->cat_w, name_apply, &j, e);
	l->named = st == ST_OK;
	/* What was replaced: a failure here leaves work for the next load, no more. */
	if (st == ST_OK)
		(void)!sweep(l->r, 0, &swept);
	if (st != ST_OK) {
		json_decref(*out);
		*out = NULL;
	}
	buf_release(&text);
	return st;
}

st_t vocabs_remove(struct repo *r, const char *name, struct err *e)
{
	struct cat *cat = r->cat;
	struct name_job j = { .name = name };
	st_t st;

	if (!name_ok(name))
		return err_set(e, ST_ABSENT, "no vocabulary of that name was loaded");
	pthread_mutex_lock(&cat->vocabs);
	st = writer_do(r->cat_w, name_apply, &j, e);
	if (st == ST_OK)
		st = j.absent ? err_set(e, ST_ABSENT, "no vocabulary of that name was loaded") : sweep(r, 0, e);
	pthread_mutex_unlock(&cat->vocabs);
	return st;
}

/* ---- through the helper ---- */

struct feed { struct vocabs_load *l; const struct progress *p; struct err *e; st_t st; };

static st_t feed_line(void *ctx, struct slice json)
{
	struct feed *f = ctx;

	f->st = vocabs_load_add(f->l, json, f->e);
	if (f->st == ST_OK && f->l->in_batch == 0 && f->p != NULL && f->p->step != NULL && !f->p->step(f->p->ctx, "concepts", f->l->no, 0))
		f->st = err_set(f->e, ST_CLOSED, "stopped: the vocabulary is as it was");
	return f->st;
}

/* "coar_resource_types_v1.1.ttl" -> "coar_resource_types_v1-1" */
static void name_from(const char *path, char out[VOCABS_NAME_MAX + 1])
{
	const char *base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path, *dot = strrchr(base, '.');
	size_t n = 0;

	for (; *base != '\0' && base != dot && n < VOCABS_NAME_MAX; base++) {
		char c = *base >= 'A' && *base <= 'Z' ? (char)(*base + 32) : *base;

		out[n++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : '-';
	}
	out[n] = '\0';
}

st_t vocabs_load_file(struct repo *r, const char *path, const char *name, const struct progress *p, json_t **out, struct err *e)
{
	char made[VOCABS_NAME_MAX + 1], *program = place_program("azekura-extract");
	struct feed f = { .p = p, .e = e };
	struct buf about = BUF_INIT((size_t)17 << 20);	/* frames of concepts lie in it too */
	struct helpers *h = NULL;
	json_t *j = NULL;
	struct stat sb;
	int fd = -1;
	st_t st;

	*out = NULL;
	if (name == NULL) {
		name_from(path, made);
		name = made;
	}
	if (program == NULL)
		st = err_set(e, ST_ABSENT, "azekura-extract was not found");
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0 || fstat(fd, &sb) != 0)
		st = err_sys(e, "cannot open '%s'", path);
	else if (!S_ISREG(sb.st_mode))
		st = err_set(e, ST_INVALID, "'%s' is no file", path);
	else
		st = helpers_new(&h, program, 1, e);
	if (st == ST_OK)
		st = vocabs_load_begin(&f.l, r, name, e);
	if (st == ST_OK)
		st = helper_vocabulary(h, fd, (uint64_t)sb.st_size, strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path, feed_line, &f, &about, e);
	if (st == ST_OK)
		st = json_load(&j, buf_slice(&about), e);
	if (st == ST_OK)
		st = vocabs_load_end(f.l, j, out, e);
	if (st != ST_OK && f.l != NULL)
		st = err_wrap(e, "'%s'", path);
	vocabs_load_free(f.l);
	helpers_free(h);
	json_decref(j);
	buf_release(&about);
	if (fd >= 0)
		close(fd);
	free(program);
	return st;
}
