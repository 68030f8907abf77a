#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "t/unit/store/depot.h"
#include "t/unit/store/scratch.h"

static struct err e = ERR_INIT;
#define must(x) do { st_t st_ = (x); if (st_ != ST_OK) fail_msg("%s: %s: %s", #x, st_name(st_), e.text); } while (0)

static void publish(struct repo *r, const char *id)
{
	must(deposit_publish(r, &depot_actor, id, NULL, NULL, NULL, &e));
}

static void revise(struct repo *r, const char *id, const char *title)
{
	json_t *doc = depot_doc(r, title);

	must(deposit_edit(r, &depot_actor, id, &e));
	must(deposit_save(r, &depot_actor, id, doc, 0, &e));
	json_decref(doc);
	publish(r, id);
}

/* A repository in which everything has happened. */
static struct repo *lived_in(const char *dir, char draft[PID_LEN + 1])
{
	static const char *const sets[] = { "inst:eng", "inst" };
	struct repo *r = depot_open(dir, true);
	char a[PID_LEN + 1], b[PID_LEN + 1], c[PID_LEN + 1], d[PID_LEN + 1];

	assert_non_null(r);
	must(depot_draft(r, "One", a, &e));
	must(depot_file(r, a, "x/a.csv", "1\n", 2, &e));
	must(depot_file(r, a, "x/b.csv", "1\n", 2, &e));
	publish(r, a);
	must(depot_draft(r, "Two", c, &e));
	publish(r, c);
	revise(r, a, "One, corrected");
	must(deposit_new_version(r, &depot_actor, a, b, &e));
	must(deposit_import_files(r, &depot_actor, b, &e));
	must(depot_file(r, b, "new", "2\n", 2, &e));
	publish(r, b);
	must(deposit_sets(r, &depot_actor, b, sets, 2, &e));
	must(deposit_withdraw(r, &depot_actor, c, "retracted", NULL, &e));
	must(deposit_restore(r, &depot_actor, c, &e));
	must(depot_draft(r, "Three", d, &e));
	must(depot_file(r, d, "gone", "secret\n", 7, &e));
	publish(r, d);
	must(deposit_purge(r, &depot_actor, d, "law", &e));
	must(deposit_withdraw(r, &depot_actor, c, "again", "note", &e));
	must(depot_draft(r, "Draft", draft, &e));
	must(depot_file(r, draft, "kept", "draft\n", 6, &e));
	return r;
}

static void show_rec(struct kv_txn *t, struct repo *r, const char *id, struct buf *out)
{
	struct rec rec = { .id = "" };
	struct cat_file f[16];
	char *sets[32];
	size_t n, i;

	must(cat_get(t, id, false, &rec, &e));
	buf_addf(out, "%s %s state=%d v%u r%u etag=%u change=%llu created=%lld modified=%lld published=%lld withdrawn=%lld owner=%u access=%d meta=%d "
	    "public=%d latest=%d pack=%d files=%llu bytes=%llu\n", rec.id, rec.parent, rec.state, rec.version, rec.revision, rec.etag,
	    (unsigned long long)rec.change, (long long)rec.created, (long long)rec.modified, (long long)rec.published, (long long)rec.withdrawn,
	    rec.owner, rec.access, rec.meta, rec.was_public, rec.latest, rec.in_pack, (unsigned long long)rec.files, (unsigned long long)rec.bytes);
	if (rec.doc != NULL)
		json_dump(out, rec.doc, false);
	if (rec.tomb != NULL)
		json_dump(out, rec.tomb, false);
	n = cat_files(t, id, false, SLICE_NULL, f, 16);
	for (i = 0; i < n; i++) {
		char hex[SHA256_HEX];

		hex_encode(hex, f[i].sha256, 32);
		buf_addf(out, "\n  %s %llu %s %08x %s %d %lld %s", f[i].path, (unsigned long long)f[i].size, hex, f[i].crc32, f[i].media, f[i].access,
		    (long long)f[i].modified, f[i].where);
		cat_file_release(&f[i]);
	}
	n = cat_sets_of(t, id, sets, 32);
	for (i = 0; i < n; i++) {
		buf_addf(out, "\n  set %s", sets[i]);
		free(sets[i]);
	}
	rec_release(&rec);
	buf_addc(out, '\n');
}

/* Everything that answers are made of: log, records, files, feed, renditions. */
static void show(struct repo *r, struct buf *out)
{
	struct change page[128];
	struct feed_item feed[128];
	struct kv_txn t;
	size_t n, i, k;

	kv_read(r->catalog, &t);
	n = changes_after(&t, 0, page, 128);
	for (i = 0; i < n; i++)
		buf_addf(out, "change %llu %lld %s %s %s r%u %s\n", (unsigned long long)page[i].no, (long long)page[i].time, change_name(page[i].kind),
		    page[i].id, page[i].parent, page[i].revision, page[i].actor);
	for (i = 0; i < n; i++)
		if (page[i].kind == CHANGE_PUBLISH)
			show_rec(&t, r, page[i].id, out);
	n = cat_feed(&t, NULL, SLICE_NULL, 0, INT64_MIN, INT64_MAX, feed, 128);
	for (i = 0; i < n; i++) {
		const struct format *f;

		buf_addf(out, "feed %llu %s %lld %d\n", (unsigned long long)feed[i].change, feed[i].id, (long long)feed[i].datestamp, feed[i].deleted);
		for (k = 0; (f = schema_format_at(r->schema, k)) != NULL; k++) {
			struct slice bytes;
			int64_t stamp;
			bool deleted;

			if (f->kept && cat_rendition(&t, f->name, feed[i].id, &bytes, &stamp, &deleted) == ST_OK)
				buf_addf(out, "%s %lld %d %.*s\n", f->name, (long long)stamp, deleted, (int)bytes.n, bytes.p);
		}
	}
	kv_end(&t, NULL);
}

static void same_text(const struct buf *a, const struct buf *b)
{
	size_t i;

	assert_true(a->n > 1000);
	for (i = 0; i < a->n && i < b->n && a->p[i] == b->p[i]; i++)
		;
	if (a->n != b->n || i < a->n)
		fail_msg("differs at %zu:\n  %.300s\n  %.300s", i, a->p + (i > 150 ? i - 150 : 0), b->p + (i > 150 ? i - 150 : 0));
}

static bool has_draft(struct repo *r, const char *id)
{
	struct cat_file f;
	struct kv_txn t;
	bool yes;

	kv_read(r->catalog, &t);
	yes = cat_file_get(&t, id, true, SLICE("kept"), &f, NULL) == ST_OK;
	kv_end(&t, NULL);
	if (yes)
		cat_file_release(&f);
	return yes;
}

static void rebuild_gives_byte_equal_answers(void **state)
{
	struct buf before = BUF_INIT(BUF_NOMAX), after = BUF_INIT(BUF_NOMAX);
	char draft[PID_LEN + 1];
	struct repo *r = lived_in(*state, draft);

	show(r, &before);
	must(upkeep_rebuild(r, NULL, &e));
	show(r, &after);
	same_text(&before, &after);
	assert_true(has_draft(r, draft));
	assert_int_equal(depot_fsck(r), 0);
	publish(r, draft);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
	buf_release(&before);
	buf_release(&after);
}

static void objects_alone_bring_everything_public_back(void **state)
{
	struct buf before = BUF_INIT(BUF_NOMAX), after = BUF_INIT(BUF_NOMAX);
	char draft[PID_LEN + 1], *catalog = fs_join(*state, "catalog");
	struct repo *r = lived_in(*state, draft);

	show(r, &before);
	repo_close(r);
	must(fs_remove_tree(catalog, &e));
	r = depot_open(*state, true);
	assert_non_null(r);
	must(upkeep_rebuild(r, NULL, &e));
	show(r, &after);
	same_text(&before, &after);
	assert_int_equal(depot_fsck(r), 0);
	repo_close(r);
	buf_release(&before);
	buf_release(&after);
	free(catalog);
}

static void a_backup_is_a_repository(void **state)
{
	struct buf before = BUF_INIT(BUF_NOMAX), after = BUF_INIT(BUF_NOMAX);
	char draft[PID_LEN + 1], *home = fs_join(*state, "home"), *copy = fs_join(*state, "copy");
	struct repo *r = lived_in(home, draft), *c;

	show(r, &before);
	must(upkeep_backup(r, copy, NULL, &e));
	assert_int_equal(upkeep_backup(r, copy, NULL, &e), ST_CONFLICT);
	publish(r, draft);
	c = depot_open(copy, false);
	assert_non_null(c);
	show(c, &after);
	same_text(&before, &after);
	assert_true(has_draft(c, draft));
	assert_int_equal(depot_fsck(c), 0);
	publish(c, draft);
	assert_int_equal(depot_fsck(c), 0);
	repo_close(c);
	repo_close(r);
	buf_release(&before);
	buf_release(&after);
	free(home);
	free(copy);
}

struct pick { const char *end; char path[4096]; };

static st_t pick_step(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *er)
{
	struct pick *p = ctx;

	if (kind == FS_FILE && p->path[0] == '\0' && slice_ends(slice_str(rel), p->end))
		snprintf(p->path, sizeof(p->path), "%s", path);
	return ST_OK;
}

static const char *pick(const char *dir, const char *end, struct pick *p)
{
	p->end = end;
	p->path[0] = '\0';
	must(fs_walk(dir, pick_step, p, &e));
	assert_true(p->path[0] != '\0');
	return p->path;
}

static void fsck_finds_each_kind_of_damage(void **state)
{
	char draft[PID_LEN + 1], *ocfl = fs_join(*state, "ocfl"), saved[5000];
	struct repo *r = lived_in(*state, draft);
	struct pick p;
	int fd;

	assert_int_equal(depot_fsck(r), 0);
	pick(ocfl, "x/a.csv", &p);
	assert_int_equal(chmod(p.path, 0644), 0);
	fd = open(p.path, O_WRONLY);
	assert_int_equal(pwrite(fd, "0", 1, 0), 1);
	assert_int_equal(depot_fsck(r), 1);	/* a flipped bit */
	assert_int_equal(pwrite(fd, "1", 1, 0), 1);
	close(fd);
	assert_int_equal(depot_fsck(r), 0);
	snprintf(saved, sizeof(saved), "%s.away", p.path);
	assert_int_equal(rename(p.path, saved), 0);
	assert_int_equal(depot_fsck(r), 2);	/* one missing, one that belongs nowhere */
	assert_int_equal(symlink("/etc/passwd", p.path), 0);
	assert_int_equal(depot_fsck(r), 2);	/* a link is not followed */
	assert_int_equal(unlink(p.path), 0);
	assert_int_equal(rename(saved, p.path), 0);
	pick(ocfl, "v2/inventory.json", &p);
	fd = open(p.path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, " ", 1), 1);
	close(fd);
	assert_int_equal(depot_fsck(r), 1);
	repo_close(r);
	free(ocfl);
}

static void an_object_store_that_is_not_there_is_refused(void **state)
{
	char draft[PID_LEN + 1], *ocfl = fs_join(*state, "ocfl"), *away = fs_join(*state, "away");
	struct repo *r = lived_in(*state, draft);

	repo_close(r);
	assert_int_equal(rename(ocfl, away), 0);
	assert_null(depot_open(*state, false));
	assert_int_equal(mkdir(ocfl, 0755), 0);
	assert_null(depot_open(*state, false));
	assert_int_equal(rmdir(ocfl), 0);
	assert_int_equal(rename(away, ocfl), 0);
	r = depot_open(*state, false);
	assert_non_null(r);
	repo_close(r);
	free(ocfl);
	free(away);
}

/* ---- packs ---- */

static int lines_file(const char *dir, const char *text)
{
	char *path = fs_join(dir, "lines.jsonl");
	int fd;

	fs_remove(path, NULL);
	must(fs_write_atomic(path, text, strlen(text), 0644, &e));
	fd = open(path, O_RDONLY);
	free(path);
	return fd;
}

static void import(struct repo *r, const char *dir, const char *text, struct import_result *res)
{
	int fd = lines_file(dir, text);

	must(pack_import(r, "debian", fd, NULL, NULL, NULL, res, &e));
	close(fd);
}

#define LINE(id, title) "{\"id\":\"" id "\",\"title\":\"" title "\",\"description\":\"text\",\"creators\":[\"Joho\"],\"keywords\":[\"k\"]," \
	"\"date\":\"2001-02-03\",\"lang\":\"en\",\"homepage\":\"https://example.org/\"}\n"

static void a_pack_takes_what_is_new_and_keeps_identifiers(void **state)
{
	char *home = fs_join(*state, "home");
	struct repo *r = depot_open(home, true);
	struct buf before = BUF_INIT(BUF_NOMAX), after = BUF_INIT(BUF_NOMAX);
	struct import_result res;
	struct change c[16];
	struct rec rec;
	struct kv_txn t;

	assert_non_null(r);
	import(r, *state, LINE("a", "Alpha") LINE("b", "Beta") "{broken\n" LINE("c", "Gamma") LINE("a", "Alpha again"), &res);
	assert_int_equal(res.read, 5);
	assert_int_equal(res.added, 3);
	assert_int_equal(res.changed, 1);
	assert_int_equal(res.faults, 1);
	assert_int_equal(depot_fsck(r), 0);
	import(r, *state, LINE("a", "Alpha again") LINE("b", "Beta") LINE("c", "Gamma"), &res);
	assert_int_equal(res.same, 3);
	assert_int_equal(res.added + res.changed, 0);
	import(r, *state, LINE("b", "Beta changed") LINE("d", "Delta"), &res);
	assert_int_equal(res.changed, 1);
	assert_int_equal(res.added, 1);
	kv_read(r->catalog, &t);
	assert_int_equal(changes_after(&t, 0, c, 16), 6);
	assert_string_equal(c[4].id, c[1].id);
	must(cat_get(&t, c[1].id, false, &rec, &e));
	assert_true(rec.in_pack);
	assert_int_equal(rec.revision, 2);
	rec_release(&rec);
	kv_end(&t, NULL);
	assert_int_equal(deposit_edit(r, &depot_actor, c[1].id, &e), ST_UNSUPPORTED);
	assert_int_equal(depot_fsck(r), 0);
	show(r, &before);
	must(upkeep_rebuild(r, NULL, &e));
	show(r, &after);
	same_text(&before, &after);
	import(r, *state, LINE("b", "Beta changed"), &res);
	assert_int_equal(res.same, 1);
	repo_close(r);
	buf_release(&before);
	buf_release(&after);
	free(home);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rebuild_gives_byte_equal_answers),
		T(objects_alone_bring_everything_public_back),
		T(a_backup_is_a_repository),
		T(fsck_finds_each_kind_of_damage),
		T(an_object_store_that_is_not_there_is_refused),
		T(a_pack_takes_what_is_new_and_keeps_identifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
