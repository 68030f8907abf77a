/*
 * Random changes of records against a model that stores, for each item, each format and each set by itself, what a harvester must
 * see. After every few steps all answers are compared, counters with recounts; in the end the catalogue is emptied and made again
 * from the same history, object by object in another order, and must answer the same. The seed is printed; AZEKURA_SEED repeats a run.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "t/unit/store/fix.h"

#define ITEMS	40
#define STEPS	600
#define FMT	3		/* 0: any, 1: "all", 2: "free" */
#define SETS	12

static const char *const fmt_name[FMT] = { NULL, "all", "free" };
static const char *const set_name[SETS] = { "", "type", "type:data-set", "type:software", "access", "access:open", "access:closed", "inst",
	"inst:eng", "inst:eng:mat", "inst:phy", "other" };
static const char *const explicit_set[] = { "inst:eng:mat", "inst:eng", "inst:phy", "other", "inst" };

struct place { bool there, deleted; uint64_t change; int64_t stamp; };

struct item {
	bool exists, live, withdrawn, listed[SETS];
	unsigned title, sets;			/* sets: bits of explicit_set */
	bool rights, software, closed, private;
	struct place fmt[FMT];			/* where the item stands now */
	struct place left[SETS][FMT];		/* deletions in sets it has left */
};

/* One event, as an object's event.json would hold it. */
struct step_event { unsigned item; struct item after; uint64_t no; int64_t time; };

struct world { struct fix *f; struct repo *r; struct item it[ITEMS]; VEC(struct step_event) log; unsigned version; uint64_t rnd; };

static unsigned rnd(struct world *w, unsigned n)
{
	w->rnd ^= w->rnd << 13;
	w->rnd ^= w->rnd >> 7;
	w->rnd ^= w->rnd << 17;
	return (unsigned)(w->rnd >> 20) % n;
}

static bool in_set(const struct item *it, unsigned s)
{
	size_t i, n = strlen(set_name[s]);

	if (s == 0 || strcmp(set_name[s], "type") == 0 || strcmp(set_name[s], "access") == 0)
		return true;
	if (strncmp(set_name[s], "type:", 5) == 0)
		return strcmp(set_name[s] + 5, it->software ? "software" : "data-set") == 0;
	if (strncmp(set_name[s], "access:", 7) == 0)
		return strcmp(set_name[s] + 7, it->closed ? "closed" : "open") == 0;
	for (i = 0; i < 5; i++)
		if ((it->sets & 1u << i) && strncmp(explicit_set[i], set_name[s], n) == 0 && (explicit_set[i][n] == '\0' || explicit_set[i][n] == ':'))
			return true;
	return false;
}

/* What the model makes of ${now} at change ${no}, ${old} being what was. */
static void model_change(const struct item *old, struct item *now, uint64_t no, int64_t time)
{
	bool resets = false, live = !now->withdrawn && !now->private, offered, differs;
	unsigned s, f;

	if (!live) {
		for (f = 0; f < FMT; f++)
			if (now->fmt[f].there && !now->fmt[f].deleted)
				now->fmt[f] = (struct place){ true, true, no, time };
		now->live = false;
		return;
	}
	for (s = 1; s < SETS; s++) {
		bool is = in_set(now, s);

		resets = resets || is != now->listed[s];
		for (f = 0; f < FMT; f++) {
			if (now->listed[s] && !is && now->fmt[f].there)
				now->left[s][f] = (struct place){ true, true, no, time };
			else if (is)
				now->left[s][f].there = false;
		}
		now->listed[s] = is;
	}
	now->listed[0] = true;
	for (f = 0; f < FMT; f++) {
		offered = f != 2 || now->rights;
		differs = f == 0 || resets || !old->fmt[f].there || old->fmt[f].deleted || (f == 1 && old->title != now->title);
		if (offered && differs)
			now->fmt[f] = (struct place){ true, false, no, time };
		else if (!offered && now->fmt[f].there && !now->fmt[f].deleted)
			now->fmt[f] = (struct place){ true, true, no, time };
	}
	now->live = true;
}

static void ids_of(unsigned item, char id[PID_LEN + 1], char parent[PID_LEN + 1])
{
	snprintf(id, PID_LEN + 1, "aaaaa-%05u", item % 100000);
	snprintf(parent, PID_LEN + 1, "ppppp-%05u", item / 3 % 100000);
}

struct put { struct repo *r; const struct step_event *ev; uint64_t no; int64_t time; bool given; };

static st_t put_apply(void *arg, struct kv_txn *t)
{
	struct put *p = arg;
	const struct item *it = &p->ev->after;
	struct change c = { .kind = CHANGE_REVISE };
	struct rec rec;
	char title[16], *sets[5];
	unsigned i;

	memset(&rec, 0, sizeof(rec));
	ids_of(p->ev->item, rec.id, rec.parent);
	memcpy(c.id, rec.id, sizeof(c.id));
	memcpy(c.parent, rec.parent, sizeof(c.parent));
	if (p->given) {
		c.no = p->ev->no;
		c.time = p->ev->time;
	}
	change_put(t, &c);
	p->no = c.no;
	p->time = c.time;
	snprintf(title, sizeof(title), "t%u", it->title);
	rec.state = it->withdrawn ? REC_WITHDRAWN : REC_PUBLISHED;
	rec.version = p->ev->item % 3 + 1;
	rec.change = c.no;
	rec.access = it->closed ? ACC_CLOSED : ACC_OPEN;
	rec.meta = it->private ? META_PRIVATE : META_PUBLIC;
	rec.sets = sets;
	for (i = 0; i < 5; i++)
		if (it->sets & 1u << i)
			sets[rec.n_sets++] = (char *)explicit_set[i];
	rec.doc = json_pack("{s:[{s:s}], s:{s:s}}", "titles", "value", title, "resourceType", "coar", it->software ? "http://x/s" : "http://x/d");
	if (it->rights)
		json_object_set_new(rec.doc, "rights", json_pack("[{s:s}]", "spdx", "MIT"));
	cat_put(t, p->r, &rec);
	json_decref(rec.doc);
	return ST_OK;
}

static void step(struct world *w)
{
	unsigned i = rnd(w, ITEMS), what = rnd(w, 10);
	struct item now = w->it[i];
	struct step_event ev;
	struct put p = { w->r, &ev, 0, 0, false };
	struct err e = ERR_INIT;

	if (!now.exists) {
		now.exists = true;
		now.rights = rnd(w, 2);
		now.software = rnd(w, 4) == 0;
		now.private = rnd(w, 6) == 0;
		now.sets = rnd(w, 32) & rnd(w, 32);
	} else if (what < 3) {
		now.title++;
	} else if (what == 3) {
		now.rights = !now.rights;
	} else if (what == 4) {
		now.software = !now.software;
	} else if (what == 5) {
		now.closed = !now.closed;
	} else if (what < 8) {
		now.sets = rnd(w, 32) & rnd(w, 32);
	} else if (what == 8) {
		now.private = !now.private;
	} else {
		now.withdrawn = !now.withdrawn;
	}
	/* The clock jumps, backwards too. */
	clock_set(((int64_t)1700000000 + (int64_t)w->log.n / 3 + (int64_t)rnd(w, 5) - 2) * 1000000);
	ev.item = i;
	ev.after = now;
	if (writer_do(w->r->cat_w, put_apply, &p, &e) != ST_OK)
		fail_msg("%s", e.text);
	ev.no = p.no;
	ev.time = p.time;
	assert_true(w->log.n == 0 || p.no > w->log.v[w->log.n - 1].no);
	assert_true(w->log.n == 0 || p.time >= w->log.v[w->log.n - 1].time);
	model_change(&w->it[i], &now, p.no, p.time);
	w->it[i] = now;
	assert_int_equal(VEC_PUSH(&w->log, ev), ST_OK);
}

static const struct place *model_at(const struct item *it, unsigned f, unsigned s)
{
	if (it->fmt[f].there && it->listed[s])
		return &it->fmt[f];
	return it->left[s][f].there ? &it->left[s][f] : NULL;
}

static int by_change(const void *a, const void *b)
{
	uint64_t x = ((const struct feed_item *)a)->change, y = ((const struct feed_item *)b)->change;

	return x < y ? -1 : x > y;
}

static size_t model_feed(const struct world *w, unsigned f, unsigned s, int64_t from, int64_t until, struct feed_item out[ITEMS])
{
	const struct place *p;
	char parent[PID_LEN + 1];
	size_t n = 0;
	unsigned i;

	for (i = 0; i < ITEMS; i++) {
		p = model_at(&w->it[i], f, s);
		if (p == NULL || p->stamp < from || p->stamp > until)
			continue;
		out[n].change = p->change;
		out[n].datestamp = p->stamp;
		out[n].deleted = p->deleted;
		ids_of(i, out[n++].id, parent);
	}
	qsort(out, n, sizeof(*out), by_change);
	return n;
}

static void compare_feed(struct world *w, struct kv_txn *t, unsigned f, unsigned s, int64_t from, int64_t until)
{
	struct feed_item want[ITEMS], got[ITEMS];
	size_t n = model_feed(w, f, s, from, until, want), i, page;
	struct slice set = slice_str(set_name[s]);
	uint64_t after = 0;

	assert_int_equal(cat_feed_count(t, fmt_name[f], set, from, until), n);
	for (i = 0; i < n; i += page) {
		page = cat_feed(t, fmt_name[f], set, after, from, until, got, 1 + rnd(w, 9));
		assert_true(page > 0 && i + page <= n);
		for (size_t k = 0; k < page; k++) {
			assert_string_equal(got[k].id, want[i + k].id);
			assert_true(got[k].change == want[i + k].change && got[k].datestamp == want[i + k].datestamp);
			assert_int_equal(got[k].deleted, want[i + k].deleted);
		}
		after = got[page - 1].change;
	}
	assert_int_equal(cat_feed(t, fmt_name[f], set, after, from, until, got, 1), 0);
}

static void compare_items(struct world *w, struct kv_txn *t)
{
	char id[PID_LEN + 1], parent[PID_LEN + 1], *specs[SETS], text[32];
	struct cat_stats s, want = { 0, 0, 0, 0, 0, 0 };
	struct slice bytes;
	int64_t stamp;
	bool deleted, leaf;
	size_t n, k, m;
	unsigned i, f;

	for (i = 0; i < ITEMS; i++) {
		const struct item *it = &w->it[i];

		ids_of(i, id, parent);
		want.records += it->exists && !it->withdrawn;
		want.withdrawn += it->withdrawn;
		for (f = 1; f < FMT; f++) {
			st_t st = cat_rendition(t, fmt_name[f], id, &bytes, &stamp, &deleted);

			if (!it->fmt[f].there) {
				assert_true(st == ST_ABSENT || st == ST_UNSUPPORTED);
				continue;
			}
			assert_int_equal(st, ST_OK);
			assert_true(stamp == it->fmt[f].stamp && deleted == it->fmt[f].deleted);
			if (f != 1 || deleted)
				continue;
			snprintf(text, sizeof(text), "<t>t%u</t>", it->title);
			assert_non_null(memmem(bytes.p, bytes.n, text, strlen(text)));
			snprintf(text, sizeof(text), "<v>%u</v>", w->version);
			assert_non_null(memmem(bytes.p, bytes.n, text, strlen(text)));
		}
		n = cat_sets_of(t, id, specs, SETS);
		for (k = 0, m = 0; it->fmt[0].there && k < SETS; k++) {
			leaf = it->listed[k] && k > 0;
			for (unsigned o = 1; leaf && o < SETS; o++)
				leaf = !(it->listed[o] && strncmp(set_name[o], set_name[k], strlen(set_name[k])) == 0 && set_name[o][strlen(set_name[k])] == ':');
			m += leaf;
			for (size_t j = 0; leaf && j <= n; j++) {
				assert_true(j < n);
				if (strcmp(specs[j], set_name[k]) == 0)
					break;
			}
		}
		assert_int_equal(n, m);
		while (n > 0)
			free(specs[--n]);
	}
	cat_stats(t, &s);
	assert_true(s.records == want.records && s.withdrawn == want.withdrawn && s.drafts == 0);
}

static void compare(struct world *w)
{
	struct kv_txn t;
	struct cat_set set[SETS + 4];
	struct feed_item x[ITEMS];
	int64_t a, b;
	unsigned f, s;
	size_t n, i, live;

	kv_read(w->r->catalog, &t);
	for (f = 0; f < FMT; f++) {
		for (s = 0; s < SETS; s++) {
			compare_feed(w, &t, f, s, INT64_MIN, INT64_MAX);
			a = 1700000000 + rnd(w, 210);
			b = a + rnd(w, 60);
			compare_feed(w, &t, f, s, a, b);
		}
	}
	compare_items(w, &t);
	n = cat_sets(&t, SLICE_NULL, set, SETS + 4);
	for (i = 0; i < n; i++) {
		for (s = 1; s < SETS && strcmp(set[i].spec, set_name[s]) != 0; s++)
			;
		assert_true(s < SETS);
		live = 0;
		for (size_t k = model_feed(w, 0, s, INT64_MIN, INT64_MAX, x); k > 0; k--)
			live += !x[k - 1].deleted;
		assert_int_equal(set[i].count, live);
		cat_set_release(&set[i]);
	}
	assert_int_equal(kv_end(&t, NULL), ST_OK);
}

/* The mapping of format 1 changes: all its living records get a new date, in their old order. */
static void reformat(struct world *w)
{
	struct refresh f[CAT_REFRESH_MAX];
	struct kv_txn t;
	size_t n;
	unsigned i;

	clock_set(((int64_t)1700000000 + (int64_t)w->log.n / 3 + 3) * 1000000);
	fix_reformat(w->f, ++w->version, false);
	w->r = w->f->r;
	kv_read(w->r->catalog, &t);
	n = cat_refreshes(&t, f);
	kv_end(&t, NULL);
	assert_int_equal(n, w->version - 1);
	assert_true(f[n - 1].base >= w->log.v[w->log.n - 1].no && f[n - 1].time >= w->log.v[w->log.n - 1].time);
	for (i = 0; i < ITEMS; i++)
		if (w->it[i].live && w->it[i].fmt[1].there)
			w->it[i].fmt[1] = (struct place){ true, false, f[n - 1].base + w->it[i].fmt[1].change, f[n - 1].time };
}

static st_t reset_apply(void *arg, struct kv_txn *t)
{
	cat_reset(t, arg);
	return ST_OK;
}

/* The same history again: objects (concepts) in reverse order, each object's own events in theirs. */
static void rebuild(struct world *w)
{
	struct err e = ERR_INIT;
	unsigned object;
	size_t i;

	assert_int_equal(writer_do(w->r->cat_w, reset_apply, w->r, &e), ST_OK);
	for (object = ITEMS / 3 + 1; object-- > 0;) {
		for (i = 0; i < w->log.n; i++) {
			struct put p = { w->r, &w->log.v[i], 0, 0, true };

			if (w->log.v[i].item / 3 == object && writer_do(w->r->cat_w, put_apply, &p, &e) != ST_OK)
				fail_msg("%s", e.text);
		}
	}
	assert_int_equal(cat_refresh(w->r, &e), ST_OK);
}

static void the_catalogue_answers_as_the_model_and_so_does_a_rebuilt_one(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *seed = getenv("AZEKURA_SEED");
	struct change c[8];
	struct kv_txn t;
	uint64_t last = 0;
	size_t n, i, at = 0, formats = 0;

	w->f = *state;
	w->version = 1;
	w->r = w->f->r;
	if (seed != NULL)
		w->rnd = strtoull(seed, NULL, 10);
	else
		w->rnd = (uint64_t)clock_mono_us() * 2654435761u;
	w->rnd |= 1;
	print_message("# seed %llu\n", (unsigned long long)w->rnd);
	for (i = 0; i < STEPS; i++) {
		step(w);
		if (i % 20 == 19)
			compare(w);
		if (i == STEPS / 2 || i == STEPS - 50) {
			reformat(w);
			compare(w);
		}
	}
	rebuild(w);
	compare(w);
	/* The log is whole and in order again. */
	kv_read(w->r->catalog, &t);
	while ((n = changes_after(&t, last, c, 8)) > 0) {
		for (i = 0; i < n; i++) {
			last = c[i].no;
			formats += c[i].kind == CHANGE_FORMATS;
			if (c[i].kind == CHANGE_FORMATS)
				continue;
			assert_int_equal(c[i].no, w->log.v[at].no);
			assert_true(c[i].time == w->log.v[at++].time);
		}
	}
	assert_int_equal(at, STEPS);
	assert_int_equal(formats, 2);
	assert_int_equal(changes_last(&t), last);
	kv_end(&t, NULL);
	/* And life goes on from there. */
	for (i = 0; i < 100; i++)
		step(w);
	compare(w);
	VEC_RELEASE(&w->log);
	free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(the_catalogue_answers_as_the_model_and_so_does_a_rebuilt_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
