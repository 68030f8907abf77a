/* First rows of a catalogue, the check of an old one's layout, and the bits of formats. */

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "schema/format.h"
#include "store/cat_int.h"
#include "store/dep_int.h"
#include "store/writer_int.h"

/* 'f' name -> bit, version of the mapping that made the stored renditions (0: none did). A bit is never given twice. */
static struct key format_key(struct slice name)
{
	struct key k;

	key_init(&k, 'f');
	key_text(&k, name);
	return k;
}

static void format_put(struct kv_txn *t, struct slice name, unsigned bit, uint32_t version)
{
	struct key k = format_key(name);
	uint8_t p[5] = { (uint8_t)bit };

	put_u32(p + 1, version);
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, 5));
}

/* The bit of a kept format, a new one for a new format. ${stale}: its renditions are to be made again. */
static unsigned format_bit(struct kv_txn *t, const struct format *f, bool empty, bool *stale)
{
	struct key k = format_key(slice_str(f->name));
	struct slice v;
	uint64_t n;

	if (kv_get(t, CAT_META, key_slice(&k), &v) && v.n == 5) {
		*stale = get_u32(v.p + 1) != f->crosswalk_version;
		return (uint8_t)v.p[0];
	}
	n = cat_meta_next(t, "format-no");
	if (n > CAT_FORMATS_MAX) {
		kv_fail(t, ST_TOOBIG, "more than %d kept formats", CAT_FORMATS_MAX);
		return 0;
	}
	*stale = !empty;
	format_put(t, slice_str(f->name), (unsigned)(n - 1), empty ? f->crosswalk_version : 0);
	return (unsigned)(n - 1);
}

/* A format that is not there now misses changes of records: when it comes back, its renditions are made again. */
static void formats_gone(struct kv_txn *t, const struct repo *r)
{
	struct kv_cur c;
	struct key k, gone[CAT_FORMATS_MAX];
	const struct format *f;
	char name[256];
	size_t n = 0;
	bool more;

	key_init(&k, 'f');
	kv_cur_open(t, CAT_META, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && c.key.p[0] == 'f' && n < CAT_FORMATS_MAX; more = kv_next(&c)) {
		if (c.key.n < 3 || c.key.n - 2 >= sizeof(name) || c.v.n != 5 || get_u32(c.v.p + 1) == 0)
			continue;
		memcpy(name, c.key.p + 1, c.key.n - 1);
		f = r->schema ? schema_format(r->schema, name) : NULL;
		if (f == NULL || !f->kept) {
			memcpy(gone[n].p, c.key.p, c.key.n);
			gone[n++].n = c.key.n;
		}
	}
	kv_cur_close(&c);
	while (n-- > 0) {
		uint8_t p[5] = { 0 };
		struct slice v;

		if (kv_get(t, CAT_META, key_slice(&gone[n]), &v))
			p[0] = (uint8_t)v.p[0];
		kv_put(t, CAT_META, key_slice(&gone[n]), slice_of(p, 5));
	}
}

static void formats_put(struct kv_txn *t, struct repo *r)
{
	struct cat *cat = r->cat;
	const struct format *f;
	bool empty = kv_entries(t, CAT_ITEM) == 0, stale = false;
	size_t i;

	cat->n_fmt = 0;
	cat->stale = 0;
	for (i = 0; r->schema != NULL && (f = schema_format_at(r->schema, i)) != NULL && t->st == ST_OK; i++) {
		unsigned bit;

		if (!f->kept)
			continue;
		bit = format_bit(t, f, empty, &stale);
		if (t->st != ST_OK)
			break;
		cat->fmt[cat->n_fmt].bit = bit;
		cat->fmt[cat->n_fmt++].f = f;
		if (stale)
			cat->stale |= (uint64_t)1 << bit;
	}
	formats_gone(t, r);
}

/* ---- refreshes: 'e' number -> mask, base, span, time ---- */

static struct key refresh_key(uint32_t no)
{
	struct key k;

	key_init(&k, 'e');
	key_u32(&k, no);
	return k;
}

size_t cat_refreshes(struct kv_txn *t, struct refresh *out)
{
	size_t n = (size_t)cat_meta_u64(t, "refreshes"), i;
	struct slice v;
	struct key k;

	if (n > CAT_REFRESH_MAX)
		n = CAT_REFRESH_MAX;
	for (i = 0; i < n; i++) {
		k = refresh_key((uint32_t)i);
		if (!kv_get(t, CAT_META, key_slice(&k), &v) || v.n != 32) {
			kv_fail(t, ST_CORRUPT, "refresh %zu of the formats is not there", i);
			return 0;
		}
		out[i] = (struct refresh){ get_u64(v.p), get_u64(v.p + 8), get_u64(v.p + 16), (int64_t)get_u64(v.p + 24) };
	}
	return n;
}

struct begin { struct repo *r; struct refresh f; };

static st_t begin_apply(void *arg, struct kv_txn *t)
{
	struct begin *b = arg;
	struct cat *cat = b->r->cat;
	uint64_t n = cat_meta_u64(t, "refreshes");
	struct key k = refresh_key((uint32_t)n);
	uint8_t p[32];
	size_t i;

	if (n >= CAT_REFRESH_MAX) {
		kv_fail(t, ST_TOOBIG, "formats changed more than %d times; rebuild the catalogue in a new folder", CAT_REFRESH_MAX);
		return ST_OK;
	}
	put_u64(p, b->f.mask);
	put_u64(p + 8, b->f.base);
	put_u64(p + 16, b->f.span);
	put_u64(p + 24, (uint64_t)b->f.time);
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, sizeof(p)));
	cat_meta_put_u64(t, "refreshes", n + 1);
	change_skip(t, b->f.base, b->f.span, b->f.time);
	for (i = 0; i < cat->n_fmt; i++)
		if (b->f.mask & (uint64_t)1 << cat->fmt[i].bit)
			format_put(t, slice_str(cat->fmt[i].f->name), cat->fmt[i].bit, cat->fmt[i].f->crosswalk_version);
	return ST_OK;
}

static st_t refresh_begin(struct repo *r, struct err *e)
{
	struct cat *cat = r->cat;
	struct begin b = { r, { cat->stale, 0, 0, 0 } };
	struct ticket ticket;
	struct kv_txn t;
	st_t st;

	kv_read(r->catalog, &t);
	b.f.span = changes_last(&t);
	st = kv_end(&t, e);
	if (st != ST_OK || b.f.span == 0)
		return st;
	ticket_take(r->dep, b.f.span, &ticket);
	b.f.base = ticket.no - 1;
	b.f.time = ticket.time;
	st = ticket_commit(r, &ticket, begin_apply, &b, e);
	if (st == ST_OK)
		cat->stale = 0;
	return st;
}

#define REFRESH_BATCH 200

struct walk { struct repo *r; uint64_t from, next; uint64_t done; bool end; };

static st_t walk_apply(void *arg, struct kv_txn *t)
{
	struct walk *w = arg;
	uint64_t rno = w->from, last = cat_meta_u64(t, "rno");
	unsigned n;

	w->done = 0;
	/* Records that have seen all refreshes cost a look-up: an interrupted walk starts from the first one again. */
	for (n = 0; n < REFRESH_BATCH && rno <= last && t->st == ST_OK; rno++) {
		if (cat_feed_refresh(t, w->r, rno)) {
			n++;
			w->done++;
		} else if (rno - w->from > 50 * REFRESH_BATCH) {
			break;
		}
	}
	w->next = rno;
	w->end = rno > last;
	if (w->end)
		cat_meta_put_u64(t, "refreshed", cat_meta_u64(t, "refreshes"));
	return ST_OK;
}

st_t cat_refresh(struct repo *r, struct err *e)
{
	struct cat *cat = r->cat;
	struct walk w = { r, 1, 1, 0, false };
	struct kv_txn t;
	uint64_t done = 0;
	bool due;
	st_t st = ST_OK;

	if (cat->stale != 0)
		st = refresh_begin(r, e);
	if (st != ST_OK)
		return err_wrap(e, "formats");
	kv_read(r->catalog, &t);
	due = cat_meta_u64(&t, "refreshed") != cat_meta_u64(&t, "refreshes");
	st = kv_end(&t, e);
	if (st != ST_OK || !due)
		return st;
	log_info("store", "formats changed, rendering records again dir=%s", r->dir);
	while (st == ST_OK && !w.end) {
		st = writer_do(r->cat_w, walk_apply, &w, e);
		w.from = w.next;
		done += w.done;
	}
	if (st == ST_OK)
		log_info("store", "rendered again dir=%s records=%llu", r->dir, (unsigned long long)done);
	return st;
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
	pthread_mutex_init(&cat->vocabs, NULL);
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
	pthread_mutex_destroy(&cat->vocabs);
	free(cat);
	r->cat = NULL;
}
