/*
 * Files of statistics programs (SPSS sav and por, Stata dta, SAS sas7bdat and xport) through ReadStat, which reads by our calls from a
 * struct source. Variables have labels, values have labels and formats say what is a date.
 */

#include <iconv.h>
#include <math.h>
#include <readstat.h>
#include <stdlib.h>

#include "indexer/extract/extract_int.h"
#include "indexer/extract/stat_warm.h"

#define DAY		INT64_C(86400000000)
#define SECOND		1e6
#define LABELS_MOST	50000
#define SET_MOST	500
#define PIECE		((size_t)256 << 10)

enum moment { NO_MOMENT, DAYS_1960, SECONDS_1960, MILLIS_1960, SECONDS_1582, DATE_1582, CLOCK };

struct vlabel { char *set, *code, *text; size_t at; };

struct stat_ctx {
	struct fact *f;
	struct source *src;
	uint64_t at;
	struct buf piece;		/* read ahead */
	uint64_t piece_at;
	struct table *t;
	char **set;			/* label set of each column, or NULL */
	enum moment *moment;
	uint32_t n, cap, now;
	struct vlabel *label; size_t n_label, cap_label;
	long row;
	bool any, nomem;
	const char *kind;
	struct buf said;		/* the library's last words */
};

static const struct { const char *magic; size_t at, n; const char *kind; } magics[] = {
	{ "$FL2", 0, 4, "sav" }, { "$FL3", 0, 4, "sav" }, { "<stata_dta>", 0, 11, "dta" },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\0\x09\xc7\x31\x8c\x18\x1f\x10\x11", 0, 32, "sas7bdat" },
	{ "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", 0, 48, "xport" }, { "HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!", 0, 48, "xport" },
	{ "SPSSPORT", 456, 8, "por" },
};

static const char *kind_of(const struct head *h)
{
	const uint8_t *p = h->p;
	size_t i, lines;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (h->n >= magics[i].at + magics[i].n && memcmp(p + magics[i].at, magics[i].magic, magics[i].n) == 0)
			return magics[i].kind;
	/* Stata before 13 has no words in front: release, byte order, file type 1, a filler. */
	if (h->n >= 109 && p[0] >= 104 && p[0] <= 115 && (p[1] == 1 || p[1] == 2) && p[2] == 1 && p[3] == 0)
		return "dta";
	/* A portable file has line ends inside its first 464 characters. */
	for (i = 0, lines = 0; i + 8 <= h->n && i < 520; i++) {
		lines += p[i] == '\n' || p[i] == '\r';
		if (i >= 456 && i - lines <= 456 && lines && memcmp(p + i, "SPSSPORT", 8) == 0)
			return "por";
	}
	return NULL;
}

static int stat_bid(const struct head *h)
{
	return kind_of(h) ? 75 : 0;
}

/* ---- reading ---- */

static int on_open(const char *path, void *io)
{
	(void)path; (void)io;
	return 0;
}

static int on_close(void *io)
{
	(void)io;
	return 0;
}

static readstat_off_t on_seek(readstat_off_t off, readstat_io_flags_t whence, void *io)
{
	struct stat_ctx *x = io;
	int64_t base = whence == READSTAT_SEEK_CUR ? (int64_t)x->at : whence == READSTAT_SEEK_END ? (int64_t)x->src->size : 0, to;

	if (__builtin_add_overflow(base, (int64_t)off, &to) || to < 0)
		return -1;
	x->at = (uint64_t)to;
	return (readstat_off_t)to;
}

static ssize_t on_read(void *out, size_t n, void *io)
{
	struct stat_ctx *x = io;
	size_t got, k, done = 0;

	/* It asks for a row at a time, or for two bytes. */
	while (done < n) {
		if (x->at < x->piece_at || x->at >= x->piece_at + x->piece.n) {
			buf_clear(&x->piece);
			if (buf_reserve(&x->piece, PIECE) != ST_OK || source_read(x->src, x->at, x->piece.p, PIECE, &got, NULL) != ST_OK)
				return -1;
			x->piece.n = got;
			x->piece_at = x->at;
			if (got == 0)
				break;
		}
		k = (size_t)(x->piece_at + x->piece.n - x->at);
		if (k > n - done)
			k = n - done;
		memcpy((char *)out + done, x->piece.p + (x->at - x->piece_at), k);
		done += k;
		x->at += k;
	}
	return (ssize_t)done;
}

static readstat_error_t on_update(long size, readstat_progress_handler progress, void *user, void *io)
{
	(void)size; (void)progress; (void)user; (void)io;
	return READSTAT_OK;
}

/* ---- what it finds ---- */

static int on_metadata(readstat_metadata_t *m, void *ctx)
{
	struct stat_ctx *x = ctx;
	json_t *a = fact_object(x->f, "attributes");
	const char *s;
	char version[20];

	snprintf(version, sizeof(version), "%d", readstat_get_file_format_version(m));
	fact_format(x->f, strcmp(x->kind, "dta") == 0 ? "Stata" : strcmp(x->kind, "sas7bdat") == 0 ? "SAS" : strcmp(x->kind, "xport") == 0 ? "SAS transport" :
	    strcmp(x->kind, "por") == 0 ? "SPSS portable" : "SPSS", version, NULL);
	if ((s = readstat_get_file_label(m)) != NULL)
		fact_put_text(x->f, fact_root(x->f), "title", slice_str(s));
	if ((s = readstat_get_table_name(m)) != NULL)
		fact_put_text(x->f, a, "table", slice_str(s));
	if ((s = readstat_get_file_encoding(m)) != NULL)
		fact_put_text(x->f, a, "encoding", slice_str(s));
	return READSTAT_HANDLER_OK;
}

static int on_note(int i, const char *note, void *ctx)
{
	struct stat_ctx *x = ctx;
	char key[30];

	if (i >= 0 && i < 50 && note) {
		snprintf(key, sizeof(key), "note %d", i + 1);
		fact_put_text(x->f, fact_object(x->f, "attributes"), key, slice_str(note));
	}
	return READSTAT_HANDLER_OK;
}

static bool starts(const char *s, const char *with)
{
	return strncasecmp(s, with, strlen(with)) == 0;
}

static enum moment spss_moment(const char *f)
{
	if (starts(f, "DATETIME") || starts(f, "YMDHMS"))
		return SECONDS_1582;
	return starts(f, "DATE") || starts(f, "ADATE") || starts(f, "EDATE") || starts(f, "SDATE") || starts(f, "JDATE") ? DATE_1582 :
	    starts(f, "TIME") ? CLOCK : NO_MOMENT;
}

static enum moment sas_moment(const char *f)
{
	static const char *const days[] = { "DATE", "YYMMDD", "DDMMYY", "MMDDYY", "E8601DA", "B8601DA", "JULIAN", "WEEKDATE", "WORDDATE", "EURDFDE", "NENGO", "MINGUO" };
	size_t i;

	if (starts(f, "DATETIME") || starts(f, "E8601DT") || starts(f, "B8601DT") || starts(f, "DATEAMPM"))
		return SECONDS_1960;
	if (starts(f, "TIME") || starts(f, "E8601TM"))
		return CLOCK;
	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (starts(f, days[i]))
			return DAYS_1960;
	return NO_MOMENT;
}

static enum moment moment_of(const struct stat_ctx *x, const char *f)
{
	if (f == NULL)
		return NO_MOMENT;
	if (strcmp(x->kind, "dta") == 0) {
		f += *f == '%';
		f += *f == '-';
		return starts(f, "td") || (*f == 'd' && strchr(f, 's') == NULL) ? DAYS_1960 : *f == 't' && (f[1] == 'c' || f[1] == 'C') ? MILLIS_1960 : NO_MOMENT;
	}
	return x->kind[0] == 's' && x->kind[2] == 'v' ? spss_moment(f) : strcmp(x->kind, "por") == 0 ? spss_moment(f) : sas_moment(f);
}

static bool grow(struct stat_ctx *x)
{
	uint32_t cap = x->cap ? x->cap * 2 : 64;
	void *p;

	if (x->n < x->cap)
		return true;
	if ((p = realloc(x->set, cap * sizeof(*x->set))) == NULL)
		return false;
	x->set = p;
	if ((p = realloc(x->moment, cap * sizeof(*x->moment))) == NULL)
		return false;
	x->moment = p;
	x->cap = cap;
	return true;
}

static int on_variable(int i, readstat_variable_t *v, const char *set, void *ctx)
{
	struct stat_ctx *x = ctx;
	const char *s = readstat_variable_get_name(v), *format = readstat_variable_get_format(v);
	bool text = readstat_variable_get_type_class(v) == READSTAT_TYPE_CLASS_STRING;
	uint32_t col;

	(void)i;
	if (x->n >= FACT_COLUMNS) {
		fact_partial(x->f, "more than %d columns", FACT_COLUMNS);
		return READSTAT_HANDLER_ABORT;
	}
	if (!grow(x)) {
		x->nomem = true;
		return READSTAT_HANDLER_ABORT;
	}
	col = table_column(x->t, slice_str(s ? s : ""));
	if ((s = readstat_variable_get_label(v)) != NULL)
		table_label(x->t, col, slice_str(s));
	x->moment[x->n] = text ? NO_MOMENT : moment_of(x, format);
	x->set[x->n] = set && *set ? slice_dup(slice_str(set)) : NULL;
	table_declare(x->t, col, text ? "string" : x->moment[x->n] == NO_MOMENT ? "number" : x->moment[x->n] == CLOCK ? "string" :
	    x->moment[x->n] == DAYS_1960 || x->moment[x->n] == DATE_1582 ? "date" : "datetime");
	x->n++;
	return READSTAT_HANDLER_OK;
}

static void put_clock(struct table *t, uint32_t col, double v)
{
	char b[40];

	if (v < 0 || v >= 86400 * 365.0) {
		table_real(t, col, v);
		return;
	}
	snprintf(b, sizeof(b), "%02d:%02d:%02d", (int)(v / 3600), (int)fmod(v / 60, 60), (int)fmod(v, 60));
	table_string(t, col, slice_str(b));
}

static void put_number(struct stat_ctx *x, uint32_t col, double v, bool whole)
{
	static const double days_1960 = -3653, days_1582 = -141428;
	double us;

	switch (x->moment[col]) {
	case DAYS_1960: us = (v + days_1960) * 86400 * SECOND; break;
	case SECONDS_1960: us = (v + days_1960 * 86400) * SECOND; break;
	case MILLIS_1960: us = (v / 1000 + days_1960 * 86400) * SECOND; break;
	case SECONDS_1582:
	case DATE_1582: us = (v + days_1582 * 86400) * SECOND; break;
	case CLOCK:
		put_clock(x->t, col, v);
		return;
	default:
		if (whole || (v > -1e15 && v < 1e15 && v == floor(v)))
			table_int(x->t, col, (int64_t)v);
		else
			table_real(x->t, col, v);
		return;
	}
	if (!(us > -9e18 && us < 9e18))
		table_missing(x->t, col);
	else
		table_moment(x->t, col, llround(us), x->moment[col] == DAYS_1960 || x->moment[col] == DATE_1582, false);
}

static int on_value(int row, readstat_variable_t *v, readstat_value_t value, void *ctx)
{
	struct stat_ctx *x = ctx;
	uint32_t col = (uint32_t)readstat_variable_get_index(v);
	const char *s;

	if (x->any && row != x->row)
		table_row(x->t);
	x->any = true;
	x->row = row;
	if (col >= x->n)
		return READSTAT_HANDLER_OK;
	if (readstat_value_is_missing(value, v)) {
		table_missing(x->t, col);
		return READSTAT_HANDLER_OK;
	}
	switch (readstat_value_type(value)) {
	case READSTAT_TYPE_STRING:
	case READSTAT_TYPE_STRING_REF:
		s = readstat_string_value(value);
		table_string(x->t, col, slice_str(s ? s : ""));
		break;
	case READSTAT_TYPE_INT8: put_number(x, col, readstat_int8_value(value), true); break;
	case READSTAT_TYPE_INT16: put_number(x, col, readstat_int16_value(value), true); break;
	case READSTAT_TYPE_INT32: put_number(x, col, readstat_int32_value(value), true); break;
	case READSTAT_TYPE_FLOAT: put_number(x, col, (double)readstat_float_value(value), false); break;
	default: put_number(x, col, readstat_double_value(value), false);
	}
	return READSTAT_HANDLER_OK;
}

static int on_label(const char *set, readstat_value_t value, const char *label, void *ctx)
{
	struct stat_ctx *x = ctx;
	struct vlabel *l;
	char code[60];
	void *p;

	if (x->n_label >= LABELS_MOST || set == NULL || label == NULL)
		return READSTAT_HANDLER_OK;
	if (x->n_label == x->cap_label) {
		x->cap_label = x->cap_label ? x->cap_label * 2 : 64;
		if ((p = realloc(x->label, x->cap_label * sizeof(*x->label))) == NULL) {
			x->nomem = true;
			return READSTAT_HANDLER_ABORT;
		}
		x->label = p;
	}
	if (readstat_value_tag(value))
		snprintf(code, sizeof(code), ".%c", readstat_value_tag(value));
	else if (readstat_value_type(value) == READSTAT_TYPE_STRING)
		snprintf(code, sizeof(code), "%.50s", readstat_string_value(value) ? readstat_string_value(value) : "");
	else if (readstat_value_is_system_missing(value))
		snprintf(code, sizeof(code), ".");
	else
		snprintf(code, sizeof(code), "%.15g", readstat_double_value(value));
	l = &x->label[x->n_label++];
	l->at = x->n_label;
	l->set = slice_dup(slice_str(set));
	l->code = slice_dup(slice_str(code));
	l->text = slice_dup(slice_str(label));
	x->nomem |= l->set == NULL || l->code == NULL || l->text == NULL;
	return x->nomem ? READSTAT_HANDLER_ABORT : READSTAT_HANDLER_OK;
}

static void on_error(const char *text, void *ctx)
{
	struct stat_ctx *x = ctx;

	buf_clear(&x->said);
	buf_adds(&x->said, text);
}

/* ---- all together ---- */

static int by_set(const void *a, const void *b)
{
	const struct vlabel *x = a, *y = b;
	int c = strcmp(x->set, y->set);

	/* In the order of the file: they were added one behind the other. */
	return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

static void put_labels(struct stat_ctx *x)
{
	size_t lo, hi, mid;
	uint32_t col;

	if (x->nomem || x->n_label == 0)
		return;
	qsort(x->label, x->n_label, sizeof(*x->label), by_set);
	for (col = 0; col < x->n; col++) {
		if (x->set[col] == NULL)
			continue;
		for (lo = 0, hi = x->n_label; lo < hi; ) {
			mid = (lo + hi) / 2;
			if (strcmp(x->label[mid].set, x->set[col]) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (hi = lo; hi < x->n_label && hi - lo < SET_MOST && strcmp(x->label[hi].set, x->set[col]) == 0; hi++)
			table_value_label(x->t, col, slice_str(x->label[hi].code), slice_str(x->label[hi].text));
	}
}

static readstat_error_t parse(struct stat_ctx *x)
{
	readstat_parser_t *p = readstat_parser_init();
	readstat_error_t rc;

	if (p == NULL)
		return READSTAT_ERROR_MALLOC;
	readstat_set_open_handler(p, on_open);
	readstat_set_close_handler(p, on_close);
	readstat_set_seek_handler(p, on_seek);
	readstat_set_read_handler(p, on_read);
	readstat_set_update_handler(p, on_update);
	readstat_set_io_ctx(p, x);
	readstat_set_metadata_handler(p, on_metadata);
	readstat_set_note_handler(p, on_note);
	readstat_set_variable_handler(p, on_variable);
	readstat_set_value_handler(p, on_value);
	readstat_set_value_label_handler(p, on_label);
	readstat_set_error_handler(p, on_error);
	rc = strcmp(x->kind, "sav") == 0 ? readstat_parse_sav(p, "", x) : strcmp(x->kind, "por") == 0 ? readstat_parse_por(p, "", x) :
	    strcmp(x->kind, "dta") == 0 ? readstat_parse_dta(p, "", x) : strcmp(x->kind, "xport") == 0 ? readstat_parse_xport(p, "", x) :
	    readstat_parse_sas7bdat(p, "", x);
	readstat_parser_free(p);
	return rc;
}

static void release(struct stat_ctx *x)
{
	uint32_t i;
	size_t k;

	for (i = 0; i < x->n; i++)
		free(x->set[i]);
	free(x->set);
	free(x->moment);
	for (k = 0; k < x->n_label; k++) {
		free(x->label[k].set);
		free(x->label[k].code);
		free(x->label[k].text);
	}
	free(x->label);
	buf_release(&x->said);
	buf_release(&x->piece);
	table_drop(x->t);
}

static st_t stat_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct stat_ctx x = { .f = f, .src = src, .kind = kind_of(h), .said = BUF_INIT(300), .piece = BUF_INIT(PIECE) };
	readstat_error_t rc;
	st_t st = ST_OK;

	fact_media(f, strcmp(x.kind, "dta") == 0 ? "application/x-stata" : strcmp(x.kind, "sav") == 0 ? "application/x-spss-sav" :
	    strcmp(x.kind, "por") == 0 ? "application/x-spss-por" : strcmp(x.kind, "xport") == 0 ? "application/x-sas-xport" : "application/x-sas-data");
	if ((x.t = table_new(f, SLICE_NULL)) == NULL)
		return ST_NOMEM;
	rc = parse(&x);
	if (rc == READSTAT_ERROR_MALLOC || x.nomem)
		st = ST_NOMEM;
	else if (rc != READSTAT_OK && x.n == 0)
		fact_unreadable(f, "%s", readstat_error_message(rc));
	else {
		if (x.any)
			table_row(x.t);
		if (rc != READSTAT_OK && rc != READSTAT_ERROR_USER_ABORT)
			fact_partial(f, "%s", readstat_error_message(rc));
		put_labels(&x);
		table_end(x.t, SLICE_NULL);
		x.t = NULL;
	}
	release(&x);
	return st;
}

void stat_warm(void)
{
	static const char *const names[] = { "WINDOWS-1252", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1253", "WINDOWS-1254",
	    "MACINTOSH", "SHIFT_JIS", "CP932", "EUC-JP", "GB18030", "GBK", "CP936", "BIG5", "CP949", "EUC-KR", "US-ASCII", "UTF-8" };
	size_t i;

	/* Kept open for good: their tables are files, which the cell has not. */
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (iconv_open("UTF-8", names[i]) == (iconv_t)-1)
			continue;
}

const struct extractor ex_stat = { .name = "stat", .version = 1, .bid = stat_bid, .read = stat_facts };
