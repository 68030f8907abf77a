/*
 * Workbooks: xlsx and ods. Both are zips of XML; every sheet that has a value becomes a table. Parts are unpacked as streams and read
 * by libxml2's push parser without DOCTYPE, entities or files; formulas are never run, their last values count.
 */

#include <libxml/parser.h>
#include <math.h>
#include <stdlib.h>

#include "indexer/extract/cell_int.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/grid.h"
#include "indexer/extract/zip_part.h"

#define BUDGET		((uint64_t)64 << 20)	/* bytes unpacked of a small file ... */
#define BUDGET_TIMES	60			/* ... and this many for each of its bytes */
#define STRINGS_TEXT	((size_t)96 << 20)
#define STRINGS_MOST	((uint32_t)8 << 20)
#define TEXT_MOST	((size_t)40000)		/* of a cell: Excel's own limit is 32,767 characters */
#define FORMATS_MOST	4096u
#define SHEETS_MOST	500u
#define REPEAT_MOST	1048576u
#define DAY		86400e6

enum moment { NO_MOMENT, A_DATE, A_MOMENT };

struct ocell { uint32_t col; enum grid_kind kind; double v; size_t at, n; };
struct sheet { char *name, *rel, *target; bool hidden; };

struct book {
	struct fact *f;
	struct source *src;
	struct zip_dir dir;
	uint64_t budget;
	struct err why;
	bool nomem;
	/* the part being read */
	xmlParserCtxtPtr xml;
	xmlSAXHandler sax;
	st_t st;
	const char *refused;
	struct buf text;
	bool take;			/* characters go into text */
	unsigned depth;
	/* of the workbook */
	bool from_1904;
	struct sheet *sheet; uint32_t n_sheets;
	uint8_t *custom;		/* moment of number formats, by number */
	uint8_t *xf; uint32_t n_xf;
	bool in_xfs;
	struct buf strings;		/* all shared strings, each behind the other */
	uint32_t *string_at, n_strings, cap_strings;
	bool too_many;
	unsigned phonetic;
	/* of the sheet */
	struct grid *g;
	uint32_t col, style;
	char type[12];
	bool in_cell;
	uint32_t merged;
	/* of a cell in ods */
	uint32_t repeat, row_repeat;
	enum grid_kind kind;
	double value;
	unsigned paragraphs, tables;
	struct buf row, row_text;	/* cells of the row, which may stand for many: struct ocell, and their text */
};

/* ---- XML as events ---- */

static bool is(const xmlChar *name, const char *s)
{
	return strcmp((const char *)name, s) == 0;
}

/* Attribute by local name; the text is not NUL-terminated in the parser. Cut to ${max}. */
static const char *attr(int n, const xmlChar **a, const char *name, char *out, size_t max)
{
	int i;
	size_t len;

	for (i = 0; i < n; i++, a += 5)
		if (is(a[0], name)) {
			len = (size_t)(a[4] - a[3]);
			if (len >= max)
				len = max - 1;
			memcpy(out, a[3], len);
			out[len] = '\0';
			return out;
		}
	return NULL;
}

static void stop(struct book *b, st_t st)
{
	b->st = st;
	xmlStopParser(b->xml);
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *ext, const xmlChar *sys)
{
	struct book *b = ctx;

	(void)name; (void)ext; (void)sys;
	b->refused = "its XML has a DOCTYPE, which no workbook needs";
	stop(b, ST_DENIED);
}

static void on_text(void *ctx, const xmlChar *p, int n)
{
	struct book *b = ctx;

	if (b->take && b->text.n < TEXT_MOST)
		buf_add(&b->text, p, (size_t)n < TEXT_MOST - b->text.n ? (size_t)n : TEXT_MOST - b->text.n);
}

static st_t feed(void *ctx, const char *p, size_t n)
{
	struct book *b = ctx;

	if (xmlParseChunk(b->xml, p, (int)n, 0) != 0 && b->st == ST_OK)
		b->st = ST_INVALID;
	return b->st == ST_OK && b->nomem ? ST_NOMEM : b->st;
}

/* One part through a pair of handlers. ST_ABSENT when there is none. */
static st_t part(struct book *b, const char *name, startElementNsSAX2Func start, endElementNsSAX2Func end)
{
	const struct zip_entry *z = zip_find(&b->dir, name);
	char *line;
	st_t st;

	if (z == NULL)
		return err_set(&b->why, ST_ABSENT, "part '%.100s' is missing", name);
	memset(&b->sax, 0, sizeof(b->sax));
	b->sax.initialized = XML_SAX2_MAGIC;
	b->sax.startElementNs = start;
	b->sax.endElementNs = end;
	b->sax.characters = on_text;
	b->sax.cdataBlock = on_text;
	b->sax.internalSubset = on_doctype;
	b->st = ST_OK;
	b->take = false;
	b->depth = 0;
	buf_clear(&b->text);
	if ((b->xml = xmlCreatePushParserCtxt(&b->sax, b, NULL, 0, NULL)) == NULL)
		return ST_NOMEM;
	xmlCtxtUseOptions(b->xml, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	st = zip_part(b->src, z, feed, b, &b->budget, &b->why);
	if (st == ST_OK && xmlParseChunk(b->xml, "", 0, 1) != 0)
		st = b->st != ST_OK ? b->st : ST_INVALID;
	if (st == ST_INVALID && b->st != ST_DENIED && b->why.text[0] == '\0')
		err_set(&b->why, ST_INVALID, "damaged: part '%.100s' is no XML: %.100s", name, b->xml->lastError.message ? b->xml->lastError.message : "");
	if (b->refused)
		err_set(&b->why, ST_DENIED, "%s", b->refused);
	for (line = b->why.text; *line; line++)
		if (*line == '\n')
			*line = '\0';
	xmlFreeDoc(b->xml->myDoc);
	xmlFreeParserCtxt(b->xml);
	b->xml = NULL;
	return b->nomem ? ST_NOMEM : st == ST_EOF ? ST_OK : st;
}

static void no_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	(void)ctx; (void)name; (void)prefix; (void)uri;
}

#define START	void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_ns, const xmlChar **ns, int n_attr, int n_def, const xmlChar **a
#define END	void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri

/* ---- xlsx: workbook, styles, strings ---- */

static void workbook_start(START)
{
	struct book *b = ctx;
	char v[300];
	struct sheet *s;
	void *p;

	if (is(name, "workbookPr") && attr(n_attr, a, "date1904", v, sizeof(v)))
		b->from_1904 = strcmp(v, "1") == 0 || strcmp(v, "true") == 0;
	if (!is(name, "sheet") || b->n_sheets >= SHEETS_MOST)
		return;
	if ((p = realloc(b->sheet, (b->n_sheets + 1) * sizeof(*b->sheet))) == NULL) {
		b->nomem = true;
		return;
	}
	b->sheet = p;
	s = &b->sheet[b->n_sheets++];
	memset(s, 0, sizeof(*s));
	s->name = slice_dup(slice_str(attr(n_attr, a, "name", v, sizeof(v)) ? v : ""));
	s->rel = slice_dup(slice_str(attr(n_attr, a, "id", v, sizeof(v)) ? v : ""));
	s->hidden = attr(n_attr, a, "state", v, sizeof(v)) && strcmp(v, "visible") != 0;
	b->nomem |= s->name == NULL || s->rel == NULL;
}

static void rels_start(START)
{
	struct book *b = ctx;
	char id[300], target[500];
	uint32_t i;

	if (!is(name, "Relationship") || !attr(n_attr, a, "Id", id, sizeof(id)) || !attr(n_attr, a, "Target", target, sizeof(target)))
		return;
	for (i = 0; i < b->n_sheets; i++)
		if (strcmp(b->sheet[i].rel, id) == 0 && b->sheet[i].target == NULL) {
			struct buf path = BUF_INIT(600);

			buf_adds(&path, target[0] == '/' ? target + 1 : "xl/");
			if (target[0] != '/')
				buf_adds(&path, target);
			b->sheet[i].target = slice_dup(buf_slice(&path));
			b->nomem |= b->sheet[i].target == NULL;
			buf_release(&path);
		}
}

/* A number format that shows a date: letters of dates outside of quotes and brackets. */
static enum moment format_moment(const char *s)
{
	bool day = false, clock = false;

	for (; *s && *s != ';'; s++) {
		if (*s == '"')
			for (s++; *s && *s != '"'; s++)
				;
		else if (*s == '[') {
			if (strchr("hHmMsS", s[1]) && s[1])
				clock = true;
			for (; *s && *s != ']'; s++)
				;
		} else if (*s == '\\' && s[1])
			s++;
		else if (strchr("yYdDeE", *s) && !(strchr("eE", *s) && strchr("+-", s[1]) && s[1]))
			day = true;
		else if (strchr("hHsS", *s))
			clock = true;
		if (*s == '\0')
			break;
	}
	return day ? (clock ? A_MOMENT : A_DATE) : NO_MOMENT;
}

static enum moment builtin_moment(unsigned long id)
{
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58 && id != 55 && id != 56))
		return A_DATE;
	return id == 22 ? A_MOMENT : NO_MOMENT;
}

static void styles_start(START)
{
	struct book *b = ctx;
	char id[20], code[300];
	unsigned long i;
	void *p;

	if (is(name, "numFmt") && attr(n_attr, a, "numFmtId", id, sizeof(id)) && attr(n_attr, a, "formatCode", code, sizeof(code))) {
		if ((i = strtoul(id, NULL, 10)) < FORMATS_MOST)
			b->custom[i] = (uint8_t)(format_moment(code) + 1);
	} else if (is(name, "cellXfs"))
		b->in_xfs = true;
	else if (b->in_xfs && is(name, "xf") && b->n_xf < 65536) {
		if (b->n_xf % 256 == 0) {
			if ((p = realloc(b->xf, b->n_xf + 256)) == NULL) {
				b->nomem = true;
				return;
			}
			b->xf = p;
		}
		i = attr(n_attr, a, "numFmtId", id, sizeof(id)) ? strtoul(id, NULL, 10) : 0;
		b->xf[b->n_xf++] = (uint8_t)(i < FORMATS_MOST && b->custom[i] ? (unsigned)b->custom[i] - 1 : builtin_moment(i));
	}
}

static void styles_end(END)
{
	struct book *b = ctx;

	if (is(name, "cellXfs"))
		b->in_xfs = false;
}

static void strings_start(START)
{
	struct book *b = ctx;

	if (is(name, "si"))
		buf_clear(&b->text);
	b->phonetic += is(name, "rPh");
	b->take = is(name, "t") && b->phonetic == 0;
}

static void strings_end(END)
{
	struct book *b = ctx;
	uint32_t cap;
	void *p;

	b->take = false;
	if (is(name, "rPh") && b->phonetic)
		b->phonetic--;
	if (!is(name, "si") || b->too_many)
		return;
	if (b->n_strings + 2 > b->cap_strings) {
		cap = b->cap_strings ? b->cap_strings * 2 : 1024;
		if (cap > STRINGS_MOST) {
			b->too_many = true;
			return;
		}
		if ((p = realloc(b->string_at, cap * sizeof(*b->string_at))) == NULL) {
			b->nomem = true;
			return;
		}
		b->string_at = p;
		b->cap_strings = cap;
	}
	b->string_at[b->n_strings] = (uint32_t)b->strings.n;
	if (buf_addsl(&b->strings, buf_slice(&b->text)) != ST_OK) {
		b->too_many = true;
		return;
	}
	b->string_at[++b->n_strings] = (uint32_t)b->strings.n;
}

/* ---- xlsx: a sheet ---- */

/* "BC12" to 54; false when there are no letters or too many. */
static bool column_of(const char *ref, uint32_t *out)
{
	uint32_t v = 0;
	int i;

	for (i = 0; ref[i] >= 'A' && ref[i] <= 'Z'; i++)
		if (i < 6)
			v = v * 26 + (uint32_t)(ref[i] - 'A') + 1;
	*out = v - 1;
	return i > 0 && i < 6;
}

static void sheet_start(START)
{
	struct book *b = ctx;
	char v[30];
	uint32_t col;

	if (is(name, "row"))
		b->col = 0;
	else if (is(name, "c")) {
		if (attr(n_attr, a, "r", v, sizeof(v)) && column_of(v, &col))
			b->col = col;
		b->type[0] = '\0';
		attr(n_attr, a, "t", b->type, sizeof(b->type));
		b->style = attr(n_attr, a, "s", v, sizeof(v)) ? (uint32_t)strtoul(v, NULL, 10) : 0;
		b->in_cell = true;
		buf_clear(&b->text);
	} else if (is(name, "mergeCell"))
		b->merged++;
	b->phonetic += is(name, "rPh");
	b->take = b->in_cell && b->phonetic == 0 && (is(name, "v") || is(name, "t"));
}

static void put_serial(struct book *b, double v, enum moment m)
{
	double days = b->from_1904 ? v - 24107 : v - 25569 + (v < 60 ? 1 : 0);

	if (m == NO_MOMENT || !(v > -1e6 && v < 3e6))
		grid_cell(b->g, b->col, GRID_NUMBER, SLICE_NULL, v);
	else
		grid_cell(b->g, b->col, m == A_DATE && v == floor(v) ? GRID_DATE : GRID_MOMENT, SLICE_NULL, floor(days * 86400 + 0.5) * 1e6);
}

static void put_xlsx(struct book *b)
{
	struct slice s = b->text.n ? buf_slice(&b->text) : SLICE_NULL;
	struct cell c;
	unsigned long i;

	if (s.n == 0)
		return;
	if (strcmp(b->type, "s") == 0) {
		i = strtoul(s.p, NULL, 10);
		if (i < b->n_strings)
			grid_cell(b->g, b->col, GRID_TEXT, slice_of(b->strings.p + b->string_at[i], b->string_at[i + 1] - b->string_at[i]), 0);
		else if (b->too_many)
			grid_cell(b->g, b->col, GRID_TEXT, SLICE("(not kept)"), 0);
	} else if (strcmp(b->type, "str") == 0 || strcmp(b->type, "inlineStr") == 0)
		grid_cell(b->g, b->col, GRID_TEXT, s, 0);
	else if (strcmp(b->type, "b") == 0)
		grid_cell(b->g, b->col, GRID_BOOLEAN, SLICE_NULL, s.p[0] == '1');
	else if (strcmp(b->type, "e") == 0)
		grid_cell(b->g, b->col, GRID_ERROR, SLICE_NULL, 0);
	else if (strcmp(b->type, "d") == 0 && cell_moment(&c, s.p, s.n))
		grid_cell(b->g, b->col, c.kind == KIND_DATE ? GRID_DATE : GRID_MOMENT, SLICE_NULL, (double)c.i);
	else if (cell_number(&c, s.p, s.n, '.'))
		put_serial(b, c.kind == KIND_INTEGER ? (double)c.i : c.d, b->style < b->n_xf ? (enum moment)b->xf[b->style] : NO_MOMENT);
	else
		grid_cell(b->g, b->col, GRID_TEXT, s, 0);
}

static void sheet_end(END)
{
	struct book *b = ctx;

	b->take = false;
	if (is(name, "rPh") && b->phonetic)
		b->phonetic--;
	if (is(name, "c")) {
		put_xlsx(b);
		b->in_cell = false;
		b->col++;
	} else if (is(name, "row"))
		grid_row(b->g);
}

static st_t xlsx_sheets(struct book *b)
{
	uint32_t i, whole = 0, broken = 0;
	st_t st = ST_OK;

	for (i = 0; i < b->n_sheets && st == ST_OK; i++) {
		struct sheet *s = &b->sheet[i];

		if (s->target == NULL || strstr(s->target, "worksheets/") == NULL)
			continue;
		if (s->hidden)
			fact_check(b->f, "hidden-sheet", false, "sheet '%.100s' is hidden", s->name);
		if ((b->g = grid_new(b->f, slice_str(s->name))) == NULL)
			return ST_NOMEM;
		b->merged = 0;
		st = part(b, s->target, sheet_start, sheet_end);
		if (b->merged)
			fact_check(b->f, "merged-cells", false, "%u areas of merged cells in sheet '%.100s'", b->merged, s->name);
		if (st == ST_OK)
			grid_end(b->g);
		else
			grid_drop(b->g);
		b->g = NULL;
		/* The other sheets may be whole. */
		if (st == ST_INVALID || st == ST_ABSENT || st == ST_UNSUPPORTED) {
			fact_partial(b->f, "%s", b->why.text);
			broken++;
			st = ST_OK;
		} else
			whole++;
	}
	return st == ST_OK && broken && whole == 0 ? ST_INVALID : st;
}

static st_t xlsx(struct book *b)
{
	st_t st;

	fact_media(b->f, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
	fact_format(b->f, "Office Open XML Workbook", NULL, "fmt/214");
	if ((st = part(b, "xl/workbook.xml", workbook_start, no_end)) != ST_OK)
		return st;
	if ((st = part(b, "xl/_rels/workbook.xml.rels", rels_start, no_end)) != ST_OK)
		return st;
	if (zip_find(&b->dir, "xl/styles.xml") && (st = part(b, "xl/styles.xml", styles_start, styles_end)) != ST_OK)
		return st;
	if (zip_find(&b->dir, "xl/sharedStrings.xml") && (st = part(b, "xl/sharedStrings.xml", strings_start, strings_end)) != ST_OK)
		return st;
	if (b->too_many)
		fact_partial(b->f, "more different texts than are kept at a time");
	return xlsx_sheets(b);
}

/* ---- ods ---- */

static void ods_row_start(struct book *b, int n_attr, const xmlChar **a)
{
	char v[30];

	b->col = 0;
	b->row_repeat = attr(n_attr, a, "number-rows-repeated", v, sizeof(v)) ? (uint32_t)strtoul(v, NULL, 10) : 1;
}

static void ods_cell_start(struct book *b, int n_attr, const xmlChar **a)
{
	char v[60], type[20] = "";
	struct cell c;

	b->repeat = attr(n_attr, a, "number-columns-repeated", v, sizeof(v)) ? (uint32_t)strtoul(v, NULL, 10) : 1;
	b->kind = GRID_EMPTY;
	b->in_cell = true;
	b->paragraphs = 0;
	buf_clear(&b->text);
	attr(n_attr, a, "value-type", type, sizeof(type));
	if (attr(n_attr, a, "number-columns-spanned", v, sizeof(v)) && strcmp(v, "1") != 0)
		b->merged++;
	if (strcmp(type, "string") == 0)
		b->kind = GRID_TEXT;
	else if (strcmp(type, "boolean") == 0) {
		b->kind = GRID_BOOLEAN;
		b->value = attr(n_attr, a, "boolean-value", v, sizeof(v)) && strcmp(v, "true") == 0;
	} else if (strcmp(type, "date") == 0) {
		if (attr(n_attr, a, "date-value", v, sizeof(v)) && cell_moment(&c, v, strlen(v))) {
			b->kind = c.kind == KIND_DATE ? GRID_DATE : GRID_MOMENT;
			b->value = (double)c.i;
		} else
			b->kind = GRID_TEXT;
	} else if (strcmp(type, "float") == 0 || strcmp(type, "percentage") == 0 || strcmp(type, "currency") == 0) {
		if (attr(n_attr, a, "value", v, sizeof(v)) && cell_number(&c, v, strlen(v), '.')) {
			b->kind = GRID_NUMBER;
			b->value = c.kind == KIND_INTEGER ? (double)c.i : c.d;
		} else
			b->kind = GRID_TEXT;
	} else if (type[0])
		b->kind = GRID_TEXT;
}

static void ods_start(START)
{
	struct book *b = ctx;
	char v[300];

	if (is(name, "table") && b->g == NULL && b->tables++ < SHEETS_MOST) {
		if ((b->g = grid_new(b->f, slice_str(attr(n_attr, a, "name", v, sizeof(v)) ? v : ""))) == NULL)
			b->nomem = true;
	} else if (b->g && is(name, "table-row"))
		ods_row_start(b, n_attr, a);
	else if (b->g && (is(name, "table-cell") || is(name, "covered-table-cell")))
		ods_cell_start(b, n_attr, a);
	else if (b->in_cell && is(name, "annotation"))
		b->phonetic++;
	else if (b->in_cell && is(name, "p") && b->phonetic == 0) {
		if (b->paragraphs++)
			buf_addc(&b->text, '\n');
		b->take = true;
	} else if (b->take && is(name, "s"))
		buf_addc(&b->text, ' ');
}

static void ods_cell_end(struct book *b)
{
	struct slice s = b->text.n ? buf_slice(&b->text) : SLICE_NULL;
	uint32_t i;

	b->in_cell = b->take = false;
	if (b->kind == GRID_EMPTY || (b->kind == GRID_TEXT && s.n == 0)) {
		b->col = b->repeat > REPEAT_MOST || b->col > REPEAT_MOST ? REPEAT_MOST : b->col + b->repeat;
		return;
	}
	for (i = 0; i < b->repeat && i < 16384; i++) {
		struct ocell c = { b->col + i, b->kind, b->value, b->row_text.n, s.n };

		if (buf_add(&b->row, &c, sizeof(c)) != ST_OK)
			break;
	}
	buf_addsl(&b->row_text, s);
	b->col += i;
}

static void ods_row_end(struct book *b)
{
	uint32_t times = b->row.n == 0 || b->row_repeat == 0 ? 1 : b->row_repeat < REPEAT_MOST ? b->row_repeat : REPEAT_MOST, i;
	size_t k;
	struct ocell c;

	/* Rows that the file does not spell out cost what the others cost. */
	if ((uint64_t)times * b->row.n > b->budget) {
		b->refused = "its repeated rows are more than the budget of one file allows";
		stop(b, ST_DENIED);
		return;
	}
	b->budget -= times > 1 ? (uint64_t)times * b->row.n : 0;
	for (i = 0; i < times; i++) {
		for (k = 0; k < b->row.n; k += sizeof(c)) {
			memcpy(&c, b->row.p + k, sizeof(c));
			grid_cell(b->g, c.col, c.kind, c.at + c.n <= b->row_text.n && c.n ? slice_of(b->row_text.p + c.at, c.n) : SLICE_NULL, c.v);
		}
		grid_row(b->g);
	}
	buf_clear(&b->row);
	buf_clear(&b->row_text);
}

static void ods_end(END)
{
	struct book *b = ctx;

	if (b->g == NULL)
		return;
	if (is(name, "p"))
		b->take = false;
	else if (is(name, "annotation") && b->phonetic)
		b->phonetic--;
	else if (b->in_cell && (is(name, "table-cell") || is(name, "covered-table-cell")))
		ods_cell_end(b);
	else if (is(name, "table-row"))
		ods_row_end(b);
	else if (is(name, "table")) {
		grid_end(b->g);
		b->g = NULL;
	}
}

static st_t ods(struct book *b)
{
	st_t st;

	fact_media(b->f, "application/vnd.oasis.opendocument.spreadsheet");
	fact_format(b->f, "OpenDocument Spreadsheet", NULL, "fmt/295");
	st = part(b, "content.xml", ods_start, ods_end);
	grid_drop(b->g);
	b->g = NULL;
	if (st == ST_OK && b->merged)
		fact_check(b->f, "merged-cells", false, "%u areas of merged cells", b->merged);
	return st;
}

/* ---- the extractor ---- */

static bool is_xlsx(const struct head *h)
{
	return (h->magic && strstr(h->magic, "spreadsheetml")) || memmem(h->p, h->n, "xl/workbook.xml", 15) != NULL;
}

static bool is_ods(const struct head *h)
{
	return h->magic && strcmp(h->magic, "application/vnd.oasis.opendocument.spreadsheet") == 0;
}

static bool is_ole(const struct head *h)
{
	return h->n >= 512 && memcmp(h->p, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0;
}

static bool has_stream(const struct head *h, const char *name)
{
	char wide[64];
	size_t i, n = strlen(name);

	for (i = 0; i < n; i++) {
		wide[i * 2] = name[i];
		wide[i * 2 + 1] = '\0';
	}
	return memmem(h->p, h->n, wide, n * 2) != NULL;
}

static int sheet_bid(const struct head *h)
{
	if (is_ole(h))
		return has_stream(h, "EncryptedPackage") || has_stream(h, "Workbook") || strcmp(h->ext, "xls") == 0 ? 60 : 0;
	if (h->n < 4 || memcmp(h->p, "PK\3\4", 4) != 0)
		return 0;
	return is_ods(h) || is_xlsx(h) ? 60 : 0;
}

static void release(struct book *b)
{
	uint32_t i;

	for (i = 0; i < b->n_sheets; i++) {
		free(b->sheet[i].name);
		free(b->sheet[i].rel);
		free(b->sheet[i].target);
	}
	free(b->sheet);
	free(b->custom);
	free(b->xf);
	free(b->string_at);
	buf_release(&b->strings);
	buf_release(&b->text);
	buf_release(&b->row);
	buf_release(&b->row_text);
	grid_drop(b->g);
	zip_dir_release(&b->dir);
}

static st_t sheet_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct book b = { .f = f, .src = src, .budget = BUDGET + src->size * BUDGET_TIMES, .why = ERR_INIT, .strings = BUF_INIT(STRINGS_TEXT),
	    .text = BUF_INIT(TEXT_MOST + 1000), .row = BUF_INIT((size_t)4 << 20), .row_text = BUF_INIT((size_t)8 << 20), .custom = calloc(FORMATS_MOST, 1) };
	st_t st = ST_NOMEM;

	if (is_ole(h)) {
		bool locked = has_stream(h, "EncryptedPackage");

		fact_media(f, locked ? "application/x-ole-storage" : "application/vnd.ms-excel");
		fact_unreadable(f, locked ? "encrypted: an Office document that opens with a password only" :
		    "a workbook of Excel 97-2003 (xls), whose format is not read here: save it as xlsx or ods");
		st = ST_OK;
		goto out;
	}
	if (b.custom)
		st = zip_dir_read(&b.dir, src, &b.why);
	if (st == ST_OK)
		st = is_ods(h) ? ods(&b) : xlsx(&b);
	else
		fact_media(f, h->magic ? h->magic : "application/zip");
	if (st != ST_OK && st != ST_NOMEM)
		fact_unreadable(f, "%s", b.why.text[0] ? b.why.text : "damaged");
out:
	release(&b);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_sheet = { .name = "sheet", .version = 1, .bid = sheet_bid, .read = sheet_facts };
