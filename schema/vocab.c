/*
 * Vocabularies: tables of text, a file each. The whole file is one block of memory with tabs and line ends turned into NULs; cells point into it.
 * Every column has a hash index (value to first row), so that a look-up costs the same in all of them.
 */
#include "base/fs.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "schema/schema_int.h"

#define VOCAB_FILE_MAX	(16u << 20)
#define VOCAB_COLS_MAX	32

struct vocab {
	char *name;
	char *text;			/* the file */
	const char *cols[VOCAB_COLS_MAX];
	size_t n_cols;
	const char **cells;		/* rows * n_cols */
	size_t n_rows, cap_cells;
	struct map *index[VOCAB_COLS_MAX];	/* value -> row + 1 */
};

void vocab_free(struct vocab *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->n_cols; i++)
		map_free(v->index[i], NULL);
	free(v->cells);
	free(v->text);
	free(v->name);
	free(v);
}

/* Cut the next line off ${*at}; NULL at the end. */
static char *next_line(char **at)
{
	char *line = *at, *nl;

	if (*line == '\0')
		return NULL;
	nl = strchr(line, '\n');
	if (nl != NULL) {
		*nl = '\0';
		*at = nl + 1;
		if (nl > line && nl[-1] == '\r')
			nl[-1] = '\0';
	} else {
		*at = line + strlen(line);
	}
	return line;
}

/* Split ${line} at tabs into ${out}; returns the number of cells, max + 1 when there are more. */
static size_t split(char *line, const char **out, size_t max)
{
	size_t n = 0;

	for (;;) {
		char *tab = strchr(line, '\t');

		if (n == max)
			return max + 1;
		out[n++] = line;
		if (tab == NULL)
			return n;
		*tab = '\0';
		line = tab + 1;
	}
}

static st_t add_row(struct vocab *v, char *line, size_t number, struct err *e)
{
	const char *cells[VOCAB_COLS_MAX];
	size_t n = split(line, cells, v->n_cols), base = v->n_rows * v->n_cols;

	if (n > v->n_cols)
		return err_set(e, ST_INVALID, "line %zu has more than %zu columns", number, v->n_cols);
	if (*cells[0] == '\0')
		return err_set(e, ST_INVALID, "line %zu has no id", number);
	if (map_has(v->index[0], slice_str(cells[0])))
		return err_set(e, ST_INVALID, "line %zu: id '%s' stands here twice", number, cells[0]);
	if (vec_room((void **)&v->cells, &v->cap_cells, base + v->n_cols, sizeof(*v->cells)) != ST_OK)
		return ST_NOMEM;
	for (size_t i = 0; i < v->n_cols; i++) {
		const char *c = i < n ? cells[i] : "";

		v->cells[base + i] = c;
		if (*c != '\0' && !map_has(v->index[i], slice_str(c)) &&
		    map_put(v->index[i], slice_str(c), (void *)(uintptr_t)(v->n_rows + 1), NULL) != ST_OK)
			return ST_NOMEM;
	}
	v->n_rows++;
	return ST_OK;
}

static st_t parse(struct vocab *v, struct err *e)
{
	char *at = v->text, *line;
	size_t number = 0;
	st_t st;

	while ((line = next_line(&at)) != NULL) {
		number++;
		if (*line == '#' || *line == '\0')
			continue;
		if (v->n_cols > 0) {
			if ((st = add_row(v, line, number, e)) != ST_OK)
				return st;
			continue;
		}
		v->n_cols = split(line, v->cols, VOCAB_COLS_MAX);
		if (v->n_cols > VOCAB_COLS_MAX) {
			v->n_cols = 0;
			return err_set(e, ST_INVALID, "line %zu has more than %d columns", number, VOCAB_COLS_MAX);
		}
		if (strcmp(v->cols[0], "id") != 0)
			return err_set(e, ST_INVALID, "line %zu: the first column must be 'id'", number);
		for (size_t i = 0; i < v->n_cols; i++)
			if ((v->index[i] = map_new()) == NULL)
				return ST_NOMEM;
	}
	return v->n_cols > 0 ? ST_OK : err_set(e, ST_INVALID, "no line with column names");
}

st_t vocab_load(struct vocab **out, const char *path, const char *name, struct err *e)
{
	struct vocab *v = calloc(1, sizeof(*v));
	struct buf b = BUF_INIT(VOCAB_FILE_MAX);
	size_t bad = 0;
	st_t st = ST_NOMEM;

	*out = NULL;
	if (v == NULL || (v->name = strdup(name)) == NULL)
		goto out;
	if ((st = fs_read_file(path, &b, e)) != ST_OK)
		goto out;
	if (!utf8_valid(buf_slice(&b), &bad) || (b.n > 0 && memchr(b.p, '\0', b.n) != NULL)) {
		st = err_set(e, ST_INVALID, "'%s' is not UTF-8 text (byte %zu)", path, bad);
		goto out;
	}
	if ((v->text = buf_take(&b, NULL)) == NULL) {
		st = ST_NOMEM;
		goto out;
	}
	if ((st = parse(v, e)) != ST_OK) {
		st = err_wrap(e, "vocabulary '%s'", path);
		goto out;
	}
	*out = v;
	v = NULL;
out:
	buf_release(&b);
	vocab_free(v);
	return st;
}

const char *vocab_name(const struct vocab *v)
{
	return v->name;
}

size_t vocab_count(const struct vocab *v)
{
	return v != NULL ? v->n_rows : 0;
}

static size_t column_of(const struct vocab *v, const char *column)
{
	size_t i = 0;

	while (v != NULL && i < v->n_cols && strcmp(v->cols[i], column) != 0)
		i++;
	return i;
}

const char *vocab_column(const struct vocab *v, size_t i)
{
	return v != NULL && i < v->n_cols ? v->cols[i] : NULL;
}

const char *vocab_get(const struct vocab *v, size_t row, const char *column)
{
	size_t c = column_of(v, column);

	if (v == NULL || row >= v->n_rows || c >= v->n_cols)
		return "";
	return v->cells[row * v->n_cols + c];
}

bool vocab_find(const struct vocab *v, const char *column, struct slice value, size_t *row)
{
	size_t c = column_of(v, column);
	uintptr_t at;

	if (v == NULL || c >= v->n_cols || value.n == 0)
		return false;
	at = (uintptr_t)map_get(v->index[c], value);
	if (at == 0)
		return false;
	if (row != NULL)
		*row = at - 1;
	return true;
}

const char *vocab_map(const struct vocab *v, const char *from, struct slice value, const char *to)
{
	size_t row;

	return vocab_find(v, from, value, &row) ? vocab_get(v, row, to) : "";
}

/* ---- Suggestions ---- */

/* Case and width are folded in the ASCII range only: labels are English or Japanese, and full search is the indexer's work. */
static bool prefix_fold(const char *s, struct slice q)
{
	for (size_t i = 0; i < q.n; i++) {
		char a = s[i], b = q.p[i];

		if (a >= 'A' && a <= 'Z')
			a = (char)(a + 32);
		if (b >= 'A' && b <= 'Z')
			b = (char)(b + 32);
		if (a != b)
			return false;	/* the NUL of ${s} ends here too */
	}
	return true;
}

/* 0: no; 3: equal; 2: starts with; 1: a word in it does, or, in text without blanks, it stands inside. */
static unsigned score(const char *s, struct slice q)
{
	if (prefix_fold(s, q))
		return s[q.n] == '\0' ? 3 : 2;
	for (const char *p = s; *p != '\0'; p++) {
		bool word = *p == ' ' || *p == '-' || *p == '_' || *p == '/' || *p == '(';

		bool inside = (unsigned char)p[1] >= 0xc0 && (unsigned char)q.p[0] >= 0xc0;

		if ((word || inside) && prefix_fold(p + 1, q))
			return 1;
	}
	return 0;
}

size_t vocab_suggest(const struct vocab *v, struct slice q, size_t *rows, size_t max)
{
	static const char *const where[] = { "id", "label", "label_ja", "alpha2" };
	size_t n = 0;

	q = slice_trim(q);
	for (unsigned want = 3; want >= 1 && n < max; want--) {
		for (size_t row = 0; v != NULL && row < v->n_rows && n < max; row++) {
			unsigned best = 0;

			for (size_t k = 0; k < sizeof(where) / sizeof(*where); k++) {
				unsigned now = q.n == 0 ? (k == 0 ? 3 : 0) : score(vocab_get(v, row, where[k]), q);

				best = now > best ? now : best;
			}
			if (best == want)
				rows[n++] = row;
		}
	}
	return n;
}
