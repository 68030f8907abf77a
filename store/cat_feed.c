/*
 * The harvest feed.
 *
 * An item has, for each kept format and for "any format", a position: the number and time of the change that last altered what a
 * harvester of that format would get, and whether that is a deletion. Positions with the same number go together as one entry, so
 * that a record put in one go needs one entry a set and not one for each of its formats. An entry's class says which formats it
 * stands for and whether as a deletion; classes are few (most items offer the same formats), and each class of each set is a list
 * of its own, ordered by change number:
 *
 *   CAT_FEED  'F' set, class, change -> id (11), datestamp (8)
 *   CAT_META  'C' mask, deleted -> class     'c' class -> mask, deleted     'f' name -> bit, crosswalk version
 *   CAT_ITEM  'P' record number -> positions, sets, sets left (see item_make())
 *   CAT_REND  'X' record number, bit -> crc (4), flags (1), change (8), datestamp (8), bytes
 *
 * A page of one format is a merge of the lists of the classes that have its bit. Nothing is skipped, so page N costs what page 1 does.
 */

#include "base/hash.h"
#include "base/log.h"
#include "store/cat_int.h"

#define REND_FIXED	21
#define F_DELETED	1
#define REND_MAX	((size_t)16 << 20)

/* ---- formats and classes ---- */

int cat_format_bit(struct kv_txn *t, const char *name)
{
	struct key k;
	struct slice v;

	key_init(&k, 'f');
	key_text(&k, slice_str(name));
	return kv_get(t, CAT_META, key_slice(&k), &v) && v.n == 5 ? (uint8_t)v.p[0] : -1;
}

static struct key class_key(uint64_t mask, bool deleted)
{
	struct key k;

	key_init(&k, 'C');
	key_u64(&k, mask);
	key_u8(&k, deleted);
	return k;
}

uint32_t cat_class(struct kv_txn *t, uint64_t mask, bool deleted)
{
	struct key k = class_key(mask, deleted);
	struct slice v;
	uint8_t p[4];
	uint32_t no;

	if (kv_get(t, CAT_META, key_slice(&k), &v) && v.n == 4)
		return get_u32(v.p);
	if (t->st != ST_OK)
		return 0;
	no = (uint32_t)cat_meta_next(t, "class-no");
	if (no > CAT_CLASSES_MAX) {
		kv_fail(t, ST_TOOBIG, "too many combinations of formats");
		return 0;
	}
	put_u32(p, no);
	kv_put(t, CAT_META, key_slice(&k), slice_of(p, 4));
	return no;
}

size_t cat_classes(struct kv_txn *t, struct feed_class *out, size_t max)
{
	struct kv_cur c;
	struct key k;
	size_t n = 0;
	bool more;

	key_init(&k, 'C');
	kv_cur_open(t, CAT_META, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && c.key.n == 10 && c.key.p[0] == 'C' && n < max; more = kv_next(&c)) {
		out[n].mask = get_u64(c.key.p + 1);
		out[n].deleted = c.key.p[9];
		out[n++].no = get_u32(c.v.p);
	}
	kv_cur_close(&c);
	return n;
}

/* ---- an item's places ---- */

struct pos { uint64_t mask, change; int64_t stamp; bool deleted; };
struct gone { uint32_t set; struct pos pos; };		/* a set the item has left: a deletion there, for good until it comes back */
struct item {
	uint32_t refreshes;		/* seen so far */
	VEC(struct pos) pos;
	set_list sets;
	VEC(struct gone) gone;
};

struct entry { uint32_t set; struct pos pos; };
typedef VEC(struct entry) entry_list;

static void item_release(struct item *it)
{
	VEC_RELEASE(&it->pos);
	VEC_RELEASE(&it->sets);
	VEC_RELEASE(&it->gone);
}

#define POS_LEN 25

static void pos_make(uint8_t p[POS_LEN], const struct pos *pos)
{
	put_u64(p, pos->mask);
	put_u64(p + 8, pos->change);
	put_u64(p + 16, (uint64_t)pos->stamp);
	p[24] = pos->deleted;
}

static struct pos pos_read(const char *p)
{
	return (struct pos){ get_u64(p), get_u64(p + 8), (int64_t)get_u64(p + 16), p[24] };
}

/* Refreshes seen (4), count of positions (1), of sets (2), of sets left (2); then those: 25, 4 and 4 + 25 bytes each. */
#define ITEM_FIXED 9

static void item_put(struct kv_txn *t, uint64_t rno, const struct item *it)
{
	struct buf b = BUF_INIT(1 << 24);
	struct key k = key_u64_of('P', rno);
	uint8_t h[ITEM_FIXED] = { 0, 0, 0, 0, (uint8_t)it->pos.n, (uint8_t)(it->sets.n >> 8), (uint8_t)it->sets.n, (uint8_t)(it->gone.n >> 8),
		(uint8_t)it->gone.n };
	uint8_t p[4 + POS_LEN];
	size_t i;

	if (it->pos.n > UINT8_MAX || it->sets.n > UINT16_MAX || it->gone.n > UINT16_MAX) {
		kv_fail(t, ST_TOOBIG, "a record in too many sets");
		return;
	}
	put_u32(h, it->refreshes);
	buf_add(&b, h, ITEM_FIXED);
	for (i = 0; i < it->pos.n; i++) {
		pos_make(p, &it->pos.v[i]);
		buf_add(&b, p, POS_LEN);
	}
	for (i = 0; i < it->sets.n; i++) {
		put_u32(p, it->sets.v[i]);
		buf_add(&b, p, 4);
	}
	for (i = 0; i < it->gone.n; i++) {
		put_u32(p, it->gone.v[i].set);
		pos_make(p + 4, &it->gone.v[i].pos);
		buf_add(&b, p, 4 + POS_LEN);
	}
	if (b.st != ST_OK)
		kv_fail(t, b.st, "a record in too many sets");
	kv_append(t, CAT_ITEM, key_slice(&k), buf_slice(&b));
	buf_release(&b);
}

static void item_get(struct kv_txn *t, uint64_t rno, struct item *it)
{
	struct key k = key_u64_of('P', rno);
	struct slice v;
	const char *p;
	size_t n_pos, n_sets, n_gone, i;
	st_t st = ST_OK;

	memset(it, 0, sizeof(*it));
	if (!kv_get(t, CAT_ITEM, key_slice(&k), &v))
		return;
	if (v.n < ITEM_FIXED)
		return;
	it->refreshes = get_u32(v.p);
	n_pos = (uint8_t)v.p[4];
	n_sets = (size_t)(uint8_t)v.p[5] << 8 | (uint8_t)v.p[6];
	n_gone = (size_t)(uint8_t)v.p[7] << 8 | (uint8_t)v.p[8];
	if (v.n != ITEM_FIXED + n_pos * POS_LEN + n_sets * 4 + n_gone * (4 + POS_LEN)) {
		kv_fail(t, ST_CORRUPT, "places in the feed are damaged; rebuild the catalogue");
		return;
	}
	p = v.p + ITEM_FIXED;
	for (i = 0; i < n_pos && st == ST_OK; i++, p += POS_LEN)
		st = VEC_PUSH(&it->pos, pos_read(p));
	for (i = 0; i < n_sets && st == ST_OK; i++, p += 4)
		st = VEC_PUSH(&it->sets, get_u32(p));
	for (i = 0; i < n_gone && st == ST_OK; i++, p += 4 + POS_LEN)
		st = VEC_PUSH(&it->gone, ((struct gone){ get_u32(p), pos_read(p + 4) }));
	if (st != ST_OK)
		kv_fail(t, st, "out of memory");
}

static void item_entries(struct kv_txn *t, const struct item *it, entry_list *out)
{
	size_t i, k;
	st_t st = ST_OK;

	for (i = 0; i <= it->sets.n; i++)
		for (k = 0; k < it->pos.n && st == ST_OK; k++)
			st = VEC_PUSH(out, ((struct entry){ i == 0 ? 0 : it->sets.v[i - 1], it->pos.v[k] }));
	for (i = 0; i < it->gone.n && st == ST_OK; i++)
		st = VEC_PUSH(out, ((struct entry){ it->gone.v[i].set, it->gone.v[i].pos }));
	if (st != ST_OK)
		kv_fail(t, st, "out of memory");
}

static bool entry_same(const struct entry *a, const struct entry *b)
{
	return a->set == b->set && a->pos.mask == b->pos.mask && a->pos.change == b->pos.change && a->pos.stamp == b->pos.stamp &&
	    a->pos.deleted == b->pos.deleted;
}

static bool entry_in(const entry_list *list, const struct entry *x)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (entry_same(&list->v[i], x))
			return true;
	return false;
}

static struct key feed_key(uint32_t set, uint32_t class, uint64_t change)
{
	struct key k;

	key_init(&k, 'F');
	key_u32(&k, set);
	key_u32(&k, class);
	key_u64(&k, change);
	return k;
}

static void entry_write(struct kv_txn *t, const struct entry *x, const char *id, bool add, struct pos *last, uint32_t *class)
{
	struct key k;
	char v[PID_LEN + 8] = { 0 };

	if (*class == 0 || last->mask != x->pos.mask || last->deleted != x->pos.deleted) {
		*class = cat_class(t, x->pos.mask, x->pos.deleted);
		*last = x->pos;
	}
	k = feed_key(x->set, *class, x->pos.change);
	if (add) {
		memcpy(v, id, strnlen(id, PID_LEN));
		put_u64(v + PID_LEN, (uint64_t)x->pos.stamp);
		if (!kv_put_new(t, CAT_FEED, key_slice(&k), slice_of(v, sizeof(v))))
			kv_fail(t, ST_INTERNAL, "change %llu stands for two records", (unsigned long long)x->pos.change);
	} else {
		kv_del(t, CAT_FEED, key_slice(&k));
	}
	cat_feed_counter_move(t, x->set, *class, add ? 1 : -1);
}

/* Replace the entries of ${old} by those of ${now}, touching only what differs. */
static void entries_change(struct kv_txn *t, const char *id, const struct item *old, const struct item *now)
{
	entry_list was = VEC_INIT, is = VEC_INIT;
	struct pos last = { 0, 0, 0, false };
	uint32_t class = 0;
	size_t i;

	item_entries(t, old, &was);
	item_entries(t, now, &is);
	for (i = 0; i < was.n && t->st == ST_OK; i++)
		if (!entry_in(&is, &was.v[i]))
			entry_write(t, &was.v[i], id, false, &last, &class);
	for (i = 0; i < is.n && t->st == ST_OK; i++)
		if (!entry_in(&was, &is.v[i]))
			entry_write(t, &is.v[i], id, true, &last, &class);
	VEC_RELEASE(&was);
	VEC_RELEASE(&is);
}

/* ---- positions ---- */

static uint64_t item_mask(const struct item *it, bool deleted)
{
	uint64_t m = 0;
	size_t i;

	for (i = 0; i < it->pos.n; i++)
		if (it->pos.v[i].deleted == deleted)
			m |= it->pos.v[i].mask;
	return m;
}

/* Move the formats of ${mask} to ${at}. */
static void item_move(struct kv_txn *t, struct item *it, uint64_t mask, struct pos at)
{
	size_t i;

	if (mask == 0)
		return;
	for (i = 0; i < it->pos.n; i++) {
		it->pos.v[i].mask &= ~mask;
		if (it->pos.v[i].mask == 0)
			it->pos.v[i--] = it->pos.v[--it->pos.n];
	}
	for (i = 0; i < it->pos.n; i++) {
		if (it->pos.v[i].change == at.change && it->pos.v[i].deleted == at.deleted) {
			it->pos.v[i].mask |= mask;
			return;
		}
	}
	at.mask = mask;
	if (VEC_PUSH(&it->pos, at) != ST_OK)
		kv_fail(t, ST_NOMEM, "out of memory");
}

static bool set_in(const set_list *l, uint32_t no)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i] == no)
			return true;
	return false;
}

/* Give ${it} the sets ${now} (taken); those it leaves keep a deletion at ${at}. True when anything differs. */
static bool item_sets(struct kv_txn *t, struct item *it, set_list *now, struct pos at)
{
	bool differs = it->sets.n != now->n;
	size_t i, k;

	at.mask = item_mask(it, false) | item_mask(it, true);
	at.deleted = true;
	for (i = 0; i < it->sets.n; i++) {
		if (set_in(now, it->sets.v[i]))
			continue;
		differs = true;
		if (at.mask != 0 && VEC_PUSH(&it->gone, ((struct gone){ it->sets.v[i], at })) != ST_OK)
			kv_fail(t, ST_NOMEM, "out of memory");
	}
	for (i = 0; i < now->n; i++)
		for (k = 0; k < it->gone.n; k++)
			if (it->gone.v[k].set == now->v[i])
				it->gone.v[k--] = it->gone.v[--it->gone.n];
	VEC_RELEASE(&it->sets);
	it->sets.v = now->v;
	it->sets.n = now->n;
	it->sets.cap = now->cap;
	memset(now, 0, sizeof(*now));
	return differs;
}

/* ---- renditions ---- */

static struct key rend_key(uint64_t rno, unsigned bit)
{
	struct key k = key_u64_of('X', rno);

	key_u8(&k, (uint8_t)bit);
	return k;
}

static uint32_t rend_crc(const uint8_t h[REND_FIXED], struct slice bytes)
{
	uint32_t crc = crc32_of(0, h + 4, REND_FIXED - 4);

	return bytes.n > 0 ? crc32_of(crc, bytes.p, bytes.n) : crc;
}

static void rend_put(struct kv_txn *t, uint64_t rno, unsigned bit, const struct pos *at, bool deleted, struct slice bytes)
{
	struct key k = rend_key(rno, bit);
	struct buf b = BUF_INIT(REND_MAX + REND_FIXED);
	uint8_t h[REND_FIXED];

	h[4] = deleted ? F_DELETED : 0;
	put_u64(h + 5, at->change);
	put_u64(h + 13, (uint64_t)at->stamp);
	put_u32(h, rend_crc(h, bytes));
	buf_reserve(&b, REND_FIXED + bytes.n);
	buf_add(&b, h, REND_FIXED);
	buf_addsl(&b, bytes);
	if (b.st != ST_OK)
		kv_fail(t, b.st, "rendition of %zu bytes", bytes.n);
	kv_append(t, CAT_REND, key_slice(&k), buf_slice(&b));
	buf_release(&b);
}

static bool rend_get(struct kv_txn *t, uint64_t rno, unsigned bit, struct slice *bytes, struct pos *at)
{
	struct key k = rend_key(rno, bit);
	struct slice v;

	if (!kv_get(t, CAT_REND, key_slice(&k), &v) || v.n < REND_FIXED)
		return false;
	at->deleted = v.p[4] & F_DELETED;
	at->change = get_u64(v.p + 5);
	at->stamp = (int64_t)get_u64(v.p + 13);
	*bytes = slice_of(v.p + REND_FIXED, v.n - REND_FIXED);
	return true;
}

/* One format of a live record: what changed is put and its bit set in ${moved} or ${ended}. ${all}: move it although its bytes stay. */
static void render_one(struct kv_txn *t, const struct repo *r, size_t i, uint64_t rno, const struct record_view *view, struct buf *out,
    const struct pos *at, bool all, uint64_t *moved, uint64_t *ended)
{
	struct cat *cat = r->cat;
	const struct format *f = cat->fmt[i].f;
	unsigned bit = cat->fmt[i].bit;
	struct slice old = SLICE_NULL;
	struct pos was;
	struct err e = ERR_INIT;
	bool had = rend_get(t, rno, bit, &old, &was), live = had && !was.deleted;
	st_t st;

	buf_clear(out);
	st = xwalk_write(r->schema, f, view, out, &e);
	if (st == ST_OK && out->n == 0)
		st = ST_UNSUPPORTED;
	if (st == ST_NOMEM) {
		kv_fail(t, st, "out of memory");
		return;
	}
	if (st != ST_OK) {
		/* Case 125: that one format fails for this record keeps neither the record out nor its other formats. */
		if (st != ST_UNSUPPORTED)
			log_warn("store", "not rendered record=%s format=%s reason=\"%s\"", view->id, f->name, e.text);
		if (live) {
			*ended |= (uint64_t)1 << bit;
			rend_put(t, rno, bit, at, true, SLICE_NULL);
		}
		return;
	}
	if (live && !all && slice_eq(old, buf_slice(out)))
		return;
	*moved |= (uint64_t)1 << bit;
	rend_put(t, rno, bit, at, false, buf_slice(out));
}

static void render_all(struct kv_txn *t, const struct repo *r, uint64_t rno, const struct rec *rec, const struct pos *at, bool all,
    uint64_t *moved, uint64_t *ended)
{
	struct cat *cat = r->cat;
	struct record_view view;
	struct buf out = BUF_INIT(REND_MAX);
	size_t i;
	st_t st;

	st = cat_view(t, rec, &view);
	if (st != ST_OK)
		kv_fail(t, st, "record '%s' cannot be viewed: %s", rec->id, st_name(st));
	for (i = 0; i < cat->n_fmt && t->st == ST_OK; i++)
		render_one(t, r, i, rno, &view, &out, at, all, moved, ended);
	buf_release(&out);
	cat_view_release(&view);
}

/* The record is no longer seen: all that lives becomes a deletion, and no bytes are kept that nobody may see. */
static void end_all(struct kv_txn *t, uint64_t rno, struct item *it, const struct pos *at)
{
	uint64_t live = item_mask(it, false);
	unsigned bit;

	for (bit = 0; bit < CAT_FORMATS_MAX; bit++)
		if (live & (uint64_t)1 << bit)
			rend_put(t, rno, bit, at, true, SLICE_NULL);
	item_move(t, it, live, (struct pos){ 0, at->change, at->stamp, true });
}

static void item_copy(struct kv_txn *t, struct item *to, const struct item *from)
{
	size_t i;
	st_t st = ST_OK;

	memset(to, 0, sizeof(*to));
	to->refreshes = from->refreshes;
	for (i = 0; i < from->pos.n && st == ST_OK; i++)
		st = VEC_PUSH(&to->pos, from->pos.v[i]);
	for (i = 0; i < from->sets.n && st == ST_OK; i++)
		st = VEC_PUSH(&to->sets, from->sets.v[i]);
	for (i = 0; i < from->gone.n && st == ST_OK; i++)
		st = VEC_PUSH(&to->gone, from->gone.v[i]);
	if (st != ST_OK)
		kv_fail(t, st, "out of memory");
}

static void earliest_put(struct kv_txn *t, int64_t stamp)
{
	struct key k = cat_meta_key("earliest");
	struct slice v;

	if (!kv_get(t, CAT_META, key_slice(&k), &v) || (int64_t)get_u64(v.p) > stamp)
		cat_meta_put_u64(t, "earliest", (uint64_t)stamp);
}

static void feed_put_live(struct kv_txn *t, struct repo *r, uint64_t rno, const struct rec *rec, struct item *it, struct pos at)
{
	set_list sets = VEC_INIT;
	uint64_t moved = CAT_ANY, ended = 0;
	bool sets_differ;

	cat_sets_for(t, r->schema, rec, &sets);
	sets_differ = item_sets(t, it, &sets, at);
	/* The header of an item names its sets: when they differ, every format's answer differs. */
	render_all(t, r, rno, rec, &at, sets_differ, &moved, &ended);
	item_move(t, it, moved, at);
	at.deleted = true;
	item_move(t, it, ended, at);
	earliest_put(t, at.stamp);
}

/* Where format ${bit} stands; false when it does not live. */
static bool item_at(const struct item *it, uint64_t mask, struct pos *out)
{
	size_t i;

	for (i = 0; i < it->pos.n; i++) {
		if ((it->pos.v[i].mask & mask) && !it->pos.v[i].deleted) {
			*out = it->pos.v[i];
			return true;
		}
	}
	return false;
}

/* Move one living format to its place after refresh ${f}; its bytes stay. */
static void refresh_place(struct kv_txn *t, uint64_t rno, struct item *it, unsigned bit, const struct refresh *f)
{
	struct buf copy = BUF_INIT(REND_MAX);
	struct slice bytes;
	struct pos was, row, at;

	if (!item_at(it, (uint64_t)1 << bit, &was) || was.change > f->span || !rend_get(t, rno, bit, &bytes, &row))
		return;
	at = (struct pos){ 0, f->base + was.change, f->time, false };
	if (buf_addsl(&copy, bytes) != ST_OK)
		kv_fail(t, copy.st, "a rendition of %zu bytes", bytes.n);
	rend_put(t, rno, bit, &at, false, buf_slice(&copy));
	buf_release(&copy);
	item_move(t, it, (uint64_t)1 << bit, at);
}

/* In a rebuild: the refreshes that came before change ${no} of the item. Otherwise there are none that it has not seen. */
static void refreshes_before(struct kv_txn *t, uint64_t rno, struct item *it, uint64_t no)
{
	struct refresh f[CAT_REFRESH_MAX];
	size_t n = cat_refreshes(t, f);
	unsigned bit;

	for (; it->refreshes < n && f[it->refreshes].base < no && t->st == ST_OK; it->refreshes++)
		for (bit = 0; bit < CAT_FORMATS_MAX; bit++)
			if (f[it->refreshes].mask & (uint64_t)1 << bit)
				refresh_place(t, rno, it, bit, &f[it->refreshes]);
}

void cat_feed_put(struct kv_txn *t, struct repo *r, uint64_t rno, const struct rec *rec)
{
	struct item old, now;
	struct pos at = { 0, rec->change, 0, false };
	bool found = false;

	item_get(t, rno, &old);
	item_copy(t, &now, &old);
	refreshes_before(t, rno, &now, rec->change);
	at.stamp = cat_change_time(t, rec->change, &found);
	if (!found)
		kv_fail(t, ST_INTERNAL, "change %llu of '%s' is not in the log", (unsigned long long)rec->change, rec->id);
	if (t->st == ST_OK && rec_is_live(rec))
		feed_put_live(t, r, rno, rec, &now, at);
	else if (t->st == ST_OK && item_mask(&old, false) != 0)
		end_all(t, rno, &now, &at);
	if (t->st == ST_OK && now.pos.n > 0) {
		entries_change(t, rec->id, &old, &now);
		item_put(t, rno, &now);
	}
	item_release(&old);
	item_release(&now);
}

void cat_render(struct kv_txn *t, struct repo *r, const struct rec *rec, int64_t stamp)
{
	struct pos at = { 0, rec->change, stamp, false };
	uint64_t rno = cat_rno(t, rec->id), moved = 0, ended = 0;
	struct item old, now;

	if (rno == 0 || !rec_is_live(rec))
		return;
	item_get(t, rno, &old);
	item_copy(t, &now, &old);
	if (t->st == ST_OK)
		render_all(t, r, rno, rec, &at, false, &moved, &ended);
	item_move(t, &now, moved, at);
	at.deleted = true;
	item_move(t, &now, ended, at);
	if (t->st == ST_OK && (moved | ended) != 0) {
		entries_change(t, rec->id, &old, &now);
		item_put(t, rno, &now);
	}
	item_release(&old);
	item_release(&now);
}

/* One format of a live record by its mapping of now. It was at its own place, or, when it is new, where the record itself stands. */
static void refresh_one(struct kv_txn *t, struct repo *r, size_t i, uint64_t rno, const struct record_view *view, struct item *it,
    const struct refresh *f)
{
	struct cat *cat = r->cat;
	uint64_t mask = (uint64_t)1 << cat->fmt[i].bit, moved = 0, ended = 0;
	struct buf out = BUF_INIT(REND_MAX);
	struct pos was, at;

	if (!(f->mask & mask) || (!item_at(it, mask, &was) && !item_at(it, CAT_ANY, &was)))
		return;
	at = (struct pos){ 0, was.change > f->span ? was.change : f->base + was.change, was.change > f->span ? was.stamp : f->time, false };
	render_one(t, r, i, rno, view, &out, &at, true, &moved, &ended);
	item_move(t, it, moved, at);
	at.deleted = true;
	item_move(t, it, ended, at);
	buf_release(&out);
}

bool cat_feed_refresh(struct kv_txn *t, struct repo *r, uint64_t rno)
{
	struct cat *cat = r->cat;
	struct refresh f[CAT_REFRESH_MAX];
	size_t n = cat_refreshes(t, f), i;
	struct record_view view = { .doc = NULL };
	struct item old, now;
	struct rec rec;
	struct err e = ERR_INIT;
	bool due;
	st_t st;

	item_get(t, rno, &old);
	due = t->st == ST_OK && old.pos.n > 0 && old.refreshes < n;
	if (!due)
		goto out;
	item_copy(t, &now, &old);
	st = cat_get_at(t, rno, &rec, &e);
	if (st == ST_OK && rec_is_live(&rec))
		st = cat_view(t, &rec, &view);
	if (st != ST_OK)
		kv_fail(t, st, "record %llu: %s", (unsigned long long)rno, e.text);
	for (; now.refreshes < n && t->st == ST_OK; now.refreshes++)
		for (i = 0; view.doc != NULL && i < cat->n_fmt; i++)
			refresh_one(t, r, i, rno, &view, &now, &f[now.refreshes]);
	if (t->st == ST_OK) {
		entries_change(t, rec.id, &old, &now);
		item_put(t, rno, &now);
	}
	cat_view_release(&view);
	rec_release(&rec);
	item_release(&now);
out:
	item_release(&old);
	return due;
}

/* ---- reading ---- */

st_t cat_rendition(struct kv_txn *t, const char *format, const char *id, struct slice *bytes, int64_t *datestamp, bool *deleted)
{
	uint64_t rno = cat_rno(t, id);
	struct key k = key_u64_of('P', rno);
	struct pos at;
	struct slice v;
	uint8_t head[REND_FIXED];
	int bit;

	*bytes = SLICE_NULL;
	if (rno == 0 || !kv_get(t, CAT_ITEM, key_slice(&k), &v))
		return t->st != ST_OK ? t->st : ST_ABSENT;
	bit = cat_format_bit(t, format);
	if (bit < 0 || !rend_get(t, rno, (unsigned)bit, bytes, &at))
		return t->st != ST_OK ? t->st : ST_UNSUPPORTED;
	memcpy(head, bytes->p - REND_FIXED, REND_FIXED);
	if (get_u32(head) != rend_crc(head, *bytes)) {
		*bytes = SLICE_NULL;
		return ST_CORRUPT;
	}
	*datestamp = at.stamp;
	*deleted = at.deleted;
	return ST_OK;
}

/* The lists a page is merged from, and the numbers it may hold. */
struct feed_lists { uint32_t set; struct feed_class cls[CAT_CLASSES_MAX]; size_t n; uint64_t lo, hi; };

static bool feed_lists(struct kv_txn *t, const char *format, struct slice set, int64_t from, int64_t until, struct feed_lists *l)
{
	uint64_t bit = CAT_ANY;
	size_t all, i;
	int b;

	memset(l, 0, offsetof(struct feed_lists, cls));
	l->n = 0;
	if (format != NULL) {
		b = cat_format_bit(t, format);
		if (b < 0)
			return false;
		bit = (uint64_t)1 << b;
	}
	if (set.n > 0) {
		l->set = cat_set_no(t, set);
		if (l->set == 0)
			return false;
	}
	all = cat_classes(t, l->cls, CAT_CLASSES_MAX);
	for (i = 0; i < all; i++)
		if ((l->cls[i].mask & bit) && cat_feed_counter(t, l->set, l->cls[i].no) > 0)
			l->cls[l->n++] = l->cls[i];
	cat_change_range(t, from, until, &l->lo, &l->hi);
	return l->n > 0 && l->lo < l->hi;
}

struct feed_cur { struct kv_cur c; struct key prefix; const struct feed_class *cls; bool more; uint64_t change; };

static void feed_cur_look(struct feed_cur *f, uint64_t hi)
{
	f->more = f->more && f->c.key.n == f->prefix.n + 8 && f->c.v.n == PID_LEN + 8 && memcmp(f->c.key.p, f->prefix.p, f->prefix.n) == 0;
	if (f->more)
		f->change = get_u64(f->c.key.p + f->prefix.n);
	f->more = f->more && f->change < hi;
}

static void feed_cur_open(struct kv_txn *t, const struct feed_lists *l, size_t i, uint64_t from, struct feed_cur *f)
{
	struct key k = feed_key(l->set, l->cls[i].no, from);

	f->cls = &l->cls[i];
	f->prefix = k;
	f->prefix.n -= 8;
	kv_cur_open(t, CAT_FEED, &f->c);
	f->more = kv_seek(&f->c, key_slice(&k));
	feed_cur_look(f, l->hi);
}

size_t cat_feed(struct kv_txn *t, const char *format, struct slice set, uint64_t after, int64_t from, int64_t until, struct feed_item *out,
    size_t max)
{
	struct feed_lists *l = malloc(sizeof(*l));
	struct feed_cur *cur = NULL, *least;
	size_t n = 0, i, open = 0;

	if (l == NULL) {
		kv_fail(t, ST_NOMEM, "out of memory");
		return 0;
	}
	if (after == UINT64_MAX || !feed_lists(t, format, set, from, until, l))
		goto out;
	cur = calloc(l->n, sizeof(*cur));
	if (cur == NULL) {
		kv_fail(t, ST_NOMEM, "out of memory");
		goto out;
	}
	for (open = 0; open < l->n; open++)
		feed_cur_open(t, l, open, after + 1 > l->lo ? after + 1 : l->lo, &cur[open]);
	while (n < max) {
		least = NULL;
		for (i = 0; i < l->n; i++)
			if (cur[i].more && (least == NULL || cur[i].change < least->change))
				least = &cur[i];
		if (least == NULL)
			break;
		out[n].change = least->change;
		memcpy(out[n].id, least->c.v.p, PID_LEN);
		out[n].id[PID_LEN] = '\0';
		out[n].datestamp = (int64_t)get_u64(least->c.v.p + PID_LEN);
		out[n++].deleted = least->cls->deleted;
		least->more = kv_next(&least->c);
		feed_cur_look(least, l->hi);
	}
out:
	for (i = 0; i < open; i++)
		kv_cur_close(&cur[i].c);
	free(cur);
	free(l);
	return t->st == ST_OK ? n : 0;
}

uint64_t cat_feed_count(struct kv_txn *t, const char *format, struct slice set, int64_t from, int64_t until)
{
	struct feed_lists *l = malloc(sizeof(*l));
	struct feed_cur f;
	uint64_t sum = 0;
	size_t i;

	if (l == NULL) {
		kv_fail(t, ST_NOMEM, "out of memory");
		return 0;
	}
	if (feed_lists(t, format, set, from, until, l)) {
		for (i = 0; i < l->n; i++) {
			if (l->lo == 0 && l->hi == UINT64_MAX) {
				sum += cat_feed_counter(t, l->set, l->cls[i].no);
				continue;
			}
			memset(&f, 0, sizeof(f));
			for (feed_cur_open(t, l, i, l->lo, &f); f.more; feed_cur_look(&f, l->hi)) {
				sum++;
				f.more = kv_next(&f.c);
			}
			kv_cur_close(&f.c);
		}
	}
	free(l);
	return sum;
}

/* "a" says nothing beside "a:b". */
static bool is_ancestor(const char *a, const char *of)
{
	size_t n = strlen(a);

	return strncmp(a, of, n) == 0 && of[n] == ':';
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t cat_sets_of(struct kv_txn *t, const char *id, char **out, size_t max)
{
	uint64_t rno = cat_rno(t, id);
	struct item it;
	VEC(char *) specs = VEC_INIT;
	struct slice spec;
	size_t i, k, n = 0;
	char *s;

	if (rno == 0)
		return 0;
	item_get(t, rno, &it);
	for (i = 0; i < it.sets.n; i++) {
		if (!cat_set_spec(t, it.sets.v[i], &spec))
			continue;
		s = slice_dup(spec);
		if (s == NULL || VEC_PUSH(&specs, s) != ST_OK) {
			kv_fail(t, ST_NOMEM, "out of memory");
			free(s);
		}
	}
	if (specs.n > 0)
		qsort(specs.v, specs.n, sizeof(*specs.v), by_text);
	for (i = 0; i < specs.n; i++) {
		bool inner = false;

		/* Sorted, an ancestor stands before its descendants; those before are freed already. */
		for (k = i + 1; k < specs.n && !inner; k++)
			inner = is_ancestor(specs.v[i], specs.v[k]);
		if (inner || n == max)
			free(specs.v[i]);
		else
			out[n++] = specs.v[i];
	}
	VEC_RELEASE(&specs);
	item_release(&it);
	return n;
}

int64_t cat_earliest(struct kv_txn *t)
{
	struct key k = cat_meta_key("earliest");
	struct slice v;

	if (kv_get(t, CAT_META, key_slice(&k), &v) && v.n == 8)
		return (int64_t)get_u64(v.p);
	return (int64_t)cat_meta_u64(t, "created");
}
