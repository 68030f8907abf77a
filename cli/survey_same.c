/*
 * Files with the same bytes: first by size, then by the digest of the first block, then of all. The tables are files without names, mapped and sorted in
 * place, so that what does not fit into memory goes to the disk: 40 bytes a file.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "cli/survey.h"

#define FIRST_BLOCK	65536
#define GROUPS_TOLD	20
#define NAMES_TOLD	10
#define LINE_MAX_	16384

struct same_row { uint64_t size, at; uint8_t sum[24]; };	/* at: offset of the file's row in the state */

struct table { int fd; struct same_row *v; size_t n; FILE *out; };

static int row_order(const struct same_row *a, const struct same_row *b)
{
	int c;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	c = memcmp(a->sum, b->sum, sizeof(a->sum));
	return c != 0 ? c : a->at < b->at ? -1 : a->at > b->at;
}

static void sift(struct same_row *v, size_t i, size_t n)
{
	for (;;) {
		size_t k = 2 * i + 1;
		struct same_row t;

		if (k >= n)
			return;
		if (k + 1 < n && row_order(&v[k], &v[k + 1]) < 0)
			k++;
		if (row_order(&v[i], &v[k]) >= 0)
			return;
		t = v[i];
		v[i] = v[k];
		v[k] = t;
		i = k;
	}
}

/* Heap sort: qsort() would copy the table into memory. */
static void sort(struct same_row *v, size_t n)
{
	size_t i;

	for (i = n / 2; i > 0; i--)
		sift(v, i - 1, n);
	for (i = n; i > 1; i--) {
		struct same_row t = v[0];

		v[0] = v[i - 1];
		v[i - 1] = t;
		sift(v, 0, i - 1);
	}
}

static st_t table_new(struct table *t, const char *state, struct err *e)
{
	struct buf name = BUF_INIT(8192);
	st_t st = ST_OK;

	memset(t, 0, sizeof(*t));
	buf_addf(&name, "%s.XXXXXX", state);
	t->fd = name.st == ST_OK ? mkostemp(name.p, O_CLOEXEC) : -1;
	if (t->fd < 0)
		st = err_sys(e, "cannot make a table beside '%s'", state);
	else
		unlink(name.p);
	if (st == ST_OK && (t->out = fdopen(dup(t->fd), "w")) == NULL)
		st = ST_NOMEM;
	buf_release(&name);
	return st;
}

static st_t table_sort(struct table *t, struct err *e)
{
	struct stat sb;

	if (fflush(t->out) != 0 || fstat(t->fd, &sb) != 0)
		return err_sys(e, "cannot write a table");
	t->n = (size_t)sb.st_size / sizeof(*t->v);
	if (t->n == 0)
		return ST_OK;
	t->v = mmap(NULL, (size_t)sb.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
	if (t->v == MAP_FAILED) {
		t->v = NULL;
		return err_sys(e, "cannot map a table");
	}
	sort(t->v, t->n);
	return ST_OK;
}

static void table_free(struct table *t)
{
	if (t->v != NULL)
		munmap(t->v, t->n * sizeof(*t->v));
	if (t->out != NULL)
		fclose(t->out);
	if (t->fd >= 0)
		close(t->fd);
}

static st_t sizes(const char *state, struct table *t, struct err *e)
{
	FILE *in = fopen(state, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	uint64_t at = 0;
	st_t st = in == NULL ? err_sys(e, "cannot read '%s'", state) : ST_OK;

	while (st == ST_OK && (n = getline(&line, &cap, in)) > 0) {
		struct same_row x = { .at = at };
		struct survey_row r;

		at += (uint64_t)n;
		if (survey_row_read(slice_of(line, (size_t)n - 1), &r) && r.what == 'F' && (x.size = r.size) > 0 && fwrite(&x, sizeof(x), 1, t->out) != 1)
			st = err_sys(e, "cannot write a table");
	}
	free(line);
	if (in != NULL)
		fclose(in);
	return st;
}

/* The path of the row at ${at}; owned, raw, or NULL. */
static char *path_at(int state, uint64_t at, bool quoted)
{
	struct buf b = BUF_INIT(LINE_MAX_);
	char line[LINE_MAX_];
	ssize_t n = pread(state, line, sizeof(line), (off_t)at);
	const char *end = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
	struct survey_row r;
	char *path = NULL;

	if (end != NULL && survey_row_read(slice_of(line, (size_t)(end - line)), &r)) {
		if (quoted)
			path = slice_dup(r.path);
		else if (list_unquote(&b, r.path) == ST_OK && b.n > 0)
			path = buf_take(&b, NULL);
	}
	buf_release(&b);
	return path;
}

/* Digest of the first block, or of all. False: it cannot be read, or is no longer what it was. */
static bool digest(int root, int state, struct same_row *x, bool whole)
{
	char *path = path_at(state, x->at, false), *block = malloc(FIRST_BLOCK), hex[SHA256_HEX];
	uint8_t sum[SHA256_LEN];
	struct stat sb;
	int fd = path == NULL || block == NULL ? -1 : survey_open(root, path, 0, true);
	bool good = fd >= 0 && fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && (uint64_t)sb.st_size == x->size;
	ssize_t n;

	if (good && !whole) {
		n = pread(fd, block, FIRST_BLOCK, 0);
		good = n > 0;
		if (good)
			sha256(sum, block, (size_t)n);
	} else if (good) {
		good = file_digest(fd, hex, NULL, NULL) == ST_OK;
		if (good)
			sha256(sum, hex, 64);
	}
	if (good)
		memcpy(x->sum, sum, sizeof(x->sum));
	if (fd >= 0)
		close(fd);
	free(path);
	free(block);
	return good;
}

/* Rows of ${from} that share size and digest with another, digested again, into ${to}. */
static st_t narrow(struct table *from, struct table *to, int root, int state, bool whole, uint64_t *unread, struct err *e)
{
	size_t i, j;

	for (i = 0; i < from->n; i = j) {
		for (j = i + 1; j < from->n && from->v[j].size == from->v[i].size && memcmp(from->v[j].sum, from->v[i].sum, sizeof(from->v[i].sum)) == 0; j++)
			;
		if (j - i < 2)
			continue;
		for (; i < j; i++) {
			struct same_row x = from->v[i];
			bool good = whole && x.size <= FIRST_BLOCK ? true : digest(root, state, &x, whole);	/* the first block was all of it */

			if (!good)
				*unread += 1;
			else if (fwrite(&x, sizeof(x), 1, to->out) != 1)
				return err_sys(e, "cannot write a table");
		}
	}
	return table_sort(to, e);
}

/* Keep the groups that waste most, the largest first. */
static void tell(json_t *largest, int state, const struct same_row *v, size_t n)
{
	json_int_t waste = (json_int_t)(v[0].size * (n - 1));
	json_t *names, *one;
	size_t at = json_array_size(largest), i;

	while (at > 0 && json_integer_value(json_object_get(json_array_get(largest, at - 1), "wasted")) < waste)
		at--;
	if (at >= GROUPS_TOLD)
		return;
	names = json_array();
	for (i = 0; i < n && i < NAMES_TOLD; i++) {
		char *path = path_at(state, v[i].at, true);

		json_push(names, json_string(path == NULL ? "?" : path));
		free(path);
	}
	one = json_pack("{s:I, s:I, s:I, s:o}", "bytes", (json_int_t)v[0].size, "count", (json_int_t)n, "wasted", waste, "files", names);
	json_array_insert_new(largest, at, one);
	if (json_array_size(largest) > GROUPS_TOLD)
		json_array_remove(largest, GROUPS_TOLD);
}

static void groups(const struct table *t, int state, struct survey_same *out)
{
	size_t i, j;

	for (i = 0; i < t->n; i = j) {
		for (j = i + 1; j < t->n && t->v[j].size == t->v[i].size && memcmp(t->v[j].sum, t->v[i].sum, sizeof(t->v[i].sum)) == 0; j++)
			;
		if (j - i < 2)
			continue;
		out->groups++;
		out->files += j - i;
		out->bytes += t->v[i].size * (j - i - 1);
		tell(out->largest, state, &t->v[i], j - i);
	}
}

st_t survey_same(struct cli *c, const char *root, const char *state, struct survey_same *out, struct err *e)
{
	struct table t[3] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };
	int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rows = open(state, O_RDONLY | O_CLOEXEC);
	st_t st = root_fd < 0 || rows < 0 ? err_sys(e, "cannot open '%s'", root_fd < 0 ? root : state) : ST_OK;
	size_t i;

	(void)c;
	memset(out, 0, sizeof(*out));
	out->largest = json_array();
	for (i = 0; st == ST_OK && i < 3; i++)
		st = table_new(&t[i], state, e);
	if (st == ST_OK)
		st = sizes(state, &t[0], e);
	if (st == ST_OK)
		st = table_sort(&t[0], e);
	if (st == ST_OK)
		st = narrow(&t[0], &t[1], root_fd, rows, false, &out->unread, e);
	if (st == ST_OK)
		st = narrow(&t[1], &t[2], root_fd, rows, true, &out->unread, e);
	if (st == ST_OK)
		groups(&t[2], rows, out);
	for (i = 0; i < 3; i++)
		table_free(&t[i]);
	if (root_fd >= 0)
		close(root_fd);
	if (rows >= 0)
		close(rows);
	return st;
}
