/* Archives are listed and read through where they lie. The archives of these tests are made here, by libarchive or by hand. */

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>

#include "indexer/extract/extract.h"
#include "indexer/extract/source.h"
#include "t/unit/indexer/facts.h"

struct member { const char *name, *text; int type; size_t n; };

/* ${format}: of archive_write_set_format_by_name(); ${filter}: of archive_write_add_filter_by_name() or NULL. */
static struct buf packed(const char *format, const char *filter, const struct member *m, size_t n)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	struct archive *a = archive_write_new();
	struct archive_entry *en;
	size_t used = 0, i;

	assert_int_equal(ARCHIVE_OK, archive_write_set_format_by_name(a, format));
	if (filter)
		assert_int_equal(ARCHIVE_OK, archive_write_add_filter_by_name(a, filter));
	assert_int_equal(ST_OK, buf_reserve(&b, 8 << 20));
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(ARCHIVE_OK, archive_write_open_memory(a, b.p, 8 << 20, &used));
	for (i = 0; i < n; i++) {
		en = archive_entry_new();
		archive_entry_set_pathname(en, m[i].name);
		archive_entry_set_perm(en, 0644);
		archive_entry_set_filetype(en, m[i].type ? (unsigned)m[i].type : AE_IFREG);
		if (m[i].type == AE_IFLNK)
			archive_entry_set_symlink(en, m[i].text);
		else
			archive_entry_set_size(en, (int64_t)(m[i].n ? m[i].n : strlen(m[i].text)));
		assert_int_equal(ARCHIVE_OK, archive_write_header(a, en));
		if (m[i].type != AE_IFLNK)
			archive_write_data(a, m[i].text, m[i].n ? m[i].n : strlen(m[i].text));
		archive_entry_free(en);
	}
	assert_int_equal(ARCHIVE_OK, archive_write_close(a));
	archive_write_free(a);
	b.n = used;
	return b;
}

/* A tar that holds ${b} as its only member. */
static struct buf wrapped(const struct buf *b)
{
	struct member m = { "inner.zip", b->p, 0, b->n };

	return packed("ustar", NULL, &m, 1);
}

static json_t *read_at_will(const char *name, const void *p, size_t n)
{
	struct buf out = BUF_INIT((size_t)8 << 20);
	struct source src;
	json_t *j = NULL;

	source_mem(&src, p, n);
	assert_st(ST_OK, extract_source(&src, name, &out, NULL));
	assert_st(ST_OK, json_load(&j, buf_slice(&out), NULL));
	buf_release(&out);
	return j;
}

static const struct member two[] = { { "data/a.csv", "id,t\n1,2.5\n2,3.5\n3,\n", 0, 0 }, { "README.md", "# A heading\n\nText of the thing.\n", 0, 0 } };

static void members_are_listed_and_read(void **state)
{
	static const struct { const char *format, *filter, *name, *media; } kinds[] = {
		{ "zip", NULL, "x.zip", "application/zip" }, { "ustar", NULL, "x.tar", "application/x-tar" }, { "pax", "gzip", "x.tar.gz", "application/gzip" },
		{ "gnutar", "xz", "x.tar.xz", "application/x-xz" }, { "ustar", "zstd", "x.tar.zst", "application/zstd" }, { "ustar", "bzip2", "x.tbz", "application/x-bzip2" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct buf b = packed(kinds[i].format, kinds[i].filter, two, 2);
		json_t *j = read_at_will(kinds[i].name, b.p, b.n);

		assert_string_equal("ok", text(j, "status"));
		assert_string_equal(kinds[i].media, text(j, "media"));
		assert_int_equal(2, number(j, "archive.entries"));
		assert_string_equal("data/a.csv", text(j, "archive.members[0].path"));
		assert_string_equal("text/csv", text(j, "archive.members[0].media"));
		assert_int_equal(20, number(j, "archive.members[0].bytes"));
		assert_string_equal("data/a.csv", text(j, "tables[0].member"));
		assert_int_equal(3, number(j, "tables[0].rows"));
		assert_int_equal(1, number(j, "tables[0].columns[1].missing"));
		json_decref(j);
		buf_release(&b);
	}
}

static void a_lone_compressed_file_is_that_file(void **state)
{
	static const struct member one[] = { { "n", "id,名\n1,松\n", 0, 0 } };
	struct buf b = packed("raw", "gzip", one, 1);
	json_t *j = read_at_will("folder/木.csv.gz", b.p, b.n);

	assert_string_equal("ok", text(j, "status"));
	assert_string_equal("木.csv", text(j, "tables[0].member"));
	assert_string_equal("utf-8", text(j, "encoding"));
	assert_string_equal(",", text(j, "dialect.delimiter"));
	json_decref(j);
	buf_release(&b);
}

static void archives_in_archives_are_read_to_a_depth(void **state)
{
	static const struct member deep[] = { { "a.csv", "id,t\n1,2\n3,4\n", 0, 0 } };
	struct buf b = packed("zip", NULL, deep, 1), outer;
	unsigned depth;
	json_t *j;

	for (depth = 1; depth <= 4; depth++) {
		j = read_at_will(depth == 1 ? "x.zip" : "x.tar", b.p, b.n);
		/* The member's own status says that what lies below was not read. */
		assert_string_equal("ok", text(j, "status"));
		assert_int_equal(depth <= 3 ? 1 : 0, json_array_size(json_object_get(j, "tables")));
		json_decref(j);
		outer = wrapped(&b);
		buf_release(&b);
		b = outer;
	}
	buf_release(&b);
}

static void names_that_lead_out_are_told(void **state)
{
	static const struct member bad[] = { { "ok.csv", "a,b\n1,2\n", 0, 0 }, { "../../etc/passwd", "x", 0, 0 }, { "/abs", "x", 0, 0 }, { "link", "/etc/shadow", AE_IFLNK, 0 } };
	struct buf b = packed("ustar", NULL, bad, 4);
	json_t *j = read_at_will("x.tar", b.p, b.n);

	assert_non_null(check(j, "unsafe-path"));
	assert_non_null(check(j, "special-members"));
	assert_int_equal(4, number(j, "archive.entries"));
	assert_string_equal("unreadable", text(j, "archive.members[1].status"));
	assert_int_equal(1, json_array_size(json_object_get(j, "tables")));
	json_decref(j);
	buf_release(&b);
}

static void twins_are_told(void **state)
{
	static const struct member bad[] = { { "a.txt", "x", 0, 0 }, { "a.txt", "y", 0, 0 } };
	struct buf b = packed("ustar", NULL, bad, 2);
	json_t *j = read_at_will("x.tar", b.p, b.n);

	assert_non_null(check(j, "duplicate-paths"));
	json_decref(j);
	buf_release(&b);
}

static void cut_archives_say_so(void **state)
{
	struct buf b = packed("ustar", "gzip", two, 2);
	size_t cut;

	for (cut = 20; cut < b.n; cut += 7) {
		json_t *j = read_at_will("x.tar.gz", b.p, cut);

		/* The last bytes are only a checksum: what came before may be whole. */
		if (cut + 12 < b.n)
			assert_string_not_equal("ok", text(j, "status"));
		json_decref(j);
	}
	buf_release(&b);
}

/* 300 MB of zeros: what comes out is bounded. */
static void bombs_do_not_go_off(void **state)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	struct archive *a = archive_write_new();
	struct archive_entry *en = archive_entry_new();
	static char zeros[1 << 20];
	size_t used = 0, i;
	json_t *j;

	archive_write_set_format_raw(a);
	archive_write_add_filter_gzip(a);
	assert_st(ST_OK, buf_reserve(&b, 4 << 20));
	archive_write_open_memory(a, b.p, 4 << 20, &used);
	archive_entry_set_pathname(en, "z");
	archive_entry_set_filetype(en, AE_IFREG);
	archive_write_header(a, en);
	memset(zeros, 'a', sizeof(zeros));
	for (i = 0; i < 400; i++)
		archive_write_data(a, zeros, sizeof(zeros));
	archive_entry_free(en);
	archive_write_close(a);
	archive_write_free(a);
	b.n = used;
	j = read_at_will("z.txt.gz", b.p, b.n);
	assert_string_equal("partial", text(j, "status"));
	assert_true(number(j, "archive.bytes") < 360LL << 20);
	json_decref(j);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_listed_and_read),
		cmocka_unit_test(a_lone_compressed_file_is_that_file),
		cmocka_unit_test(archives_in_archives_are_read_to_a_depth),
		cmocka_unit_test(names_that_lead_out_are_told),
		cmocka_unit_test(twins_are_told),
		cmocka_unit_test(cut_archives_say_so),
		cmocka_unit_test(bombs_do_not_go_off),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
