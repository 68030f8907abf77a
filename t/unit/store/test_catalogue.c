#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "t/unit/store/fix.h"

/* ---- short hands ---- */

static json_t *doc_of(const char *title, const char *spdx, char type)
{
	json_t *doc = json_pack("{s:[{s:s}], s:{s:o}}", "titles", "value", title, "resourceType", "coar", json_sprintf("http://x/%c", type));

	if (spdx != NULL)
		json_object_set_new(doc, "rights", json_pack("[{s:s}]", "spdx", spdx));
	return doc;
}

static void rec_init(struct rec *rec, const char *id, const char *parent, uint32_t version, json_t *doc)
{
	memset(rec, 0, sizeof(*rec));
	snprintf(rec->id, sizeof(rec->id), "%s", id);
	snprintf(rec->parent, sizeof(rec->parent), "%s", parent);
	rec->state = REC_PUBLISHED;
	rec->version = version;
	rec->revision = 1;
	rec->etag = 1;
	rec->owner = 7;
	rec->created = rec->modified = rec->published = clock_now();
	rec->doc = doc;
}

struct put { struct repo *r; struct rec *rec; enum change_kind kind; uint64_t no; int64_t time; };

static st_t put_apply(void *arg, struct kv_txn *t)
{
	struct put *p = arg;
	struct change c = { .no = p->no, .time = p->time, .kind = p->kind, .revision = p->rec->revision };

	if (p->rec->state == REC_PUBLISHED || p->rec->state == REC_WITHDRAWN) {
		memcpy(c.id, p->rec->id, sizeof(c.id));
		memcpy(c.parent, p->rec->parent, sizeof(c.parent));
		snprintf(c.actor, sizeof(c.actor), "user:%u", p->rec->owner);
		change_put(t, &c);
		p->rec->change = c.no;
	}
	cat_put(t, p->r, p->rec);
	return ST_OK;
}

/* One change of a published record, or a draft saved. */
static uint64_t put(struct repo *r, struct rec *rec)
{
	struct put p = { r, rec, CHANGE_PUBLISH, 0, 0 };
	struct err e = ERR_INIT;

	if (writer_do(r->cat_w, put_apply, &p, &e) != ST_OK)
		fail_msg("%s", e.text);
	return rec->change;
}

static size_t feed(struct repo *r, const char *format, const char *set, uint64_t after, struct feed_item *out, size_t max)
{
	struct kv_txn t;
	size_t n;

	kv_read(r->catalog, &t);
	n = cat_feed(&t, format, slice_str(set), after, INT64_MIN, INT64_MAX, out, max);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	return n;
}

static uint64_t feed_count(struct repo *r, const char *format, const char *set)
{
	struct kv_txn t;
	uint64_t n;

	kv_read(r->catalog, &t);
	n = cat_feed_count(&t, format, slice_str(set), INT64_MIN, INT64_MAX);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
	return n;
}

/* ---- records ---- */

static void a_record_comes_back_as_it_was_put(void **state)
{
	struct fix *f = *state;
	struct rec rec, got;
	struct kv_txn t;
	struct slice text;
	uint32_t groups[2] = { 4, 9 };
	char *sets[2] = { (char *)"inst:eng", (char *)"z" };
	struct err e = ERR_INIT;

	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 3, doc_of("T", "MIT", 'd'));
	json_object_set_new(rec.doc, "unknown member", json_string("kept"));
	rec.revision = 2;
	rec.etag = 5;
	rec.access = ACC_EMBARGOED;
	rec.meta = META_GROUPS;
	rec.embargo_end = 1800000000;
	rec.was_public = true;
	rec.in_pack = true;
	rec.files = 3;
	rec.bytes = 1ull << 40;
	rec.groups = groups;
	rec.n_groups = 2;
	rec.sets = sets;
	rec.n_sets = 2;
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_get(&t, rec.id, false, &got, &e), ST_OK);
	assert_string_equal(got.id, rec.id);
	assert_string_equal(got.parent, rec.parent);
	assert_true(got.state == REC_PUBLISHED && got.version == 3 && got.revision == 2 && got.etag == 5 && got.owner == 7);
	assert_true(got.change == rec.change && got.created == rec.created && got.embargo_end == rec.embargo_end);
	assert_true(got.access == ACC_EMBARGOED && got.meta == META_GROUPS && got.was_public && got.in_pack && !got.is_edit && got.latest);
	assert_true(got.files == 3 && got.bytes == 1ull << 40);
	assert_true(got.n_groups == 2 && got.groups[1] == 9 && got.n_sets == 2);
	assert_string_equal(got.sets[0], "inst:eng");
	assert_true(json_equal(got.doc, rec.doc));
	rec_release(&got);
	assert_int_equal(cat_head(&t, rec.id, false, &got, &e), ST_OK);
	assert_true(got.doc == NULL && got.n_groups == 2);
	rec_release(&got);
	assert_int_equal(cat_doc(&t, rec.id, false, &text, &e), ST_OK);
	assert_true(text.n > 0 && text.p[0] == '{');
	assert_int_equal(cat_get(&t, rec.id, true, &got, &e), ST_ABSENT);
	assert_int_equal(cat_get(&t, "aaaaa-aaa02", false, &got, &e), ST_ABSENT);
	kv_end(&t, NULL);
	json_decref(rec.doc);
}

static void versions_are_listed_newest_first_and_latest_skips_the_withdrawn(void **state)
{
	struct fix *f = *state;
	struct rec rec[3];
	char ids[4][PID_LEN + 1], latest[PID_LEN + 1];
	struct kv_txn t;
	struct rec got;

	for (unsigned i = 0; i < 3; i++) {
		char id[PID_LEN + 1] = "aaaaa-aaa00";

		id[10] = (char)('1' + i);
		rec_init(&rec[i], id, "ppppp-ppp01", i + 1, doc_of("T", NULL, 'd'));
		put(f->r, &rec[i]);
	}
	rec[2].state = REC_WITHDRAWN;
	put(f->r, &rec[2]);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_versions(&t, "ppppp-ppp01", ids, 2), 3);
	assert_string_equal(ids[0], rec[2].id);
	assert_string_equal(ids[1], rec[1].id);
	assert_int_equal(cat_latest(&t, "ppppp-ppp01", latest), ST_OK);
	assert_string_equal(latest, rec[1].id);
	assert_int_equal(cat_head(&t, rec[1].id, false, &got, NULL), ST_OK);
	assert_true(got.latest);
	rec_release(&got);
	assert_int_equal(cat_head(&t, rec[0].id, false, &got, NULL), ST_OK);
	assert_false(got.latest);
	rec_release(&got);
	assert_int_equal(cat_latest(&t, "ppppp-ppp02", latest), ST_ABSENT);
	assert_int_equal(cat_kind(&t, "ppppp-ppp01"), CAT_CONCEPT);
	assert_int_equal(cat_kind(&t, rec[2].id), CAT_VERSION);
	assert_int_equal(cat_kind(&t, "ppppp-ppp02"), CAT_NONE);
	kv_end(&t, NULL);
	for (unsigned i = 0; i < 3; i++)
		json_decref(rec[i].doc);
}

struct del { struct repo *r; const char *id; };

static st_t draft_del_apply(void *arg, struct kv_txn *t)
{
	struct del *d = arg;

	cat_draft_del(t, d->r, d->id);
	return ST_OK;
}

static void drafts_are_their_owners_newest_first_and_leave_no_trace(void **state)
{
	struct fix *f = *state;
	struct rec rec;
	struct kv_txn t;
	struct cat_stats s;
	char ids[8][PID_LEN + 1];
	uint64_t after = 0;
	struct del d = { f->r, "ddddd-ddd03" };

	for (unsigned i = 0; i < 5; i++) {
		char id[PID_LEN + 1] = "ddddd-ddd00";

		id[10] = (char)('0' + i);
		rec_init(&rec, id, "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
		rec.state = REC_DRAFT;
		rec.owner = i % 2 ? 5 : 6;
		put(f->r, &rec);
		rec.etag++;
		put(f->r, &rec);
		json_decref(rec.doc);
	}
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_drafts(&t, 0, &after, ids, 3), 3);
	assert_string_equal(ids[0], "ddddd-ddd04");
	assert_int_equal(cat_drafts(&t, 0, &after, ids, 3), 2);
	assert_string_equal(ids[1], "ddddd-ddd00");
	assert_int_equal(cat_drafts(&t, 0, &after, ids, 3), 0);
	after = 0;
	assert_int_equal(cat_drafts(&t, 5, &after, ids, 8), 2);
	assert_string_equal(ids[0], "ddddd-ddd03");
	assert_int_equal(cat_draft_of(&t, "ppppp-ppp01", ids[0]), ST_OK);
	assert_int_equal(cat_kind(&t, "ppppp-ppp01"), CAT_CONCEPT);
	cat_stats(&t, &s);
	assert_int_equal(s.drafts, 5);
	assert_int_equal(s.records, 0);
	kv_end(&t, NULL);
	assert_int_equal(feed_count(f->r, NULL, ""), 0);
	assert_int_equal(writer_do(f->r->cat_w, draft_del_apply, &d, NULL), ST_OK);
	kv_read(f->r->catalog, &t);
	after = 0;
	assert_int_equal(cat_drafts(&t, 5, &after, ids, 8), 1);
	assert_int_equal(cat_kind(&t, "ddddd-ddd03"), CAT_NONE);
	cat_stats(&t, &s);
	assert_int_equal(s.drafts, 4);
	kv_end(&t, NULL);
}

static st_t damage_apply(void *arg, struct kv_txn *t)
{
	struct key k = key_u64_of('R', 1);
	struct slice v;
	char copy[4096];

	if (!kv_get(t, CAT_REC, key_slice(&k), &v))
		return ST_ABSENT;
	memcpy(copy, v.p, v.n);
	copy[v.n - *(size_t *)arg] ^= 4;
	kv_put(t, CAT_REC, key_slice(&k), slice_of(copy, v.n));
	return ST_OK;
}

static void a_flipped_bit_is_never_served(void **state)
{
	struct fix *f = *state;
	struct rec rec, got;
	struct kv_txn t;
	struct slice text;
	struct err e = ERR_INIT;
	size_t at = 3;

	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
	put(f->r, &rec);
	assert_int_equal(writer_do(f->r->cat_w, damage_apply, &at, NULL), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_get(&t, rec.id, false, &got, &e), ST_CORRUPT);
	assert_int_equal(cat_doc(&t, rec.id, false, &text, &e), ST_CORRUPT);
	assert_int_equal(cat_head(&t, rec.id, false, &got, &e), ST_OK);
	rec_release(&got);
	kv_end(&t, NULL);
	at = 100;
	assert_int_equal(writer_do(f->r->cat_w, damage_apply, &at, NULL), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_head(&t, rec.id, false, &got, &e), ST_CORRUPT);
	kv_end(&t, NULL);
	/* Putting it again, as a rebuild does, is not hindered. */
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_get(&t, rec.id, false, &got, &e), ST_OK);
	rec_release(&got);
	kv_end(&t, NULL);
	json_decref(rec.doc);
}

/* ---- files ---- */

struct files { const char *id; struct cat_file *f; size_t n; const char *del; };

static st_t files_apply(void *arg, struct kv_txn *t)
{
	struct files *x = arg;

	for (size_t i = 0; i < x->n; i++)
		cat_file_put(t, x->id, false, &x->f[i]);
	if (x->del != NULL)
		cat_file_del(t, x->id, false, slice_str(x->del));
	return ST_OK;
}

static st_t files_clear_apply(void *arg, struct kv_txn *t)
{
	cat_files_clear(t, arg, false);
	return ST_OK;
}

static void files_are_paged_by_path_and_long_twins_stay_apart(void **state)
{
	struct fix *f = *state;
	struct cat_file in[5], out[3], one;
	char path[4][1025];
	struct files x = { "aaaaa-aaa01", in, 5, NULL };
	struct kv_txn t;
	char *last = NULL;
	size_t n, seen = 0;
	struct err e = ERR_INIT;

	memset(in, 0, sizeof(in));
	memset(path, 'p', sizeof(path));
	for (unsigned i = 0; i < 4; i++) {
		path[i][1023] = (char)('a' + i);
		path[i][1024] = '\0';
		in[i].path = path[i];
		in[i].size = i;
	}
	in[4].path = (char *)"a/b.csv";
	in[4].media = (char *)"text/csv";
	in[4].where = (char *)"v1/content/a/b.csv";
	in[4].size = 1ull << 33;
	in[4].crc32 = 0xdeadbeef;
	in[4].access = ACC_RESTRICTED;
	in[4].pending = true;
	in[4].modified = 1700000000;
	memset(in[4].sha256, 0xab, 32);
	in[4].meta = json_pack("{s:s}", "objectType", "dataset");
	assert_int_equal(writer_do(f->r->cat_w, files_apply, &x, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_file_get(&t, x.id, false, SLICE("a/b.csv"), &one, &e), ST_OK);
	assert_true(one.size == 1ull << 33 && one.crc32 == 0xdeadbeef && one.access == ACC_RESTRICTED && one.pending && one.sha256[31] == 0xab);
	assert_string_equal(one.media, "text/csv");
	assert_string_equal(one.where, "v1/content/a/b.csv");
	assert_string_equal(json_text(one.meta, "objectType"), "dataset");
	cat_file_release(&one);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(cat_file_get(&t, x.id, false, slice_str(path[i]), &one, &e), ST_OK);
		assert_string_equal(one.path, path[i]);
		assert_int_equal(one.size, i);
		cat_file_release(&one);
	}
	assert_int_equal(cat_file_get(&t, x.id, true, SLICE("a/b.csv"), &one, &e), ST_ABSENT);
	do {
		n = cat_files(&t, x.id, false, slice_str(last), out, 3);
		seen += n;
		free(last);
		last = n ? strdup(out[n - 1].path) : NULL;
		for (size_t i = 0; i < n; i++)
			cat_file_release(&out[i]);
	} while (n == 3);
	free(last);
	assert_int_equal(seen, 5);
	kv_end(&t, NULL);
	x.n = 0;
	x.del = path[2];
	assert_int_equal(writer_do(f->r->cat_w, files_apply, &x, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_file_get(&t, x.id, false, slice_str(path[2]), &one, &e), ST_ABSENT);
	assert_int_equal(cat_file_get(&t, x.id, false, slice_str(path[1]), &one, &e), ST_OK);
	cat_file_release(&one);
	kv_end(&t, NULL);
	assert_int_equal(writer_do(f->r->cat_w, files_clear_apply, (void *)x.id, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_files(&t, x.id, false, SLICE_NULL, out, 3), 0);
	kv_end(&t, NULL);
	json_decref(in[4].meta);
}

/* ---- links ---- */

static void links_lead_back_and_go_with_the_relation(void **state)
{
	struct fix *f = *state;
	struct rec rec;
	struct kv_txn t;
	char ids[4][PID_LEN + 1], types[4][40], longer[3000];
	json_t *rel;

	memset(longer, 'u', sizeof(longer));
	memcpy(longer, "https://x.example/", 18);
	longer[sizeof(longer) - 1] = '\0';
	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
	rel = json_pack("[{s:s, s:{s:s, s:s}}, {s:s, s:{s:s, s:s}}]", "relationType", "IsSupplementTo", "identifier", "type", "DOI", "value",
	    "10.1234/paper", "relationType", "Cites", "identifier", "type", "URL", "value", longer);
	json_object_set_new(rec.doc, "relations", rel);
	json_object_set_new(rec.doc, "creators", json_pack("[{s:[{s:s, s:s}]}]", "nameIdentifiers", "scheme", "ORCID", "value",
	    "0000-0002-1825-0097"));
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_links_to(&t, SLICE("https://doi.org/10.1234/paper"), ids, types, 4), 1);
	assert_string_equal(ids[0], rec.id);
	assert_string_equal(types[0], "IsSupplementTo");
	assert_int_equal(cat_links_to(&t, slice_str(longer), ids, types, 4), 1);
	longer[sizeof(longer) - 2] = 'v';
	assert_int_equal(cat_links_to(&t, slice_str(longer), ids, types, 4), 0);
	assert_int_equal(cat_links_to(&t, SLICE("https://orcid.org/0000-0002-1825-0097"), ids, types, 4), 1);
	assert_string_equal(types[0], "creator");
	kv_end(&t, NULL);
	json_object_del(rec.doc, "relations");
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_links_to(&t, SLICE("https://doi.org/10.1234/paper"), ids, types, 4), 0);
	assert_int_equal(cat_links_to(&t, SLICE("https://orcid.org/0000-0002-1825-0097"), ids, types, 4), 1);
	kv_end(&t, NULL);
	rec.state = REC_WITHDRAWN;
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_links_to(&t, SLICE("https://orcid.org/0000-0002-1825-0097"), ids, types, 4), 0);
	kv_end(&t, NULL);
	json_decref(rec.doc);
}

/* ---- feed ---- */

static void a_datestamp_moves_only_with_the_bytes_of_its_format(void **state)
{
	struct fix *f = *state;
	struct rec rec;
	struct feed_item x[4];
	struct kv_txn t;
	struct slice bytes;
	int64_t stamp;
	bool deleted;
	uint64_t first, second;

	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", "MIT", 'd'));
	first = put(f->r, &rec);
	clock_set((int64_t)1700000100 * 1000000);
	json_object_set_new(rec.doc, "titles", json_pack("[{s:s}]", "value", "U"));
	second = put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "", 0, x, 4), 1);
	assert_true(x[0].change == second && x[0].datestamp == 1700000100);
	assert_int_equal(feed(f->r, "free", "", 0, x, 4), 1);
	assert_true(x[0].change == first && x[0].datestamp == 1700000000);
	assert_int_equal(feed(f->r, NULL, "", 0, x, 4), 1);
	assert_true(x[0].change == second);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_rendition(&t, "all", rec.id, &bytes, &stamp, &deleted), ST_OK);
	assert_true(stamp == 1700000100 && !deleted);
	assert_non_null(memmem(bytes.p, bytes.n, "<t>U</t>", 8));
	assert_int_equal(cat_rendition(&t, "other", rec.id, &bytes, &stamp, &deleted), ST_UNSUPPORTED);
	assert_int_equal(cat_rendition(&t, "all", "aaaaa-aaa02", &bytes, &stamp, &deleted), ST_ABSENT);
	kv_end(&t, NULL);
	json_decref(rec.doc);
}

static void a_format_that_ends_is_deleted_while_the_others_live(void **state)
{
	struct fix *f = *state;
	struct rec rec;
	struct feed_item x[4];
	struct kv_txn t;
	struct slice bytes;
	int64_t stamp;
	bool deleted;

	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", "MIT", 'd'));
	put(f->r, &rec);
	clock_set((int64_t)1700000100 * 1000000);
	json_object_del(rec.doc, "rights");
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "free", "", 0, x, 4), 1);
	assert_true(x[0].deleted && x[0].datestamp == 1700000100);
	assert_int_equal(feed(f->r, "all", "", 0, x, 4), 1);
	assert_true(!x[0].deleted && x[0].datestamp == 1700000000);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_rendition(&t, "free", rec.id, &bytes, &stamp, &deleted), ST_OK);
	assert_true(deleted && bytes.n == 0);
	kv_end(&t, NULL);
	json_decref(rec.doc);
}

static void what_is_withdrawn_or_made_private_is_a_deletion_and_can_come_back(void **state)
{
	struct fix *f = *state;
	struct rec rec;
	struct feed_item x[4];

	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
	rec.meta = META_PRIVATE;
	put(f->r, &rec);
	assert_int_equal(feed(f->r, NULL, "", 0, x, 4), 0);
	rec.meta = META_PUBLIC;
	put(f->r, &rec);
	assert_int_equal(feed(f->r, NULL, "", 0, x, 4), 1);
	assert_false(x[0].deleted);
	rec.meta = META_PRIVATE;
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "type:data-set", 0, x, 4), 1);
	assert_true(x[0].deleted && x[0].change == 3);
	rec.meta = META_PUBLIC;
	put(f->r, &rec);
	rec.state = REC_WITHDRAWN;
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "", 0, x, 4), 1);
	assert_true(x[0].deleted && x[0].change == 5);
	/* A later change of a tombstone (a purge) does not move the deletion. */
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "", 0, x, 4), 1);
	assert_true(x[0].deleted && x[0].change == 5);
	rec.state = REC_PUBLISHED;
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "access:open", 0, x, 4), 1);
	assert_true(!x[0].deleted && x[0].change == 7);
	json_decref(rec.doc);
}

static void leaving_a_set_is_a_deletion_there_and_a_new_date_everywhere(void **state)
{
	struct fix *f = *state;
	char *sets[] = { (char *)"inst:eng:mat" }, *specs[8];
	struct cat_set list[16];
	struct rec rec;
	struct feed_item x[4];
	struct kv_txn t;
	size_t n;

	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
	rec.sets = sets;
	rec.n_sets = 1;
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "inst:eng:mat", 0, x, 4), 1);
	assert_int_equal(feed(f->r, "all", "inst:eng", 0, x, 4), 1);
	assert_int_equal(feed(f->r, "all", "inst", 0, x, 4), 1);
	assert_int_equal(feed(f->r, "all", "ins", 0, x, 4), 0);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_sets_of(&t, rec.id, specs, 8), 3);
	assert_string_equal(specs[0], "access:open");
	assert_string_equal(specs[1], "inst:eng:mat");
	assert_string_equal(specs[2], "type:data-set");
	for (n = 0; n < 3; n++)
		free(specs[n]);
	n = cat_sets(&t, SLICE_NULL, list, 16);
	assert_int_equal(n, 7);
	assert_string_equal(list[0].spec, "access");
	assert_string_equal(list[6].spec, "type:data-set");
	assert_string_equal(list[6].name, "data set");
	while (n > 0) {
		assert_int_equal(list[n - 1].count, 1);
		cat_set_release(&list[--n]);
	}
	assert_true(cat_set_exists(&t, SLICE("inst:eng")));
	assert_false(cat_set_exists(&t, SLICE("inst:phy")));
	kv_end(&t, NULL);

	sets[0] = (char *)"inst:phy";
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "inst:eng:mat", 0, x, 4), 1);
	assert_true(x[0].deleted && x[0].change == 2);
	assert_int_equal(feed(f->r, "all", "inst", 0, x, 4), 1);
	assert_true(!x[0].deleted && x[0].change == 2);
	assert_int_equal(feed(f->r, "all", "", 0, x, 4), 1);
	assert_true(!x[0].deleted && x[0].change == 2);
	sets[0] = (char *)"inst:eng";
	put(f->r, &rec);
	assert_int_equal(feed(f->r, "all", "inst:eng", 0, x, 4), 1);
	assert_true(!x[0].deleted && x[0].change == 3);
	assert_int_equal(feed(f->r, "all", "inst:eng:mat", 0, x, 4), 1);
	assert_true(x[0].deleted && x[0].change == 2);
	json_decref(rec.doc);
}

static st_t set_apply(void *arg, struct kv_txn *t)
{
	cat_set_put(t, arg);
	return ST_OK;
}

static void a_named_set_is_listed_without_members_and_keeps_its_name(void **state)
{
	struct fix *f = *state;
	struct cat_set s = { (char *)"a:b", (char *)"\xe6\x83\x85\xe5\xa0\xb1", (char *)"what it is", 0 }, out[4];
	struct rec rec;
	char *sets[] = { (char *)"a:b" };
	struct kv_txn t;
	size_t n;

	assert_int_equal(writer_do(f->r->cat_w, set_apply, &s, NULL), ST_OK);
	kv_read(f->r->catalog, &t);
	n = cat_sets(&t, SLICE_NULL, out, 4);
	assert_int_equal(n, 2);
	assert_string_equal(out[0].spec, "a");
	assert_string_equal(out[1].name, s.name);
	assert_string_equal(out[1].description, s.description);
	assert_int_equal(out[1].count, 0);
	while (n > 0)
		cat_set_release(&out[--n]);
	n = cat_sets(&t, SLICE("a"), out, 4);
	assert_int_equal(n, 1);
	cat_set_release(&out[0]);
	kv_end(&t, NULL);
	rec_init(&rec, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
	rec.sets = sets;
	rec.n_sets = 1;
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	n = cat_sets(&t, SLICE("a"), out, 1);
	assert_string_equal(out[0].name, s.name);
	assert_int_equal(out[0].count, 1);
	cat_set_release(&out[0]);
	kv_end(&t, NULL);
	json_decref(rec.doc);
}

static void a_list_gives_each_unchanged_item_once_while_others_change(void **state)
{
	struct fix *f = *state;
	enum { N = 120 };
	struct rec *rec = calloc(N, sizeof(*rec));
	unsigned *seen = calloc(N, sizeof(*seen));
	struct feed_item page[7];
	uint64_t after = 0;
	size_t n, i, round = 0;

	for (i = 0; i < N; i++) {
		char id[PID_LEN + 1], parent[PID_LEN + 1];

		snprintf(id, sizeof(id), "aaaaa-%05zu", i);
		snprintf(parent, sizeof(parent), "ppppp-%05zu", i);
		rec_init(&rec[i], id, parent, 1, doc_of("T", NULL, 'd'));
		put(f->r, &rec[i]);
	}
	while ((n = feed(f->r, "all", "type", after, page, 7)) > 0 && round < 200) {
		for (i = 0; i < n; i++) {
			size_t which = strtoul(page[i].id + 6, NULL, 10);

			assert_true(page[i].change > after);
			after = page[i].change;
			seen[which]++;
		}
		/* Some already seen, some not yet: all with a number that divides by four. */
		for (i = round * 8; i < round * 8 + 8 && i < N; i += 4) {
			json_object_set_new(rec[N - 4 - i].doc, "titles", json_pack("[{s:s}]", "value", "changed"));
			put(f->r, &rec[N - 4 - i]);
		}
		round++;
	}
	for (i = 0; i < N; i++) {
		if (i % 4 != 0)
			assert_int_equal(seen[i], 1);
		else
			assert_true(seen[i] >= 1);
		json_decref(rec[i].doc);
	}
	free(rec);
	free(seen);
}

static void dates_never_run_backwards_and_select_a_range(void **state)
{
	struct fix *f = *state;
	static const int64_t clock[] = { 100, 100, 50, 200, 3000000000, 300, 300 };
	struct feed_item x[8];
	struct kv_txn t;
	struct rec rec;
	size_t i, n;

	for (i = 0; i < 7; i++) {
		char id[PID_LEN + 1] = "aaaaa-aaa00";

		id[10] = (char)('0' + i);
		clock_set(clock[i] * 1000000);
		rec_init(&rec, id, id, 1, doc_of("T", NULL, 'd'));
		put(f->r, &rec);
		json_decref(rec.doc);
	}
	kv_read(f->r->catalog, &t);
	n = cat_feed(&t, "all", SLICE_NULL, 0, INT64_MIN, INT64_MAX, x, 8);
	assert_int_equal(n, 7);
	for (i = 1; i < n; i++)
		assert_true(x[i].datestamp >= x[i - 1].datestamp);
	assert_int_equal(cat_feed(&t, "all", SLICE_NULL, 0, 100, 100, x, 8), 3);
	assert_int_equal(cat_feed_count(&t, "all", SLICE_NULL, 100, 100), 3);
	assert_int_equal(cat_feed(&t, "all", SLICE_NULL, 0, 101, 199, x, 8), 0);
	assert_int_equal(cat_feed_count(&t, "all", SLICE_NULL, 101, INT64_MAX), 4);
	assert_int_equal(cat_feed(&t, "all", SLICE_NULL, 0, 101, INT64_MAX, x, 8), 4);
	assert_int_equal(cat_feed(&t, "all", SLICE_NULL, 1, INT64_MIN, 200, x, 8), 3);
	assert_int_equal(cat_feed(&t, "all", SLICE_NULL, 0, INT64_MIN, 99, x, 8), 0);
	assert_int_equal(cat_earliest(&t), 100);
	kv_end(&t, NULL);
}

static void a_new_format_takes_in_the_records_that_were_there(void **state)
{
	struct fix *f = *state;
	struct rec rec[3];
	struct feed_item x[4];
	struct kv_txn t;
	struct slice bytes;
	int64_t stamp;
	bool deleted;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		char id[PID_LEN + 1] = "aaaaa-aaa00";

		id[10] = (char)('0' + i);
		rec_init(&rec[i], id, id, 1, doc_of("T", NULL, 'd'));
		put(f->r, &rec[i]);
	}
	rec[1].state = REC_WITHDRAWN;
	put(f->r, &rec[1]);
	assert_int_equal(feed(f->r, "more", "", 0, x, 4), 0);
	clock_set((int64_t)1700000500 * 1000000);
	fix_reformat(f, 1, true);
	n = feed(f->r, "more", "type", 0, x, 4);
	assert_int_equal(n, 2);
	assert_true(!strcmp(x[0].id, rec[0].id) && !strcmp(x[1].id, rec[2].id) && !x[0].deleted);
	assert_true(x[0].datestamp == 1700000500 && x[0].change > 4);
	n = feed(f->r, "all", "type", 0, x, 4);
	assert_true(n == 3 && x[0].datestamp == 1700000000);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_rendition(&t, "more", rec[2].id, &bytes, &stamp, &deleted), ST_OK);
	assert_true(!deleted && stamp == 1700000500 && slice_starts(bytes, "<m"));
	assert_int_equal(cat_feed_count(&t, "more", SLICE_NULL, 1700000500, 1700000500), 2);
	kv_end(&t, NULL);
	/* Opened again, nothing is left to do. */
	fix_reformat(f, 1, true);
	assert_int_equal(feed(f->r, "more", "", x[2].change, x, 4), 2);
	kv_read(f->r->catalog, &t);
	assert_int_equal(changes_last(&t), 8);
	kv_end(&t, NULL);
	for (i = 0; i < 3; i++)
		json_decref(rec[i].doc);
}

static void one_number_for_two_records_is_refused(void **state)
{
	struct fix *f = *state;
	struct rec a, b;
	struct put p = { f->r, &b, CHANGE_PUBLISH, 1, 100 };

	rec_init(&a, "aaaaa-aaa01", "ppppp-ppp01", 1, doc_of("T", NULL, 'd'));
	rec_init(&b, "aaaaa-aaa02", "ppppp-ppp02", 1, doc_of("T", NULL, 'd'));
	put(f->r, &a);
	assert_int_equal(writer_do(f->r->cat_w, put_apply, &p, NULL), ST_INTERNAL);
	json_decref(a.doc);
	json_decref(b.doc);
}

static st_t purge_apply(void *arg, struct kv_txn *t)
{
	struct del *d = arg;

	cat_purge(t, d->r, d->id);
	return ST_OK;
}

static void purge_leaves_the_tombstone_and_nothing_of_the_document(void **state)
{
	struct fix *f = *state;
	struct rec rec, got;
	struct del d = { f->r, "aaaaa-aaa01" };
	struct kv_txn t;
	struct feed_item x[2];
	struct err e = ERR_INIT;

	rec_init(&rec, d.id, "ppppp-ppp01", 1, doc_of("secret words", NULL, 'd'));
	put(f->r, &rec);
	assert_int_equal(writer_do(f->r->cat_w, purge_apply, &d, NULL), ST_CONFLICT);
	rec.state = REC_WITHDRAWN;
	rec.tomb = json_pack("{s:s}", "reason", "law");
	put(f->r, &rec);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_get(&t, d.id, false, &got, &e), ST_OK);
	assert_non_null(got.doc);
	rec_release(&got);
	kv_end(&t, NULL);
	assert_int_equal(writer_do(f->r->cat_w, purge_apply, &d, &e), ST_OK);
	kv_read(f->r->catalog, &t);
	assert_int_equal(cat_get(&t, d.id, false, &got, &e), ST_OK);
	assert_null(got.doc);
	assert_string_equal(json_text(got.tomb, "reason"), "law");
	rec_release(&got);
	kv_end(&t, NULL);
	assert_int_equal(feed(f->r, "all", "", 0, x, 2), 1);
	assert_true(x[0].deleted && x[0].change == 2);
	json_decref(rec.doc);
	json_decref(rec.tomb);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(a_record_comes_back_as_it_was_put),
		F(versions_are_listed_newest_first_and_latest_skips_the_withdrawn),
		F(drafts_are_their_owners_newest_first_and_leave_no_trace),
		F(a_flipped_bit_is_never_served),
		F(files_are_paged_by_path_and_long_twins_stay_apart),
		F(links_lead_back_and_go_with_the_relation),
		F(a_datestamp_moves_only_with_the_bytes_of_its_format),
		F(a_format_that_ends_is_deleted_while_the_others_live),
		F(what_is_withdrawn_or_made_private_is_a_deletion_and_can_come_back),
		F(leaving_a_set_is_a_deletion_there_and_a_new_date_everywhere),
		F(a_named_set_is_listed_without_members_and_keeps_its_name),
		F(a_list_gives_each_unchanged_item_once_while_others_change),
		F(dates_never_run_backwards_and_select_a_range),
		F(a_new_format_takes_in_the_records_that_were_there),
		F(one_number_for_two_records_is_refused),
		F(purge_leaves_the_tombstone_and_nothing_of_the_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
