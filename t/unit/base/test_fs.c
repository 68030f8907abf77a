#include "base/fs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "t/unit/base/scratch.h"
#include "t/unit/unit.h"

static void put(const char *dir, const char *name, const char *text)
{
	char *path = fs_join(dir, name);
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, fs_write_atomic(path, text, strlen(text), 0644, &e), &e);
	free(path);
}

static st_t get(const char *dir, const char *name, struct buf *b)
{
	char *path = fs_join(dir, name);
	struct err e = ERR_INIT;
	st_t st;

	buf_clear(b);
	st = fs_read_file(path, b, &e);
	free(path);
	return st;
}

static unsigned count_entries(const char *dir);

static void a_file_is_replaced_whole_and_leaves_no_temporary(void **state)
{
	struct buf b = BUF_INIT(1000);
	struct stat sb;
	char *path = fs_join(*state, "f");
	struct err e = ERR_INIT;

	put(*state, "f", "old");
	assert_st(ST_OK, fs_write_atomic(path, "new content", 11, 0600, &e));
	assert_st(ST_OK, get(*state, "f", &b));
	assert_buf(&b, "new content");
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(count_entries(*state), 1);
	free(path);
	buf_release(&b);
}

static void reading_respects_the_ceiling(void **state)
{
	struct buf b = BUF_INIT(5);

	put(*state, "five", "12345");
	put(*state, "six", "123456");
	put(*state, "empty", "");
	assert_st(ST_OK, get(*state, "five", &b));
	assert_buf(&b, "12345");
	assert_st(ST_TOOBIG, get(*state, "six", &b));
	assert_st(ST_OK, get(*state, "empty", &b));
	assert_int_equal(b.n, 0);
	assert_st(ST_ABSENT, get(*state, "none", &b));
	buf_release(&b);
}

static void a_large_file_reads_back_the_same(void **state)
{
	struct buf a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);
	char *path = fs_join(*state, "f");
	struct err e = ERR_INIT;
	int i;

	for (i = 0; i < 100000; i++)
		assert_st(ST_OK, buf_addf(&a, "%d,", i));
	assert_st(ST_OK, fs_write_atomic(path, a.p, a.n, 0644, &e));
	assert_st(ST_OK, fs_read_file(path, &b, &e));
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	free(path);
	buf_release(&a);
	buf_release(&b);
}

static void a_read_past_the_end_is_told_as_damage(void **state)
{
	char *path = fs_join(*state, "f"), p[8];
	struct err e = ERR_INIT;
	int fd;

	put(*state, "f", "0123456789");
	fd = open(path, O_RDONLY);
	assert_st(ST_OK, fs_pread_all(fd, p, 4, 6, &e));
	assert_memory_equal(p, "6789", 4);
	assert_st(ST_CORRUPT, fs_pread_all(fd, p, 5, 6, &e));
	close(fd);
	free(path);
}

static void folders_are_made_with_their_parents(void **state)
{
	char *deep = fs_join(*state, "a/b/c/d"), *under_file = fs_join(*state, "f/x");
	struct err e = ERR_INIT;
	struct stat sb;

	assert_st_e(ST_OK, fs_mkdirs(deep, 0700, &e), &e);
	assert_st_e(ST_OK, fs_mkdirs(deep, 0700, &e), &e);
	assert_int_equal(stat(deep, &sb), 0);
	assert_true(S_ISDIR(sb.st_mode));
	put(*state, "f", "x");
	assert_true(fs_mkdirs(under_file, 0700, &e) != ST_OK);
	free(deep);
	free(under_file);
}

static void a_new_name_never_replaces_what_is_there(void **state)
{
	struct buf b = BUF_INIT(100);
	char *from = fs_join(*state, "from"), *to = fs_join(*state, "to"), *free_name = fs_join(*state, "other");
	struct err e = ERR_INIT;

	put(*state, "from", "1");
	put(*state, "to", "2");
	assert_st(ST_CONFLICT, fs_rename_new(from, to, &e));
	assert_st(ST_OK, get(*state, "to", &b));
	assert_buf(&b, "2");
	assert_st(ST_OK, fs_rename_new(from, free_name, &e));
	assert_false(fs_exists(from));
	assert_st(ST_OK, fs_rename(free_name, to, &e));
	assert_st(ST_OK, get(*state, "to", &b));
	assert_buf(&b, "1");
	assert_st(ST_ABSENT, fs_rename(from, to, &e));
	free(from);
	free(to);
	free(free_name);
	buf_release(&b);
}

static void removing_what_is_absent_is_no_error(void **state)
{
	char *path = fs_join(*state, "f");
	struct err e = ERR_INIT;
	uint64_t size = 7;

	assert_st(ST_OK, fs_remove(path, &e));
	assert_st(ST_OK, fs_remove_tree(path, &e));
	assert_st(ST_ABSENT, fs_size(path, &size, &e));
	put(*state, "f", "abc");
	assert_st(ST_OK, fs_size(path, &size, &e));
	assert_int_equal(size, 3);
	assert_st(ST_OK, fs_remove(path, &e));
	assert_false(fs_exists(path));
	free(path);
}

static void a_tree_is_removed_without_following_links(void **state)
{
	char *tree = fs_join(*state, "tree"), *sub = fs_join(*state, "tree/sub"), *link_ = fs_join(*state, "tree/sub/out"), *keep = fs_join(*state, "keep");
	struct err e = ERR_INIT;

	assert_st(ST_OK, fs_mkdirs(sub, 0755, &e));
	assert_st(ST_OK, fs_mkdirs(keep, 0755, &e));
	put(keep, "file", "x");
	put(sub, "file", "y");
	assert_int_equal(symlink(keep, link_), 0);
	assert_st_e(ST_OK, fs_remove_tree(tree, &e), &e);
	assert_false(fs_exists(tree));
	assert_int_equal(count_entries(keep), 1);
	free(tree);
	free(sub);
	free(link_);
	free(keep);
}

struct seen { struct buf names; int left; };

static st_t see(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct seen *s = ctx;

	(void)buf_addf(&s->names, "%c%s:%d ", "fdlo"[kind], rel, kind == FS_FILE ? (int)size : 0);
	return s->left-- == 1 ? err_set(e, ST_BUSY, "enough") : ST_OK;
}

static unsigned count_entries(const char *dir)
{
	struct seen s = { BUF_INIT(10000), 0 };
	struct err e = ERR_INIT;

	assert_st_e(ST_OK, fs_walk(dir, see, &s, &e), &e);
	buf_release(&s.names);
	return (unsigned)-s.left;
}

static void a_walk_goes_in_byte_order_and_can_be_stopped(void **state)
{
	char *sub = fs_join(*state, "b"), *l = fs_join(*state, "c");
	struct seen s = { BUF_INIT(10000), 0 };
	struct err e = ERR_INIT;

	assert_st(ST_OK, fs_mkdirs(sub, 0755, &e));
	put(*state, "a", "1");
	put(*state, "Z", "22");
	put(sub, "x", "333");
	put(*state, "b.txt", "4444");
	assert_int_equal(symlink("b", l), 0);
	assert_st_e(ST_OK, fs_walk(*state, see, &s, &e), &e);
	assert_buf(&s.names, "fZ:2 fa:1 db:0 fb/x:3 fb.txt:4 lc:0 ");
	buf_clear(&s.names);
	s.left = 2;
	assert_st(ST_BUSY, fs_walk(*state, see, &s, &e));
	assert_buf(&s.names, "fZ:2 fa:1 ");
	assert_true(fs_walk("/nowhere", see, &s, &e) == ST_ABSENT);
	buf_release(&s.names);
	free(sub);
	free(l);
}

static void joining_puts_one_slash_between(void **state)
{
	static const struct { const char *a, *b, *want; } rows[] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "a//", "/b", "a/b" }, { "/", "b", "/b" }, { "a", "", "a" }, { "", "b", "b" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *s = fs_join(rows[i].a, rows[i].b);

		assert_string_equal(s, rows[i].want);
		free(s);
	}
}

static void syncing_works_on_files_and_folders(void **state)
{
	char *path = fs_join(*state, "f");
	struct err e = ERR_INIT;

	put(*state, "f", "x");
	assert_st(ST_OK, fs_sync_dir(*state, &e));
	assert_st(ST_OK, fs_sync_parent(path, &e));
	assert_st(ST_OK, fs_syncfs(*state, &e));
	assert_st(ST_ABSENT, fs_sync_dir("/nowhere", &e));
	assert_true(fs_sync_dir(path, &e) != ST_OK);
	free(path);
}

#define ON_DISK(t) cmocka_unit_test_setup_teardown(t, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DISK(a_file_is_replaced_whole_and_leaves_no_temporary),
		ON_DISK(reading_respects_the_ceiling),
		ON_DISK(a_large_file_reads_back_the_same),
		ON_DISK(a_read_past_the_end_is_told_as_damage),
		ON_DISK(folders_are_made_with_their_parents),
		ON_DISK(a_new_name_never_replaces_what_is_there),
		ON_DISK(removing_what_is_absent_is_no_error),
		ON_DISK(a_tree_is_removed_without_following_links),
		ON_DISK(a_walk_goes_in_byte_order_and_can_be_stopped),
		cmocka_unit_test(joining_puts_one_slash_between),
		ON_DISK(syncing_works_on_files_and_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
