/* What is inside files, for a terminal: the same parts in the same order as on the landing page. */

#include "cli/show.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/term.h"

#define LINE_MAX	((size_t)64 << 10)
#define TABLES_SHOWN	20
#define COLUMNS_SHOWN	200
#define FINDINGS_SHOWN	50
#define MEMBERS_SHOWN	20
#define HIST_COLUMNS	8
#define CURVE_COLUMNS	64

static bool ascii;		/* one thread, one record at a time */

static const char *sign(const char *utf8, const char *plain)
{
	return ascii ? plain : utf8;
}

/* A line is put together here and then printed. */
static struct buf line = BUF_INIT(LINE_MAX);

static void add(const char *s)
{
	buf_adds(&line, s);
}

static void add_text(const json_t *j, const char *key)
{
	term_text(&line, slice_str(json_text(j, key)));
}

static void flush(const char *head, unsigned indent)
{
	if (head[0] == '\n')
		putchar(*head++);
	term_wrap(stdout, head, indent, buf_slice(&line));
	buf_release(&line);
	buf_init(&line, LINE_MAX);
}

static long long number_of(const json_t *j, const char *key)
{
	return (long long)json_integer_value(json_object_get(j, key));
}

/* As many digits as ${room} columns hold. */
static void add_number(const json_t *v, unsigned room)
{
	char out[64];
	int digits;

	if (json_is_string(v)) {
		term_text(&line, json_slice(v));
		return;
	}
	if (!json_is_number(v))
		return;
	if (json_is_integer(v) && (unsigned)snprintf(out, sizeof(out), "%lld", (long long)json_integer_value(v)) <= room) {
		add(out);
		return;
	}
	for (digits = 5; digits > 0; digits--)
		if ((unsigned)snprintf(out, sizeof(out), "%.*g", digits, json_number_value(v)) <= room)
			break;
	add(out);
}

/* ---- A table: of columns, of variables ---- */

enum { W_NAME = 17, W_TYPE = 7, W_UNIT = 8, W_COUNT = 7, W_VALUE = 8 };

/* Fill with blanks to column ${to}, at least one. */
static void add_blanks(unsigned to)
{
	unsigned at = term_width(buf_slice(&line));

	do
		add(" ");
	while (++at < to);
}

static void add_right(const json_t *v, unsigned room)
{
	struct buf kept = line;
	unsigned n;

	buf_init(&line, LINE_MAX);
	add_number(v, room);
	n = term_width(buf_slice(&line));
	buf_addf(&kept, " %*s", (int)(n < room ? room - n : 0), "");
	buf_addsl(&kept, buf_slice(&line));
	buf_release(&line);
	line = kept;
}

static void heads(const char *first)
{
	buf_addf(&line, "  %-*s %-*s %-*s %*s %*s %*s %*s", W_NAME, first, W_TYPE, "type", W_UNIT, "unit", W_COUNT, "missing", W_VALUE, "min", W_VALUE, "mean", W_VALUE, "max");
	printf("%s\n", line.p);
	buf_clear(&line);
}

static void print_row(void)
{
	while (line.n > 0 && line.p[line.n - 1] == ' ')
		line.n--;
	printf("%.*s\n", (int)line.n, line.p);
	buf_clear(&line);
}

/* Counts put together to HIST_COLUMNS bars or fewer. */
static void add_histogram(const json_t *col)
{
	json_t *counts = json_at(col, "histogram.counts"), *one;
	size_t n = json_array_size(counts), each = (n + HIST_COLUMNS - 1) / HIST_COLUMNS, i;
	double v[HIST_COLUMNS] = { 0 }, most = 0;

	if (n == 0)
		return;
	json_array_foreach(counts, i, one)
		v[i / each] += json_number_value(one);
	for (i = 0; i < HIST_COLUMNS; i++)
		most = fmax(most, v[i]);
	add(" ");
	term_bars(&line, v, (n + each - 1) / each, most, ascii);
}

static const char *type_word(const json_t *c)
{
	const char *type = json_text(c, "type");

	if (type == NULL)
		return "";
	return strcmp(type, "boolean") == 0 ? "yes/no" : strcmp(type, "datetime") == 0 ? "time" : strcmp(type, "string") == 0 ? "text" : type;
}

/* What has no room in a column of its own goes below. */
static void print_more(void)
{
	if (line.n > 0)
		flush("", 6);
}

static void add_part(const char *what)
{
	if (line.n > 0)
		add("; ");
	add(what);
}

/* One column or variable: a name, what it is and its numbers. */
static void put_row(const json_t *c, const char *type)
{
	struct buf name = BUF_INIT(LINE_MAX), unit = BUF_INIT(LINE_MAX);
	bool numbers = json_is_number(json_object_get(c, "min")), long_unit, long_type = strlen(type) > W_TYPE;

	term_text(&name, slice_str(json_text(c, "name")));
	term_text(&unit, slice_str(json_text(c, "unit")));
	long_unit = term_width(buf_slice(&unit)) > W_UNIT;
	if (term_width(buf_slice(&name)) > W_NAME) {
		term_wrap(stdout, "", 2, buf_slice(&name));
		buf_clear(&name);
	}
	add("  ");
	buf_addsl(&line, buf_slice(&name));
	add_blanks(2 + W_NAME + 1);
	add(long_type ? "" : type);
	add_blanks(2 + W_NAME + 1 + W_TYPE + 1);
	if (!long_unit)
		buf_addsl(&line, buf_slice(&unit));
	add_blanks(2 + W_NAME + 1 + W_TYPE + 1 + W_UNIT);
	add_right(json_object_get(c, "missing"), W_COUNT);
	add_right(numbers ? json_object_get(c, "min") : NULL, W_VALUE);
	add_right(numbers ? json_object_get(c, "mean") : NULL, W_VALUE);
	add_right(numbers ? json_object_get(c, "max") : NULL, W_VALUE);
	add_histogram(c);
	print_row();
	if (long_type)
		add(type);
	if (long_unit) {
		add_part("unit ");
		buf_addsl(&line, buf_slice(&unit));
	}
	buf_release(&name);
	buf_release(&unit);
}

static void add_top(const json_t *c)
{
	json_t *top = json_object_get(c, "top"), *one;
	size_t i;

	if (json_object_get(c, "histogram") != NULL || number_of(c, "distinct") < 1)
		return;
	add_part(json_is_false(json_object_get(c, "distinctExact")) ? "about " : "");
	buf_addf(&line, "%lld different", number_of(c, "distinct"));
	if (number_of(json_array_get(top, 0), "count") < 2)
		return;
	json_array_foreach(top, i, one) {
		struct slice value = json_slice(json_object_get(one, "value"));

		if (i == 3)
			break;
		add(i == 0 ? ": " : ", ");
		term_text(&line, utf8_clip(value, 60));
		add(value.n > 60 ? "..." : "");
		buf_addf(&line, " %s%lld", sign("×", "x"), number_of(one, "count"));
	}
}

static void put_column(const json_t *c, bool in_time)
{
	json_t *trend = json_object_get(c, "trend"), *one;
	double v[CURVE_COLUMNS], low = INFINITY, high = -INFINITY;
	size_t i;

	put_row(c, type_word(c));
	if (json_text(c, "label")) {
		add_part("");
		add_text(c, "label");
	}
	if (json_is_string(json_object_get(c, "min"))) {
		add_part("from ");
		add_text(c, "min");
		add(" to ");
		add_text(c, "max");
	}
	add_top(c);
	if (json_text(c, "personal")) {
		add_part("personal data? ");
		add_text(c, "personal");
	}
	print_more();
	if (!in_time || json_array_size(trend) < 4 || json_array_size(trend) > CURVE_COLUMNS)
		return;
	json_array_foreach(trend, i, one) {
		v[i] = json_is_number(one) ? json_number_value(one) : NAN;
		low = fmin(low, v[i]);
		high = fmax(high, v[i]);
	}
	if (!(high > low))
		return;
	for (i = 0; i < json_array_size(trend); i++)
		v[i] = (v[i] - low) / (high - low) + 0.01;
	add("      in time ");
	term_bars(&line, v, json_array_size(trend), 1.01, ascii);
	print_row();
}

static void put_table(const json_t *t)
{
	json_t *cols = json_object_get(t, "columns"), *c;
	const char *first = json_text(json_array_get(cols, 0), "type"), *second = json_text(json_array_get(cols, 1), "type");
	bool in_time = (first != NULL && strncmp(first, "date", 4) == 0) || (second != NULL && strncmp(second, "date", 4) == 0);
	size_t i;

	add_text(t, "path");
	if (json_text(t, "member") != NULL) {
		add(" / ");
		add_text(t, "member");
	}
	if (json_text(t, "name") != NULL && json_text(t, "name")[0] != '\0') {
		add(" / ");
		add_text(t, "name");
	}
	buf_addf(&line, ": %lld row%s, %zu column%s", number_of(t, "rows"), number_of(t, "rows") == 1 ? "" : "s", json_array_size(cols), json_array_size(cols) == 1 ? "" : "s");
	if (json_text(t, "encoding") != NULL && strcmp(json_text(t, "encoding"), "utf-8") != 0 && strcmp(json_text(t, "encoding"), "us-ascii") != 0) {
		add(", ");
		add_text(t, "encoding");
	}
	flush("\ntable", 9);
	heads("column");
	json_array_foreach(cols, i, c) {
		if (i == COLUMNS_SHOWN)
			break;
		put_column(c, in_time);
	}
	if (json_array_size(cols) > COLUMNS_SHOWN)
		printf("  %zu more columns: --json gives all\n", json_array_size(cols) - COLUMNS_SHOWN);
}

static void add_format(const json_t *entry)
{
	const json_t *f = json_object_get(entry, "format");

	if (json_text(f, "name") == NULL)
		return;
	add_part("");
	add_text(f, "name");
	if (json_text(f, "version")) {
		add(" ");
		add_text(f, "version");
	}
}

static void add_path(const json_t *entry)
{
	add_text(entry, "path");
}

static void put_arrays(const json_t *list)
{
	json_t *one, *v, *n, *shape, *names;
	size_t i, k, j;

	json_array_foreach(list, i, one) {
		add_path(one);
		add_format(one);
		flush("\narray", 9);
		heads("variable");
		json_array_foreach(json_object_get(one, "variables"), k, v) {
			const char *type = json_text(v, "dtype") ? json_text(v, "dtype") : type_word(v), *label = json_text(v, "label") ? "label" : "standardName";

			put_row(v, type);
			shape = json_object_get(v, "shape");
			names = json_object_get(v, "dimensions");
			json_array_foreach(shape, j, n) {
				if (j == 0)
					add_part("");
				add(j > 0 ? sign(" × ", " x ") : "");
				if (json_is_string(json_array_get(names, j))) {
					term_text(&line, json_slice(json_array_get(names, j)));
					add(" ");
				}
				buf_addf(&line, "%lld", (long long)json_integer_value(n));
			}
			if (json_text(v, label)) {
				add_part("");
				add_text(v, label);
			}
			print_more();
		}
		if (number_of(one, "more") > 0)
			printf("  %lld more variables\n", number_of(one, "more"));
	}
}

/* ---- Where and when ---- */

static void add_degrees(const char *what, const json_t *from, const json_t *to)
{
	add(what);
	add_number(from, 10);
	if (json_number_value(from) != json_number_value(to)) {
		add(" to ");
		add_number(to, 10);
	}
	add(sign("°", " degrees"));
}

static void put_place(const json_t *facts)
{
	json_t *box = json_at(facts, "geo.bbox"), *one;
	size_t i;

	if (json_text(json_object_get(facts, "time"), "start") || json_text(json_object_get(facts, "time"), "end")) {
		add_text(json_object_get(facts, "time"), "start");
		if (!json_equal(json_at(facts, "time.start"), json_at(facts, "time.end"))) {
			add(" to ");
			add_text(json_object_get(facts, "time"), "end");
		}
		flush("when", 9);
	}
	if (json_array_size(box) != 4)
		return;
	add_degrees("longitude ", json_array_get(box, 0), json_array_get(box, 2));
	add_degrees(", latitude ", json_array_get(box, 1), json_array_get(box, 3));
	json_array_foreach(json_at(facts, "geo.places"), i, one) {
		add(i == 0 ? "; in " : ", ");
		add_text(one, "label");
	}
	flush("where", 9);
}

/* ---- What a variable measures ---- */

static void put_concepts(const json_t *vars)
{
	json_t *one, *c;
	size_t i, shown = 0;

	json_array_foreach(vars, i, one) {
		c = json_array_get(json_object_get(one, "concepts"), 0);
		if (c == NULL || shown == TABLES_SHOWN)
			continue;
		add_text(one, "name");
		add(" is ");
		add_text(c, "label");
		add(" (");
		add_text(c, "vocabulary");
		if (json_text(c, "decision"))
			add(", confirmed");
		else
			buf_addf(&line, ", %s, %.2g", json_text(c, "how") ? json_text(c, "how") : "", json_number_value(json_object_get(c, "score")));
		add(")");
		flush(shown++ == 0 ? "\nmeasures" : "", 9);
	}
}

/* ---- Pictures, curves, crystals, documents, archives, the rest ---- */

static void put_pictures(const json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const json_t *image = json_object_get(one, "image");

		add_path(one);
		if (number_of(image, "width") > 0) {
			add_part("");
			buf_addf(&line, "%lld %s %lld pixels", number_of(image, "width"), sign("×", "x"), number_of(image, "height"));
		}
		add_format(one);
		flush(i == 0 ? "\npicture" : "", 9);
	}
}

static void axis(const json_t *a, const char *other)
{
	const char *label = json_text(a, "label");

	if (label != NULL && label[0] != '\0')
		term_text(&line, slice_str(label));
	else
		add(other);
	if (json_text(a, "unit") && json_text(a, "unit")[0] != '\0') {
		add(" [");
		add_text(a, "unit");
		add("]");
	}
}

/* The first series, drawn by the highest value of equal stretches of x. */
static void put_curve(const json_t *plot)
{
	json_t *points = json_object_get(json_array_get(json_object_get(plot, "series"), 0), "points"), *p;
	double v[CURVE_COLUMNS], from = INFINITY, to = -INFINITY, low = INFINITY, high = -INFINITY;
	size_t i;

	for (i = 0; i < CURVE_COLUMNS; i++)
		v[i] = NAN;
	json_array_foreach(points, i, p) {
		from = fmin(from, json_number_value(json_array_get(p, 0)));
		to = fmax(to, json_number_value(json_array_get(p, 0)));
		low = fmin(low, json_number_value(json_array_get(p, 1)));
		high = fmax(high, json_number_value(json_array_get(p, 1)));
	}
	if (json_array_size(points) < 2 || !(to > from) || !isfinite(to - from) || !isfinite(high - low))
		return;
	json_array_foreach(points, i, p) {
		double *at = &v[(size_t)((json_number_value(json_array_get(p, 0)) - from) / (to - from) * (CURVE_COLUMNS - 1))];

		*at = fmax(*at, json_number_value(json_array_get(p, 1)));
	}
	for (i = 0; i < CURVE_COLUMNS; i++)
		v[i] = high > low ? (v[i] - low) / (high - low) + 0.01 : 1;
	add("         ");
	term_bars(&line, v, CURVE_COLUMNS, 1.01, ascii);
	print_row();
	axis(json_object_get(plot, "x"), "x");
	buf_addf(&line, " %.6g to %.6g, ", from, to);
	axis(json_object_get(plot, "y"), "y");
	buf_addf(&line, " %.6g to %.6g", low, high);
	if (json_array_size(json_object_get(plot, "series")) > 1)
		buf_addf(&line, "; the first of %zu curves", json_array_size(json_object_get(plot, "series")));
	flush("", 9);
}

static void put_plots(const json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		add_path(one);
		flush("\ncurve", 9);
		put_curve(json_object_get(one, "plot"));
	}
}

static void put_crystals(const json_t *list)
{
	static const struct { const char *key, *sign, *plain; } cell[] = {
		{ "a", "a", "a" }, { "b", "b", "b" }, { "c", "c", "c" }, { "alpha", "α", "alpha" }, { "beta", "β", "beta" }, { "gamma", "γ", "gamma" }, { "volume", "V", "V" },
	};
	json_t *one, *c, *v;
	size_t i, k;

	json_array_foreach(list, i, one) {
		c = json_object_get(one, "crystal");
		add_path(one);
		if (json_text(c, "formula")) {
			add("; formula ");
			add_text(c, "formula");
		}
		if (json_text(c, "spaceGroup")) {
			add("; space group ");
			add_text(c, "spaceGroup");
			if (number_of(c, "spaceGroupNumber") > 0)
				buf_addf(&line, " (%lld)", number_of(c, "spaceGroupNumber"));
		}
		for (k = 0; k < sizeof(cell) / sizeof(cell[0]); k++) {
			if (!json_is_number(v = json_object_get(json_object_get(c, "cell"), cell[k].key)))
				continue;
			add(k == 0 ? "; cell " : ", ");
			buf_addf(&line, "%s = ", sign(cell[k].sign, cell[k].plain));
			add_number(v, 10);
			add(k < 3 ? sign(" Å", " angstrom") : k < 6 ? sign("°", " degrees") : sign(" Å³", " angstrom^3"));
		}
		flush("\ncrystal", 9);
	}
}

static void put_documents(const json_t *list)
{
	static const struct { const char *key, *one, *more; } counts[] = { { "pages", "page", "pages" }, { "cells", "cell", "cells" }, { "words", "word", "words" } };
	json_t *one, *d;
	size_t i, k;

	json_array_foreach(list, i, one) {
		d = json_object_get(one, "document");
		add_path(one);
		if (json_text(d, "title")) {
			add_part("");
			add_text(d, "title");
		}
		add_format(one);
		for (k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
			if (json_is_integer(json_object_get(d, counts[k].key))) {
				add_part("");
				buf_addf(&line, "%lld %s", number_of(d, counts[k].key), number_of(d, counts[k].key) == 1 ? counts[k].one : counts[k].more);
			}
		if (json_is_true(json_object_get(d, "encrypted")))
			add_part("encrypted");
		flush(i == 0 ? "\ndocument" : "", 9);
	}
}

static void put_archives(const json_t *list)
{
	json_t *one, *a, *m;
	char size[32];
	size_t i, k;

	json_array_foreach(list, i, one) {
		a = json_object_get(one, "archive");
		add_path(one);
		buf_addf(&line, "; %lld entries, %s", number_of(a, "entries"), human_size(size, (uint64_t)number_of(a, "bytes")));
		flush("\narchive", 9);
		json_array_foreach(json_object_get(a, "members"), k, m) {
			if (k == MEMBERS_SHOWN)
				break;
			add_text(m, "path");
			if (json_text(m, "reason")) {
				add(" (");
				add_text(m, "reason");
				add(")");
			}
			snprintf(size, sizeof(size), "%*s", 12, "");
			if (json_is_integer(json_object_get(m, "bytes"))) {
				char bytes[32];

				snprintf(size, sizeof(size), "%12s", human_size(bytes, (uint64_t)number_of(m, "bytes")));
			}
			flush(size, 14);
		}
		if (number_of(a, "entries") > (long long)k)
			printf("%14s%lld more\n", "", number_of(a, "entries") - (long long)k);
	}
}

/* Names and numbers of ${o}, and of what is in it, as "name value". */
static void add_members(const json_t *o, unsigned depth)
{
	const char *key;
	json_t *v;
	unsigned n = 0;

	json_object_foreach((json_t *)o, key, v) {
		if (n == 12)
			break;
		if (strcmp(key, "model") == 0 && json_equal(v, json_object_get(o, "name")))
			continue;
		if (json_is_number(v) || json_is_string(v)) {
			add(n++ > 0 ? ", " : "");
			term_text(&line, slice_str(key));
			add(" ");
			add_number(v, 12);
		} else if (json_is_object(v) && depth == 0 && json_object_size(v) > 0 && strcmp(key, "featureTypes") != 0) {
			add(n++ > 0 ? ", " : "");
			term_text(&line, slice_str(key));
			add(" (");
			add_members(v, 1);
			add(")");
		}
	}
}

static void put_details(const json_t *list)
{
	static const char *const kinds[] = { "instrument", "sample", "molecule", "spectrum", "sequences", "genome", "organism", "audio", "model" };
	json_t *one;
	size_t i, k;

	json_array_foreach(list, i, one) {
		add_path(one);
		add_format(one);
		flush("\nfile", 9);
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (!json_is_object(json_object_get(one, kinds[k])))
				continue;
			add(kinds[k]);
			add(": ");
			add_members(json_object_get(one, kinds[k]), 0);
			flush("", 9);
		}
	}
}

static void put_findings(const json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (i == FINDINGS_SHOWN)
			break;
		add_text(one, "path");
		add(": ");
		add_text(one, "text");
		flush(i == 0 ? "\nnotes" : "", 9);
	}
	if (json_array_size(list) > FINDINGS_SHOWN)
		printf("         %zu more: --json gives all\n", json_array_size(list) - FINDINGS_SHOWN);
}

void show_inside(const json_t *facts, bool plain)
{
	json_t *tables = json_object_get(facts, "tables"), *sights = json_object_get(facts, "sights"), *one;
	long long waiting = (long long)json_integer_value(json_at(facts, "files.waiting"));
	size_t i;

	ascii = plain;
	if (waiting > 0)
		printf("reading  %lld files are still being read: ask again in a moment\n", waiting);
	put_place(facts);
	json_array_foreach(tables, i, one) {
		if (i == TABLES_SHOWN)
			break;
		put_table(one);
	}
	if (json_array_size(tables) > TABLES_SHOWN)
		printf("\n%zu more tables: --json gives all\n", json_array_size(tables) - TABLES_SHOWN);
	put_pictures(json_object_get(sights, "pictures"));
	put_plots(json_object_get(sights, "plots"));
	put_crystals(json_object_get(sights, "crystals"));
	put_arrays(json_object_get(sights, "arrays"));
	put_documents(json_object_get(sights, "documents"));
	put_archives(json_object_get(sights, "archives"));
	put_details(json_object_get(sights, "details"));
	put_concepts(json_object_get(facts, "variables"));
	put_findings(json_object_get(facts, "findings"));
	buf_release(&line);
}
