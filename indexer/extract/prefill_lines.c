/* Description files made of lines: DESCRIPTION of R packages, RIS, BibTeX, bag-info.txt, the table of participants of BIDS. */
#include <ctype.h>
#include <strings.h>

#include "indexer/extract/prefill_int.h"

#define ENTRY_MAX 60000u

/* "Name: value" at the start of ${*rest}, with the lines that go on behind it (they begin with a blank). False at the end. ${value} is a slice of the text. */
static bool next_header(struct slice *rest, struct slice *name, struct slice *value)
{
	while (rest->p != NULL && rest->n > 0) {
		const char *from = rest->p;
		struct slice line = slice_cut(rest, '\n'), tail = line;

		*name = pf_trim(slice_cut(&tail, ':'));
		while (rest->p != NULL && rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t'))
			line = slice_cut(rest, '\n');
		if (tail.p == NULL || name->n == 0 || isspace((unsigned char)from[0]))
			continue;
		*value = pf_trim(slice_of(tail.p, (size_t)(line.p + line.n - tail.p)));
		return true;
	}
	return false;
}

/* Broken lines become one, into ${b}; the slice lives as long as it does. */
static struct slice one_line(struct buf *b, struct slice v)
{
	bool blank = false;

	buf_clear(b);
	for (size_t i = 0; i < v.n; i++) {
		if (isspace((unsigned char)v.p[i])) {
			blank = true;
			continue;
		}
		if (blank && b->n > 0)
			buf_addc(b, ' ');
		blank = false;
		buf_addc(b, v.p[i]);
	}
	return buf_slice(b);
}

/* ---- R ---- */

/* The text of the argument ${name} in a call: name = "text" or name = c("text", ...); a slice of ${call}. */
static struct slice r_argument(struct slice call, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n < call.n; i++) {
		size_t k = i + n;
		const char *quote;

		if (memcmp(call.p + i, name, n) != 0 || (i > 0 && (isalnum((unsigned char)call.p[i - 1]) || call.p[i - 1] == '_')))
			continue;
		while (k < call.n && isspace((unsigned char)call.p[k]))
			k++;
		if (k >= call.n || call.p[k++] != '=')
			continue;
		while (k < call.n && (isspace((unsigned char)call.p[k]) || call.p[k] == 'c' || call.p[k] == '('))
			k++;
		if (k >= call.n || (call.p[k] != '"' && call.p[k] != '\''))
			continue;
		quote = memchr(call.p + k + 1, call.p[k], call.n - k - 1);
		return quote != NULL ? slice_of(call.p + k + 1, (size_t)(quote - call.p) - k - 1) : SLICE_NULL;
	}
	return SLICE_NULL;
}

/* From "person(" to its closing bracket, brackets inside and quotes minded. */
static struct slice r_call(struct slice v, size_t at)
{
	int depth = 0;
	char quote = '\0';

	for (size_t i = at; i < v.n; i++) {
		char c = v.p[i];

		if (quote != '\0') {
			if (c == '\\')
				i++;
			else if (c == quote)
				quote = '\0';
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth <= 0) {
			return slice_of(v.p + at, i + 1 - at);
		}
	}
	return slice_of(v.p + at, v.n - at);
}

/* The first quoted texts of a call are given name and family name, when they have no names. */
static struct slice r_nth_text(struct slice call, unsigned n)
{
	const char *p = memchr(call.p, '(', call.n);
	struct slice rest;

	rest = p != NULL ? slice_of(p + 1, call.n - (size_t)(p + 1 - call.p)) : SLICE_NULL;
	while (rest.n > 0) {
		const char *close;

		while (rest.n > 0 && (isspace((unsigned char)rest.p[0]) || rest.p[0] == ','))
			rest.p++, rest.n--;
		if (rest.n < 2 || rest.p[0] != '"' || (close = memchr(rest.p + 1, '"', rest.n - 1)) == NULL)
			return SLICE_NULL;
		if (n-- == 0)
			return slice_of(rest.p + 1, (size_t)(close - rest.p) - 1);
		rest = slice_of(close + 1, rest.n - (size_t)(close + 1 - rest.p));
	}
	return SLICE_NULL;
}

static void r_people(struct pf *p, struct slice v)
{
	for (size_t i = 0, n = 0; i + 7 < v.n && n < 1000; i++) {
		struct slice call, given, family;
		json_t *o;

		if (memcmp(v.p + i, "person(", 7) != 0)
			continue;
		call = r_call(v, i);
		given = r_argument(call, "given");
		family = r_argument(call, "family");
		if (given.n == 0 && family.n == 0) {
			given = r_nth_text(call, 0);
			family = r_nth_text(call, 1);
		}
		n++;
		if (memmem(call.p, call.n, "\"aut\"", 5) == NULL && memmem(call.p, call.n, "\"cre\"", 5) == NULL && memmem(call.p, call.n, "role", 4) != NULL)
			o = pf_person(p, "contributors", memmem(call.p, call.n, "\"fnd\"", 5) != NULL ? "Sponsor" : "Other", family.n > 0 ? SLICE_NULL : given, family, given);
		else
			o = pf_person(p, "creators", NULL, family.n > 0 ? SLICE_NULL : given, family, given);
		if (o != NULL)
			pf_name_id(p, o, r_argument(call, "ORCID"));
		i += call.n > 0 ? call.n - 1 : 0;
	}
}

/* "A. Author and B. Author [ctb]" */
static void r_plain_people(struct pf *p, struct slice v)
{
	while (v.p != NULL && v.n > 0) {
		struct slice one = slice_cut(&v, ',');
		const char *end = one.n > 0 ? memchr(one.p, '[', one.n) : NULL;

		if (end == NULL && one.n > 0)
			end = memchr(one.p, '<', one.n);
		pf_person(p, "creators", NULL, end != NULL ? slice_of(one.p, (size_t)(end - one.p)) : one, SLICE_NULL, SLICE_NULL);
	}
}

static void r_field(struct pf *p, struct slice name, struct slice v, struct buf *b)
{
	const json_t *list;

	if (slice_eq_str(name, "Title")) {
		pf_title(p, one_line(b, v), NULL);
		pf_mark_member(p, "titles", v);
	} else if (slice_eq_str(name, "Description")) {
		pf_abstract(p, one_line(b, v), NULL, NULL);
		pf_mark_member(p, "descriptions", v);
	} else if (slice_eq_str(name, "Version")) {
		pf_put(p, p->doc, "version", v);
	} else if (slice_eq_str(name, "Authors@R")) {
		json_object_del(p->doc, "creators");
		r_people(p, v);
	} else if (slice_eq_str(name, "Author") && json_object_get(p->doc, "creators") == NULL) {
		r_plain_people(p, v);
	} else if (slice_eq_str(name, "License") && json_object_get(p->doc, "rights") == NULL) {
		/* "MIT + file LICENSE", "GPL (>= 2)" */
		const char *end = v.n > 0 ? memchr(v.p, '+', v.n) : NULL;

		if (slice_starts(v, "GPL (>= 3"))
			pf_licence_name(p, SLICE("GPL-3.0-or-later"));
		else if (slice_starts(v, "GPL (>= 2"))
			pf_licence_name(p, SLICE("GPL-2.0-or-later"));
		else if (!slice_starts(v, "file "))
			pf_licence_name(p, slice_eq_str(v, "CC0") ? SLICE("CC0-1.0") : end != NULL ? slice_of(v.p, (size_t)(end - v.p)) : v);
		list = json_object_get(p->doc, "rights");
		pf_mark(p, json_array_get(list, 0), v);
	} else if (slice_eq_str(name, "Date") || slice_eq_str(name, "Date/Publication")) {
		pf_date(p, "Issued", v.n > 10 ? slice_of(v.p, 10) : v);
	} else if (slice_eq_str(name, "URL")) {
		while (v.p != NULL && v.n > 0)
			pf_related(p, "IsDocumentedBy", slice_cut(&v, ','));
	} else if (slice_eq_str(name, "Language")) {
		pf_language(p, v);
	}
}

st_t pf_r_description(struct pf *p, struct slice text, struct err *e)
{
	struct slice rest = text, name, value;
	struct buf b = BUF_INIT(ENTRY_MAX);
	bool package = false;

	while (next_header(&rest, &name, &value))
		package |= slice_eq_str(name, "Package");
	if (!package)
		return ST_ABSENT;
	(void)e;
	rest = text;
	while (next_header(&rest, &name, &value))
		r_field(p, name, value, &b);
	buf_release(&b);
	return p->st;
}

/* ---- RIS ---- */

static void ris_line(struct pf *p, struct slice tag, struct slice v)
{
	struct buf b = BUF_INIT(40);

	if (slice_eq_str(tag, "TI") || slice_eq_str(tag, "T1")) {
		if (json_object_get(p->doc, "titles") == NULL)
			pf_title(p, v, NULL);
	} else if (slice_eq_str(tag, "AU") || slice_eq_str(tag, "A1")) {
		struct slice given = v, family = slice_cut(&given, ',');

		pf_person(p, "creators", NULL, given.p == NULL ? v : SLICE_NULL, given.p == NULL ? SLICE_NULL : family, given.p == NULL ? SLICE_NULL : given);
	} else if ((slice_eq_str(tag, "AB") || slice_eq_str(tag, "N2")) && json_object_get(p->doc, "descriptions") == NULL) {
		pf_abstract(p, v, NULL, NULL);
	} else if (slice_eq_str(tag, "KW")) {
		pf_subject(p, v);
	} else if (slice_eq_str(tag, "PB")) {
		pf_publisher(p, v, SLICE_NULL);
	} else if (slice_eq_str(tag, "DO")) {
		pf_same(p, v);
	} else if ((slice_eq_str(tag, "PY") || slice_eq_str(tag, "DA") || slice_eq_str(tag, "Y1")) && json_object_get(p->doc, "dates") == NULL) {
		/* "2018/4/25": the year is sure */
		pf_date(p, "Issued", v.n > 4 ? slice_of(v.p, 4) : v);
	} else if (slice_eq_str(tag, "LA")) {
		pf_language(p, v);
	} else if (slice_eq_str(tag, "TY")) {
		pf_type(p, slice_eq_str(v, "DATA") ? "dataset" : slice_eq_str(v, "COMP") ? "software" : "dataset", v);
	}
	buf_release(&b);
}

st_t pf_ris(struct pf *p, struct slice text, struct err *e)
{
	struct slice rest = text;
	unsigned records = 0;

	(void)e;
	while (rest.p != NULL && rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');

		records += slice_starts(line, "TY  -");
	}
	/* A list of literature is no description of one thing. */
	if (records != 1)
		return ST_ABSENT;
	rest = text;
	while (rest.p != NULL && rest.n > 0) {
		struct slice line = pf_trim(slice_cut(&rest, '\n'));

		if (line.n > 6 && memcmp(line.p + 2, "  -", 3) == 0)
			ris_line(p, slice_of(line.p, 2), pf_trim(slice_of(line.p + 5, line.n - 5)));
	}
	return p->st;
}

/* ---- BibTeX ---- */

/* {braced}, "quoted" or bare value at ${*at}; moves behind it. A slice of the text. */
static struct slice bib_value(struct slice text, size_t *at)
{
	size_t i = *at, from;
	int depth = 0;
	char open = i < text.n ? text.p[i] : '\0';

	if (open != '{' && open != '"') {
		for (from = i; i < text.n && text.p[i] != ',' && text.p[i] != '}' && text.p[i] != '\n'; i++)
			;
		*at = i;
		return pf_trim(slice_of(text.p + from, i - from));
	}
	for (from = ++i; i < text.n; i++) {
		char c = text.p[i];

		if (c == '{')
			depth++;
		else if (open == '{' && c == '}' && depth == 0)
			break;
		else if (open == '"' && c == '"' && depth == 0)
			break;
		else if (c == '}')
			depth--;
	}
	*at = i < text.n ? i + 1 : i;
	return pf_trim(slice_of(text.p + from, (i < text.n ? i : text.n) - from));
}

static void bib_people(struct pf *p, struct slice v)
{
	while (v.n > 0) {
		const char *and = memmem(v.p, v.n, " and ", 5);
		struct slice one = and != NULL ? slice_of(v.p, (size_t)(and - v.p)) : v, given = one, family = slice_cut(&given, ',');

		pf_person(p, "creators", NULL, given.p == NULL ? one : SLICE_NULL, given.p == NULL ? SLICE_NULL : family, given.p == NULL ? SLICE_NULL : given);
		v = and != NULL ? slice_of(and + 5, v.n - one.n - 5) : SLICE_NULL;
	}
}

static void bib_field(struct pf *p, struct slice name, struct slice v)
{
	struct buf b = BUF_INIT(ENTRY_MAX);
	const json_t *list;

	if (slice_ieq_str(name, "title")) {
		/* Braces keep capitals; they are no part of the title. */
		for (size_t i = 0; i < v.n; i++)
			if (v.p[i] != '{' && v.p[i] != '}')
				buf_addc(&b, v.p[i]);
		pf_title(p, buf_slice(&b), NULL);
		list = json_object_get(p->doc, "titles");
		pf_mark(p, json_array_get(list, json_array_size(list) - 1), v);
	} else if (slice_ieq_str(name, "author")) {
		bib_people(p, v);
	} else if (slice_ieq_str(name, "year")) {
		pf_date(p, "Issued", v);
	} else if (slice_ieq_str(name, "doi")) {
		pf_same(p, v);
	} else if (slice_ieq_str(name, "publisher")) {
		pf_publisher(p, v, SLICE_NULL);
	} else if (slice_ieq_str(name, "abstract")) {
		pf_abstract(p, v, NULL, NULL);
	} else if (slice_ieq_str(name, "version")) {
		pf_put(p, p->doc, "version", v);
	} else if (slice_ieq_str(name, "keywords")) {
		while (v.p != NULL && v.n > 0)
			pf_subject(p, slice_cut(&v, ','));
	}
	buf_release(&b);
}

st_t pf_bibtex(struct pf *p, struct slice text, struct err *e)
{
	const char *at = text.n > 0 ? memchr(text.p, '@', text.n) : NULL, *body;
	size_t i;

	(void)e;
	/* One entry describes this folder; a bibliography does not. */
	if (at == NULL || memmem(at + 1, text.n - (size_t)(at + 1 - text.p), "\n@", 2) != NULL || (body = memchr(at, ',', text.n - (size_t)(at - text.p))) == NULL)
		return ST_ABSENT;
	i = (size_t)(body - text.p) + 1;
	while (i < text.n && text.p[i] != '}') {
		size_t from;

		while (i < text.n && (isspace((unsigned char)text.p[i]) || text.p[i] == ','))
			i++;
		for (from = i; i < text.n && text.p[i] != '=' && text.p[i] != '}'; i++)
			;
		if (i >= text.n || text.p[i] != '=')
			break;
		struct slice name = pf_trim(slice_of(text.p + from, i - from));

		for (i++; i < text.n && isspace((unsigned char)text.p[i]); i++)
			;
		bib_field(p, name, bib_value(text, &i));
	}
	return p->st;
}

/* ---- BagIt ---- */

st_t pf_bag_info(struct pf *p, struct slice text, struct err *e)
{
	struct slice rest = text, name, v;
	struct buf b = BUF_INIT(ENTRY_MAX);

	(void)e;
	while (next_header(&rest, &name, &v)) {
		if (slice_ieq_str(name, "External-Description")) {
			pf_abstract(p, one_line(&b, v), NULL, NULL);
			pf_mark_member(p, "descriptions", v);
		} else if (slice_ieq_str(name, "Contact-Name")) {
			pf_person(p, "contributors", "ContactPerson", v, SLICE_NULL, SLICE_NULL);
		} else if (slice_ieq_str(name, "Source-Organization")) {
			json_t *o = pf_person(p, "contributors", "HostingInstitution", v, SLICE_NULL, SLICE_NULL);

			pf_put(p, o, "nameType", o != NULL ? SLICE("Organizational") : SLICE_NULL);
		} else if (slice_ieq_str(name, "External-Identifier")) {
			pf_same(p, v);
		}
	}
	buf_release(&b);
	return p->st;
}

/* ---- BIDS ---- */

st_t pf_participants(struct pf *p, struct slice text, struct err *e)
{
	struct slice rest = text, first;
	struct buf b = BUF_INIT(60);
	unsigned long n = 0;

	(void)e;
	first = slice_cut(&rest, '\n');
	if (!slice_starts(first, "participant_id"))
		return ST_ABSENT;
	while (rest.p != NULL && rest.n > 0)
		n += pf_trim(slice_cut(&rest, '\n')).n > 0;
	buf_addf(&b, "%lu participant%s", n, n == 1 ? "" : "s");
	pf_word(p, "sizes", buf_slice(&b), text);
	buf_release(&b);
	return p->st;
}
