/* First rows of a catalogue, the check of an old one's layout, and the bits of formats. */

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "schema/format.h"
#include "store/cat_int.h"
#include "store/writer_int.h"

/* 'f' name -> bit, crosswalk version of the renditions that are stored. A bit is never given twice. */
static unsigned format_bit(struct kv_txn *t, const struct format *f)
{
	struct key k;
	uint8_t p[5];
	uint64_t n;
	int bit = cat_format_bit(t, f->name);

	if (bit >= 0 || t->st != ST_OK)
		return (unsigned)bit;
	n = cat_meta_next(t, "format-no");
	if (n > CAT_FORMATS_MAX) {
		kv_fail(t, ST_TOOBIG, "more than %d kept formats", CAT_FORMATS_MAX);
		return 0;
	}
	p[0] = (uint8_t)(n - 1);
	put_u32(p + 1, f->crosswalk_version);
	key_init(&k, 'f');
	key_text(&k, slice_str(f->name));
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, 5));
	return (unsigned)(n - 1);
}

static void formats_put(struct kv_txn *t, struct repo *r)
{
	struct cat *cat = r->cat;
	const struct format *f;
	size_t i;

	cat->n_fmt = 0;
	for (i = 0; r->schema != NULL && (f = schema_format_at(r->schema, i)) != NULL && t->st == ST_OK; i++) {
		if (!f->kept)
			continue;
		cat->fmt[cat->n_fmt].bit = format_bit(t, f);
		cat->fmt[cat->n_fmt].f = f;
		if (t->st == ST_OK)
			cat->n_fmt++;
	}
}

static void layout_put(struct kv_txn *t, const struct repo *r)
{
	uint64_t layout = cat_meta_u64(t, "layout");

	if (layout == 0 && kv_entries(t, CAT_META) == 0) {
		cat_meta_put_u64(t, "layout", CAT_LAYOUT);
		cat_meta_put_u64(t, "created", (uint64_t)clock_now());
	} else if (layout != CAT_LAYOUT) {
		kv_fail(t, ST_UNSUPPORTED, "the catalogue of '%s' has layout %llu, this program reads %u; use the version that wrote it, or rebuild",
		    r->dir, (unsigned long long)layout, CAT_LAYOUT);
	}
}

static void secret_put(struct kv_txn *t, struct repo *r)
{
	struct key k = cat_meta_key("secret");
	struct slice v;

	if (kv_get(t, CAT_META, key_slice(&k), &v) && v.n == sizeof(r->secret)) {
		memcpy(r->secret, v.p, v.n);
		return;
	}
	random_bytes(r->secret, sizeof(r->secret));
	kv_put(t, CAT_META, key_slice(&k), slice_of(r->secret, sizeof(r->secret)));
}

static st_t open_apply(void *arg, struct kv_txn *t)
{
	struct repo *r = arg;

	layout_put(t, r);
	secret_put(t, r);
	formats_put(t, r);
	return ST_OK;
}

st_t cat_open(struct repo *r, struct err *e)
{
	struct cat *cat = calloc(1, sizeof(*cat));
	struct kv_txn t;
	st_t st;

	if (cat == NULL)
		return err_set(e, ST_NOMEM, "out of memory");
	pthread_mutex_init(&cat->mu, NULL);
	r->cat = cat;
	st = writer_do(r->cat_w, open_apply, r, e);
	if (st != ST_OK)
		return st;
	kv_read(r->catalog, &t);
	cat->last_told = changes_last(&t);
	st = kv_end(&t, e);
	if (st == ST_OK)
		writer_on_commit(r->cat_w, cat_committed, r);
	return st;
}

void cat_close(struct repo *r)
{
	struct cat *cat = r->cat;

	if (cat == NULL)
		return;
	VEC_RELEASE(&cat->watchers);
	pthread_mutex_destroy(&cat->mu);
	free(cat);
	r->cat = NULL;
}
