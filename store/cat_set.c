/*
 * Sets in CAT_SET:
 *   'S' spec -> number (4), flags (1), length of name (2), name, description
 *   's' number -> spec
 *   'N' number, class -> how many entries of that class its feed has (8)
 * Number 0 is the whole repository and has no row.
 */

#include <ctype.h>

#include "schema/record.h"
#include "schema/vocab.h"
#include "store/cat_int.h"

#define F_LISTED	1	/* named by somebody: listed without members too */
#define SET_FIXED	7
#define SPEC_MAX	255

static struct key set_key(struct slice spec)
{
	struct key k;

	key_init(&k, 'S');
	key_text(&k, spec);
	return k;
}

static struct key no_key(uint32_t no)
{
	struct key k;

	key_init(&k, 's');
	key_u32(&k, no);
	return k;
}

static struct key count_key(uint32_t set, uint32_t class)
{
	struct key k;

	key_init(&k, 'N');
	key_u32(&k, set);
	key_u32(&k, class);
	return k;
}

uint32_t cat_set_no(struct kv_txn *t, struct slice spec)
{
	struct key k;
	struct slice v;

	if (spec.n == 0 || spec.n > SPEC_MAX)
		return 0;
	k = set_key(spec);
	return kv_get(t, CAT_SET, key_slice(&k), &v) && v.n >= SET_FIXED ? get_u32(v.p) : 0;
}

static void set_row_put(struct kv_txn *t, struct slice spec, uint32_t no, bool listed, struct slice name, struct slice desc)
{
	struct buf row = BUF_INIT(1 << 20);
	uint8_t h[SET_FIXED];
	struct key k = set_key(spec);

	if (name.n > UINT16_MAX)
		name.n = UINT16_MAX;
	put_u32(h, no);
	h[4] = listed ? F_LISTED : 0;
	h[5] = (uint8_t)(name.n >> 8);
	h[6] = (uint8_t)name.n;
	buf_add(&row, h, SET_FIXED);
	buf_addsl(&row, name);
	buf_addsl(&row, desc);
	if (row.st != ST_OK)
		kv_fail(t, row.st, "set '%.*s': %s", (int)spec.n, spec.p, st_name(row.st));
	kv_put(t, CAT_SET, key_slice(&k), buf_slice(&row));
	buf_release(&row);
}

/* The row of a spec with its ancestors; ${name} and ${desc} NULL keep what is there. */
static uint32_t set_make(struct kv_txn *t, struct slice spec, bool listed, struct slice name, struct slice desc, bool rename)
{
	struct key k = set_key(spec);
	struct slice v;
	uint32_t no;

	if (spec.n == 0 || spec.n > SPEC_MAX) {
		kv_fail(t, ST_INVALID, "a set path of %zu bytes", spec.n);
		return 0;
	}
	if (kv_get(t, CAT_SET, key_slice(&k), &v) && v.n >= SET_FIXED) {
		no = get_u32(v.p);
		if (rename || (listed && !(v.p[4] & F_LISTED))) {
			struct buf old = BUF_INIT(1 << 20);
			size_t nn = (size_t)(uint8_t)v.p[5] << 8 | (uint8_t)v.p[6];

			/* What is borrowed from the page does not outlive the put. */
			buf_addsl(&old, v);
			if (!rename && old.st == ST_OK) {
				name = slice_of(old.p + SET_FIXED, nn);
				desc = slice_of(old.p + SET_FIXED + nn, old.n - SET_FIXED - nn);
			}
			set_row_put(t, spec, no, listed || (old.p && (old.p[4] & F_LISTED)), name, desc);
			buf_release(&old);
		}
		return no;
	}
	if (t->st != ST_OK)
		return 0;
	no = (uint32_t)cat_meta_next(t, "set-no");
	set_row_put(t, spec, no, listed, name, desc);
	k = no_key(no);
	kv_put(t, CAT_SET, key_slice(&k), spec);
	return no;
}

uint32_t cat_set_no_new(struct kv_txn *t, struct slice spec, const char *name)
{
	return set_make(t, spec, false, slice_str(name), SLICE_NULL, false);
}

bool cat_spec_ok(const char *s)
{
	bool start = true;

	if (strlen(s) > 200)
		return false;
	for (; *s != '\0'; s++) {
		if (*s == ':' && !start) {
			start = true;
			continue;
		}
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && (start || (*s != '-' && *s != '_')))
			return false;
		start = false;
	}
	return !start;
}

bool cat_spec_computed(const char *spec)
{
	size_t n = strcspn(spec, ":");

	return (n == 4 && strncmp(spec, "type", n) == 0) || (n == 6 && strncmp(spec, "access", n) == 0);
}

static bool parent_spec(struct slice *spec)
{
	while (spec->n > 0)
		if (spec->p[--spec->n] == ':')
			return spec->n > 0;
	return false;
}

void cat_set_put(struct kv_txn *t, const struct cat_set *s)
{
	struct slice spec = slice_str(s->spec), up = spec;

	set_make(t, spec, true, slice_str(s->name), slice_str(s->description), true);
	/* OAI-PMH 2.0, 2.6: a hierarchy is only one when every node of the path is a set. */
	while (parent_spec(&up))
		set_make(t, up, true, up, SLICE_NULL, false);
}

bool cat_set_spec(struct kv_txn *t, uint32_t no, struct slice *spec)
{
	struct key k = no_key(no);

	return kv_get(t, CAT_SET, key_slice(&k), spec);
}

void cat_set_counts_clear(struct kv_txn *t)
{
	struct kv_cur c;
	struct key k, first;

	key_init(&first, 'N');
	kv_cur_open(t, CAT_SET, &c);
	while (kv_seek(&c, key_slice(&first)) && c.key.p[0] == 'N') {
		memcpy(k.p, c.key.p, c.key.n);
		k.n = c.key.n;
		kv_del(t, CAT_SET, key_slice(&k));
	}
	kv_cur_close(&c);
}

/* ---- which sets a record is in ---- */

static void add_set(struct kv_txn *t, struct slice spec, const char *name, set_list *out)
{
	uint32_t no = cat_set_no_new(t, spec, name);
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->v[i] == no)
			return;
	if (no != 0 && VEC_PUSH(out, no) != ST_OK)
		kv_fail(t, ST_NOMEM, "out of memory");
}

/* "experimental data" -> "experimental-data": unreserved characters only. */
static void slug(char *out, size_t size, const char *s)
{
	size_t n = 0;
	bool gap = false;

	for (; *s != '\0' && n + 2 < size; s++) {
		if (isalnum((unsigned char)*s) && (unsigned char)*s < 128) {
			if (gap && n > 0)
				out[n++] = '-';
			out[n++] = (char)tolower((unsigned char)*s);
			gap = false;
		} else {
			gap = true;
		}
	}
	out[n] = '\0';
}

static void type_set(struct kv_txn *t, const struct schema *s, const json_t *doc, set_list *out)
{
	const struct vocab *v = s ? schema_vocab(s, "resource_types") : NULL;
	const json_t *type = json_object_get(doc, "resourceType");
	const char *label = "", *uri = json_text(type, "coar");
	char spec[SPEC_MAX] = "type:";
	size_t row;

	if (v != NULL && uri != NULL && vocab_find(v, "coar", slice_str(uri), &row))
		label = vocab_get(v, row, "label");
	if (label[0] == '\0' && json_text(type, "label") != NULL)
		label = json_text(type, "label");
	slug(spec + 5, 100, label);
	if (spec[5] == '\0')
		snprintf(spec + 5, 100, "%s", label = "other");
	add_set(t, slice_str(spec), label, out);
	add_set(t, SLICE("type"), "Resource types", out);
}

void cat_sets_for(struct kv_txn *t, const struct schema *s, const struct rec *rec, set_list *out)
{
	static const char *const access_label[] = { "open access", "embargoed access", "restricted access", "metadata only access" };
	char spec[64];
	size_t i;

	type_set(t, s, rec->doc, out);
	snprintf(spec, sizeof(spec), "access:%s", access_name(rec->access));
	add_set(t, slice_str(spec), access_label[rec->access], out);
	add_set(t, SLICE("access"), "Access rights", out);
	for (i = 0; i < rec->n_sets; i++) {
		struct slice up = slice_str(rec->sets[i]);

		do {
			add_set(t, up, "", out);	/* an empty name shows as the path */
		} while (parent_spec(&up));
	}
}

/* ---- lists ---- */

void cat_set_release(struct cat_set *s)
{
	free(s->spec);
	free(s->name);
	free(s->description);
	memset(s, 0, sizeof(*s));
}

/* Entries of the set in the feed of all formats: the living, and whether there are any at all. */
static uint64_t live_count(struct kv_txn *t, uint32_t no, const struct feed_class *cls, size_t n, bool *any)
{
	uint64_t sum = 0, v;
	size_t i;

	*any = false;
	for (i = 0; i < n; i++) {
		if (!(cls[i].mask & CAT_ANY))
			continue;
		v = cat_feed_counter(t, no, cls[i].no);
		*any = *any || v > 0;
		if (!cls[i].deleted)
			sum += v;
	}
	return sum;
}

static bool set_read(struct kv_txn *t, struct slice key, struct slice v, const struct feed_class *cls, size_t n_cls, struct cat_set *out)
{
	size_t name;
	bool any;

	memset(out, 0, sizeof(*out));
	if (v.n < SET_FIXED || key.n < 3)
		return false;
	name = (size_t)(uint8_t)v.p[5] << 8 | (uint8_t)v.p[6];
	if (SET_FIXED + name > v.n)
		return false;
	out->count = live_count(t, get_u32(v.p), cls, n_cls, &any);
	if (!any && !(v.p[4] & F_LISTED))
		return false;
	out->spec = slice_dup(slice_of(key.p + 1, key.n - 2));
	out->name = slice_dup(name > 0 ? slice_of(v.p + SET_FIXED, name) : slice_of(key.p + 1, key.n - 2));
	if (v.n > SET_FIXED + name)
		out->description = slice_dup(slice_of(v.p + SET_FIXED + name, v.n - SET_FIXED - name));
	if (out->spec == NULL || out->name == NULL) {
		cat_set_release(out);
		kv_fail(t, ST_NOMEM, "out of memory");
		return false;
	}
	return true;
}

size_t cat_sets(struct kv_txn *t, struct slice after, struct cat_set *out, size_t max)
{
	struct feed_class cls[CAT_CLASSES_MAX];
	size_t n_cls = cat_classes(t, cls, CAT_CLASSES_MAX), n = 0;
	struct kv_cur c;
	struct key k;
	bool more;

	if (after.n > SPEC_MAX)
		after.n = SPEC_MAX;
	key_init(&k, 'S');
	if (after.n > 0)
		key_text(&k, after);
	kv_cur_open(t, CAT_SET, &c);
	more = kv_seek(&c, key_slice(&k));
	if (more && after.n > 0 && slice_eq(c.key, key_slice(&k)))
		more = kv_next(&c);
	for (; more && n < max && c.key.p[0] == 'S'; more = kv_next(&c))
		n += set_read(t, c.key, c.v, cls, n_cls, &out[n]);
	kv_cur_close(&c);
	return n;
}

bool cat_set_exists(struct kv_txn *t, struct slice spec)
{
	struct feed_class cls[CAT_CLASSES_MAX];
	size_t n_cls;
	struct cat_set s;
	struct slice v;
	struct key k;
	bool yes;

	if (spec.n == 0 || spec.n > SPEC_MAX)
		return false;
	k = set_key(spec);
	if (!kv_get(t, CAT_SET, key_slice(&k), &v))
		return false;
	n_cls = cat_classes(t, cls, CAT_CLASSES_MAX);
	yes = set_read(t, key_slice(&k), v, cls, n_cls, &s);
	if (yes)
		cat_set_release(&s);
	return yes;
}

/* ---- counters ---- */

uint64_t cat_feed_counter(struct kv_txn *t, uint32_t set, uint32_t class)
{
	struct key k = count_key(set, class);
	struct slice v;

	return kv_get(t, CAT_SET, key_slice(&k), &v) && v.n == 8 ? get_u64(v.p) : 0;
}

void cat_feed_counter_move(struct kv_txn *t, uint32_t set, uint32_t class, int by)
{
	struct key k = count_key(set, class);
	uint64_t n = cat_feed_counter(t, set, class) + (uint64_t)(int64_t)by;
	uint8_t p[8];

	put_u64(p, n);
	if (n == 0)
		kv_del(t, CAT_SET, key_slice(&k));
	else
		kv_put(t, CAT_SET, key_slice(&k), slice_of(p, 8));
}
