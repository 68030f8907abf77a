#include "base/tar.h"

#include <stdlib.h>

#include "t/unit/unit.h"

/* What a reader was told, as text: "f PATH SIZE SHA: BYTES;" for files, the letter and path for the rest. */
struct told { struct buf text; size_t stop_after, entries; };

static st_t entry(void *ctx, const struct tar_entry *x, struct err *e)
{
	struct told *t = ctx;

	(void)e;
	buf_addf(&t->text, "%c %.*s", "fdlo"[x->kind], (int)x->path.n, x->path.p);
	if (x->kind == TAR_FILE)
		buf_addf(&t->text, " %llu %.4s:", (unsigned long long)x->size, x->sha256);
	else
		buf_addc(&t->text, ';');
	return t->stop_after > 0 && ++t->entries == t->stop_after ? ST_FULL : ST_OK;
}

static st_t data(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	return buf_add(&((struct told *)ctx)->text, p, n);
}

static st_t end(void *ctx, struct err *e)
{
	(void)e;
	return buf_adds(&((struct told *)ctx)->text, ";");
}

static const struct tar_in_fn fn = { entry, data, end };

static st_t read_in(struct slice s, size_t step, struct told *t)
{
	struct tar_in *in = tar_in_new(&fn, t);
	struct err e = ERR_INIT;
	size_t at;
	st_t st = ST_OK;

	buf_clear(&t->text);
	for (at = 0; at < s.n && st == ST_OK; at += step)
		st = tar_in_add(in, s.p + at, s.n - at < step ? s.n - at : step, &e);
	if (st == ST_OK)
		st = tar_in_end(in, &e);
	else
		assert_int_equal(tar_in_add(in, "x", 1, NULL), st);	/* it stays so */
	tar_in_free(in);
	return st;
}

static void add(struct buf *b, const char *path, const char *bytes, const char *sha)
{
	assert_st(ST_OK, tar_head(b, slice_str(path), strlen(bytes), sha));
	buf_adds(b, bytes);
	assert_st(ST_OK, tar_pad(b, strlen(bytes)));
}

static const char sha[] = "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789";

static void what_is_written_is_read_however_it_is_cut(void **state)
{
	static const size_t steps[] = { 1, 7, 511, 512, 513, 4096, 1 << 20 };
	struct buf b = BUF_INIT(1 << 20), want = BUF_INIT(1 << 16);
	struct told t = { .text = BUF_INIT(1 << 20) };
	char longest[1025];
	size_t i;

	memset(longest, 'n', 1024);
	longest[1024] = '\0';
	add(&b, "a/b.csv", "x,y\n1,2\n", sha);
	add(&b, "empty", "", NULL);
	add(&b, longest, "long", NULL);
	add(&b, "\xe9\x9b\xaa.txt", "snow", sha);
	tar_close(&b);
	buf_adds(&b, "what stands behind the end is nobody's");
	buf_addf(&want, "f a/b.csv 8 abcd:x,y\n1,2\n;f empty 0 :;f %s 4 :long;f \xe9\x9b\xaa.txt 4 abcd:snow;", longest);
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_st(ST_OK, read_in(buf_slice(&b), steps[i], &t));
		assert_string_equal(t.text.p, want.p);
	}
	buf_release(&b);
	buf_release(&want);
	buf_release(&t.text);
}

/* A header as others write it. */
static void raw(struct buf *b, const char *name, char type, const char *size, const char *magic)
{
	char h[TAR_BLOCK] = "";
	unsigned sum = 0, i;

	memcpy(h, name, strlen(name));
	memcpy(h + 124, size, strlen(size));
	h[156] = type;
	memcpy(h + 257, magic, strlen(magic));
	memset(h + 148, ' ', 8);
	for (i = 0; i < TAR_BLOCK; i++)
		sum += (uint8_t)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	buf_add(b, h, TAR_BLOCK);
}

static void padded(struct buf *b, const char *text)
{
	buf_adds(b, text);
	tar_pad(b, strlen(text));
}

static void links_devices_and_folders_are_told_apart_and_have_no_bytes(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct told t = { .text = BUF_INIT(1 << 20) };

	raw(&b, "./", '5', "00000000000", "ustar");
	raw(&b, "./d/", '5', "00000000000", "ustar");
	raw(&b, "soft", '2', "00000001000", "ustar");
	raw(&b, "hard", '1', "00000001000", "ustar");
	raw(&b, "dev", '3', "00000000000", "ustar");
	raw(&b, "fifo", '6', "00000000000", "ustar");
	raw(&b, "sparse", 'S', "00000000003", "ustar  ");
	padded(&b, "abc");
	raw(&b, "../up", '0', "00000000002", "ustar");
	padded(&b, "hi");
	assert_st(ST_OK, read_in(buf_slice(&b), 100, &t));
	assert_string_equal(t.text.p, "d ;d d/;l soft;l hard;o dev;o fifo;o sparse;f ../up 2 :hi;");
	buf_release(&b);
	buf_release(&t.text);
}

static void gnu_long_names_and_pax_are_understood_and_pax_wins(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct told t = { .text = BUF_INIT(1 << 20) };

	raw(&b, "././@LongLink", 'L', "00000000011", "ustar  ");
	padded(&b, "long/name");
	raw(&b, "long/na", '0', "00000000001", "ustar  ");
	padded(&b, "1");
	raw(&b, "g", 'g', "00000000013", "ustar");
	padded(&b, "11 path=zz\n");
	raw(&b, "p", 'x', "00000000036", "ustar");
	padded(&b, "12 path=p/q\n9 size=3\n9 mtime=0\n");
	raw(&b, "short", '0', "00000000001", "ustar");
	padded(&b, "abc");
	raw(&b, "next", '0', "00000000001", "ustar");
	padded(&b, "n");
	assert_st(ST_INVALID, read_in(buf_slice(&b), 512, &t));	/* "9 mtime=0\n" has ten bytes: its length lies */
	buf_clear(&b);
	raw(&b, "././@LongLink", 'L', "00000000011", "ustar  ");
	padded(&b, "long/name");
	raw(&b, "long/na", '0', "00000000001", "ustar  ");
	padded(&b, "1");
	raw(&b, "p", 'x', "00000000025", "ustar");
	padded(&b, "12 path=p/q\n9 size=3\n");
	raw(&b, "short", '0', "00000000001", "ustar");
	padded(&b, "abc");
	raw(&b, "next", '0', "00000000001", "ustar");
	padded(&b, "n");
	assert_st(ST_OK, read_in(buf_slice(&b), 512, &t));
	assert_string_equal(t.text.p, "f long/name 1 :1;f p/q 3 :abc;f next 1 :n;");
	buf_release(&b);
	buf_release(&t.text);
}

static void what_is_no_tar_is_refused(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct told t = { .text = BUF_INIT(1 << 20) };
	size_t whole, i;

	assert_st(ST_INVALID, read_in(SLICE_NULL, 1, &t));
	assert_st(ST_INVALID, read_in(SLICE("PK\3\4 this is a zip"), 5, &t));
	add(&b, "a", "bytes", NULL);
	whole = b.n;
	for (i = 1; i < whole; i += 13)
		if (i != 512 + 5)
			assert_st(i > 512 + 5 ? ST_OK : ST_INVALID, read_in(slice_of(b.p, i), 64, &t));
	b.p[3]++;
	assert_st(ST_INVALID, read_in(buf_slice(&b), 512, &t));
	buf_clear(&b);
	raw(&b, "huge", 'x', "77777777777", "ustar");
	assert_st(ST_INVALID, read_in(buf_slice(&b), 512, &t));
	buf_clear(&b);
	raw(&b, "negative", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "ustar");
	assert_st(ST_INVALID, read_in(buf_slice(&b), 512, &t));
	buf_release(&b);
	buf_release(&t.text);
}

static void the_receiver_can_stop_it(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct told t = { .text = BUF_INIT(1 << 20), .stop_after = 2 };

	add(&b, "a", "1", NULL);
	add(&b, "b", "2", NULL);
	add(&b, "c", "3", NULL);
	assert_st(ST_FULL, read_in(buf_slice(&b), 4096, &t));
	assert_string_equal(t.text.p, "f a 1 :1;f b 1 :");
	buf_release(&b);
	buf_release(&t.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_however_it_is_cut),
		cmocka_unit_test(links_devices_and_folders_are_told_apart_and_have_no_bytes),
		cmocka_unit_test(gnu_long_names_and_pax_are_understood_and_pax_wins),
		cmocka_unit_test(what_is_no_tar_is_refused),
		cmocka_unit_test(the_receiver_can_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
