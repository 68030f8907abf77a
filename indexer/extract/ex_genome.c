/*
 * What lies on genomes: variants (VCF), features (BED, GFF3, GTF), alignments (SAM, BAM); plain or behind gzip and bgzip. Heads are read whole, records are
 * counted and their contigs named; a record that is none is told with its number.
 */

#include <ctype.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/genome_int.h"
#include "indexer/extract/lines_int.h"

#define FIELDS_MOST	500	/* INFO and FORMAT fields described */

struct genome {
	struct fact *f;
	struct roll contigs;		/* of records */
	struct roll declared;		/* of the head */
	struct roll types;		/* of features */
	struct roll samples;
	uint64_t records, n_samples, odd, first_odd;
	uint64_t snv, indel, other, mapped;
	const struct assembly *named, *measured;
	bool measured_differs, nomem, past_head, cols_open;
	unsigned fields_min, fields_max, columns;
	char version[24];
};

static bool genome_open(void *p, struct fact *f, const struct head *h)
{
	struct genome *x = p;

	(void)h;
	x->f = f;
	return true;
}

static void genome_release(void *p)
{
	struct genome *x = p;

	roll_release(&x->contigs);
	roll_release(&x->declared);
	roll_release(&x->types);
	roll_release(&x->samples);
}

static void contig_length(struct genome *x, struct slice name, uint64_t length)
{
	const struct assembly *a = assembly_of_contig(name, length);

	if (a) {
		x->measured_differs |= x->measured && x->measured != a;
		x->measured = a;
	}
}

static void odd(struct genome *x)
{
	if (x->odd++ == 0)
		x->first_odd = x->records + 1;
}

/* ${what}: the member that counts the records. */
static void genome_put(struct genome *x, const char *what)
{
	json_t *o = fact_object(x->f, "genome");

	if (o == NULL)
		return;
	if (x->nomem)
		lines_nomem(x->f);
	fact_put_int(x->f, o, what, (int64_t)x->records);
	if (x->contigs.n)
		fact_put(x->f, o, "contigs", roll_names(&x->contigs));
	else if (x->declared.n)
		fact_put(x->f, o, "contigs", roll_names(&x->declared));
	if (x->contigs.full || x->declared.full)
		fact_put_int(x->f, o, "contigCount", (int64_t)(x->contigs.n ? x->contigs.n : x->declared.n));
	if (x->types.n)
		fact_put(x->f, o, "featureTypes", roll_counts(&x->types));
	if (x->samples.n)
		fact_put(x->f, o, "sampleNames", roll_names(&x->samples));
	assembly_put(x->f, o, x->named ? x->named : x->measured_differs ? NULL : x->measured);
	if (x->named && x->measured && !x->measured_differs && x->named != x->measured)
		fact_check(x->f, "assembly-differs", true, "the head names %s, the lengths of the contigs are those of %s", x->named->name, x->measured->name);
	if (x->odd)
		fact_check(x->f, "malformed-record", true, "%llu lines are no records, the first behind record %llu", (unsigned long long)x->odd,
		    (unsigned long long)x->first_odd - 1);
}

/* The next cell of a line parted by tabs. */
static bool cell_next(struct slice *s, struct slice *cell)
{
	const char *tab;

	if (s->p == NULL)
		return false;
	tab = memchr(s->p, '\t', s->n);
	*cell = slice_of(s->p, tab ? (size_t)(tab - s->p) : s->n);
	*s = tab ? slice_of(tab + 1, s->n - cell->n - 1) : SLICE_NULL;
	return true;
}

static bool all_digits(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n < 19;
}

static uint64_t value(struct slice s)
{
	uint64_t v = 0;

	slice_u64(s, UINT64_MAX, &v);
	return v;
}

/* ---- VCF ---- */

static int vcf_bid(const struct head *h, struct slice s)
{
	(void)h;
	return slice_starts(s, "##fileformat=VCF") ? 98 : 0;
}

/* KEY of <ID=20,length=62435964,species="Homo sapiens"> */
static struct slice vcf_key(struct slice s, const char *key)
{
	size_t n = strlen(key), i = 0, from;
	bool quoted;

	while (i < s.n) {
		if (i + n < s.n && memcmp(s.p + i, key, n) == 0 && s.p[i + n] == '=') {
			i += n + 1;
			quoted = i < s.n && s.p[i] == '"';
			from = i + quoted;
			for (i = from; i < s.n && (quoted ? s.p[i] != '"' || s.p[i - 1] == '\\' : s.p[i] != ',' && s.p[i] != '>'); i++)
				;
			return slice_of(s.p + from, i - from);
		}
		for (quoted = false; i < s.n && (quoted || s.p[i] != ','); i++)
			quoted ^= s.p[i] == '"';
		i++;
	}
	return SLICE_NULL;
}

static void vcf_field(struct genome *x, const char *group, struct slice s)
{
	struct slice id = vcf_key(s, "ID"), type = vcf_key(s, "Type"), number = vcf_key(s, "Number");
	struct buf name = BUF_INIT(300);
	json_t *v, *a;

	if (x->columns++ >= FIELDS_MOST || id.n == 0 || id.n > 200)
		return;
	buf_addf(&name, "%s/%.*s", group, (int)id.n, id.p);
	if ((v = fact_variable(x->f, buf_slice(&name))) != NULL) {
		fact_put_text(x->f, v, "label", vcf_key(s, "Description"));
		fact_put_text(x->f, v, "type", slice_eq_str(type, "Integer") ? SLICE("integer") : slice_eq_str(type, "Float") ? SLICE("number") :
		    slice_eq_str(type, "Flag") ? SLICE("boolean") : SLICE("string"));
		if (number.n && (a = json_object()) != NULL) {
			fact_put_text(x->f, a, "Number", number);
			fact_put(x->f, v, "attributes", a);
		}
	}
	buf_release(&name);
}

static void vcf_meta(struct genome *x, struct slice s)
{
	struct slice key = s, in = SLICE_NULL;
	const char *eq = memchr(s.p, '=', s.n);

	if (eq == NULL)
		return;
	key.n = (size_t)(eq - s.p);
	s = slice_of(eq + 1, s.n - key.n - 1);
	if (s.n > 1 && s.p[0] == '<')
		in = slice_of(s.p + 1, s.n - 1);
	if (slice_eq_str(key, "fileformat") && slice_starts(s, "VCFv")) {
		snprintf(x->version, sizeof(x->version), "%.*s", (int)(s.n - 4 < 20 ? s.n - 4 : 20), s.p + 4);
		fact_format(x->f, "VCF", x->version, NULL);
	} else if (slice_eq_str(key, "contig") && in.n) {
		struct slice id = vcf_key(in, "ID"), len = vcf_key(in, "length"), as = vcf_key(in, "assembly"), sp = vcf_key(in, "species");

		if (id.n)
			x->nomem |= !roll_add(&x->declared, id);
		if (all_digits(len))
			contig_length(x, id, value(len));
		if (as.n && x->named == NULL)
			x->named = assembly_named(as);
		if (sp.n && fact_object(x->f, "organism") && json_object_size(fact_object(x->f, "organism")) == 0)
			fact_put_text(x->f, fact_object(x->f, "organism"), "name", sp);
	} else if (slice_eq_str(key, "INFO") || slice_eq_str(key, "FORMAT"))
		vcf_field(x, slice_eq_str(key, "INFO") ? "INFO" : "FORMAT", in);
	else if (slice_eq_str(key, "reference") || slice_eq_str(key, "assembly")) {
		const struct assembly *a = assembly_named(s);

		if (a)
			x->named = a;
		fact_put_text(x->f, fact_object(x->f, "attributes"), "reference", s);
	} else if (in.n == 0 && key.n < 64 && s.n < 500 && json_object_size(fact_object(x->f, "attributes")) < 100) {
		char name[65];

		snprintf(name, sizeof(name), "%.*s", (int)key.n, key.p);
		if (utf8_valid(key, NULL) && memchr(key.p, 0, key.n) == NULL && json_object_get(fact_object(x->f, "attributes"), name) == NULL)
			fact_put_text(x->f, fact_object(x->f, "attributes"), name, s);
	}
}

/* "#CHROM POS ... FORMAT s1 s2 ...", in pieces when there are many samples. */
static void vcf_columns(struct genome *x, struct slice s, unsigned part)
{
	struct slice cell;

	while (cell_next(&s, &cell)) {
		bool whole = s.p != NULL || (part & LINE_ENDS);

		if (x->fields_max++ >= 9 && whole && cell.n && x->samples.n < 1000)
			x->nomem |= !roll_add(&x->samples, cell);
	}
	if (!(part & LINE_ENDS))
		x->fields_max--;	/* its last cell goes on in the next piece */
	else
		x->n_samples = x->fields_max > 9 ? x->fields_max - 9 : 0;
}

static void vcf_record(struct genome *x, struct slice s)
{
	struct slice c[8] = { { NULL, 0 } }, alt, one;
	unsigned n = 0;

	while (n < 8 && cell_next(&s, &c[n]))
		n++;
	if (n < 8 || !all_digits(c[1]) || c[3].n == 0) {
		odd(x);
		return;
	}
	x->records++;
	x->nomem |= !roll_add(&x->contigs, c[0]);
	for (alt = c[4]; alt.p && alt.n; ) {
		one = slice_cut(&alt, ',');
		if (one.n == 0 || one.p[0] == '<' || one.p[0] == '*' || memchr(one.p, '[', one.n) || memchr(one.p, ']', one.n))
			x->other++;
		else if (one.n == 1 && one.p[0] == '.')
			continue;
		else if (one.n == c[3].n)
			x->snv += one.n == 1;
		else
			x->indel++;
	}
}

static bool vcf_line(void *p, struct slice s, unsigned part)
{
	struct genome *x = p;

	if (!(part & LINE_BEGINS)) {
		if (x->cols_open)
			vcf_columns(x, s, part);
		x->cols_open &= !(part & LINE_ENDS);
		return true;
	}
	if (s.n == 0)
		return true;
	if (slice_starts(s, "##"))
		vcf_meta(x, slice_of(s.p + 2, s.n - 2));
	else if (s.p[0] == '#') {
		x->past_head = true;
		x->cols_open = !(part & LINE_ENDS);
		vcf_columns(x, s, part);
	} else
		vcf_record(x, s);
	return !x->nomem;
}

static void vcf_end(void *p)
{
	struct genome *x = p;
	json_t *o = fact_object(x->f, "genome");

	if (!x->past_head)
		fact_partial(x->f, "the line of column names is missing");
	genome_put(x, "variants");
	fact_put_int(x->f, o, "samples", (int64_t)x->n_samples);
	if (x->records) {
		fact_put_int(x->f, o, "substitutions", (int64_t)x->snv);
		fact_put_int(x->f, o, "indels", (int64_t)x->indel);
		fact_put_int(x->f, o, "otherAlleles", (int64_t)x->other);
	}
}

static const struct lines_kind vcf_kind = {
	.bid = vcf_bid, .size = sizeof(struct genome), .media = "text/x-vcf", .open = genome_open, .line = vcf_line, .end = vcf_end, .release = genome_release,
	.pieces = true,
};

/* ---- BED ---- */

static bool bed_line_ok(struct slice s, bool blanks, unsigned *n_out)
{
	struct slice c[3];
	unsigned n = 0;

	if (blanks)
		n = words(s, "", c, 3);
	else
		while (n < 3 && cell_next(&s, &c[n]))
			n++;
	*n_out = n;
	return n >= 3 && c[0].n && all_digits(slice_trim(c[1])) && all_digits(slice_trim(c[2])) && value(slice_trim(c[1])) <= value(slice_trim(c[2]));
}

static bool bed_comment(struct slice s)
{
	return s.n == 0 || s.p[0] == '#' || slice_starts(s, "track") || slice_starts(s, "browser");
}

static int bed_bid(const struct head *h, struct slice s)
{
	struct slice line;
	unsigned seen = 0, n;

	if (!head_ext_is(h, " bed bedgraph bdg narrowpeak broadpeak "))
		return 0;
	while (seen < 20 && line_next(&s, &line)) {
		if (bed_comment(line) || (s.n == 0 && seen))
			continue;
		if (!bed_line_ok(line, memchr(line.p, '\t', line.n) == NULL, &n))
			return 0;
		seen++;
	}
	return seen ? 92 : 0;
}

static bool bed_line(void *p, struct slice s, unsigned part)
{
	struct genome *x = p;
	struct slice rest = s, c = SLICE_NULL;
	unsigned n;
	bool blanks;

	(void)part;
	if (bed_comment(slice_trim(s))) {
		if (x->named == NULL)
			x->named = assembly_named(s);
		return true;
	}
	blanks = memchr(s.p, '\t', s.n) == NULL;
	if (!bed_line_ok(s, blanks, &n)) {
		odd(x);
		return true;
	}
	if (blanks)
		for (n = 0; word_next(&rest, "", &c); n++)
			;
	else
		for (n = 0; cell_next(&rest, &c); n++)
			;
	if (x->records++ == 0)
		x->fields_min = x->fields_max = n;
	x->fields_min = n < x->fields_min ? n : x->fields_min;
	x->fields_max = n > x->fields_max ? n : x->fields_max;
	if (blanks)
		word_next(&s, "", &c);
	else
		cell_next(&s, &c);
	x->nomem |= !roll_add(&x->contigs, c);
	return !x->nomem;
}

static void bed_end(void *p)
{
	struct genome *x = p;
	char version[24];

	snprintf(version, sizeof(version), "BED%u", x->fields_min);
	fact_format(x->f, "BED", x->fields_min == x->fields_max && x->fields_min >= 3 && x->fields_min <= 12 ? version + 3 : NULL, NULL);
	genome_put(x, "features");
	if (x->fields_min != x->fields_max)
		fact_check(x->f, "ragged-rows", true, "lines have %u to %u fields", x->fields_min, x->fields_max);
	fact_put_int(x->f, fact_object(x->f, "genome"), "fields", x->fields_max);
}

static const struct lines_kind bed_kind = {
	.bid = bed_bid, .size = sizeof(struct genome), .media = "text/x-bed", .open = genome_open, .line = bed_line, .end = bed_end, .release = genome_release,
};

/* ---- GFF3 and GTF ---- */

static unsigned gff_cells(struct slice s, struct slice c[10])
{
	unsigned n = 0;

	while (n < 10 && cell_next(&s, &c[n]))
		n++;
	return n;
}

static bool gff_line_ok(struct slice s)
{
	struct slice c[10];
	unsigned n = gff_cells(s, c);

	return n >= 8 && all_digits(c[3]) && all_digits(c[4]) && c[0].n && c[2].n && c[6].n == 1 && strchr("+-.?", c[6].p[0]);
}

static int gff_bid(const struct head *h, struct slice s)
{
	struct slice line;
	bool named = head_ext_is(h, " gff gff2 gff3 gtf ");
	unsigned seen = 0;

	if (slice_starts(s, "##gff-version"))
		return 97;
	while (seen < 10 && line_next(&s, &line)) {
		if (line.n == 0 || line.p[0] == '#' || (s.n == 0 && seen))
			continue;
		if (!gff_line_ok(line))
			return 0;
		seen++;
	}
	return seen == 0 ? 0 : named ? 95 : seen >= 3 && head_ext_is(h, " - txt dat tsv ") ? 92 : 0;
}

static void gff_pragma(struct genome *x, struct slice s)
{
	struct slice w[4];
	unsigned n = words(s, "", w, 4);

	if (n >= 2 && slice_eq_str(w[0], "##gff-version"))
		snprintf(x->version, sizeof(x->version), "%.*s", (int)(w[1].n < 20 ? w[1].n : 20), w[1].p);
	else if (n >= 4 && slice_eq_str(w[0], "##sequence-region") && all_digits(w[3])) {
		x->nomem |= !roll_add(&x->declared, w[1]);
		contig_length(x, w[1], value(w[3]));
	} else if (n >= 2 && slice_eq_str(w[0], "##species")) {
		const char *id = memmem(s.p, s.n, "wwwtax.cgi?id=", 14);
		json_t *o = fact_object(x->f, "organism");
		double v;

		if (id && o && num_read(slice_of(id + 14, s.n - (size_t)(id + 14 - s.p)), &v) && v > 0 && v < 1e9)
			fact_put_int(x->f, o, "taxon", (int64_t)v);
	}
	if (x->named == NULL && (slice_has(s, "genome") || slice_has(s, "assembly")))
		x->named = assembly_named(s);
}

static bool gff_line(void *p, struct slice s, unsigned part)
{
	struct genome *x = p;
	struct slice c[10] = { { NULL, 0 } };

	(void)part;
	if (s.n == 0)
		return true;
	if (slice_starts(s, "##FASTA") || s.p[0] == '>')
		return false;		/* the sequences behind the features */
	if (s.p[0] == '#') {
		gff_pragma(x, s);
		return !x->nomem;
	}
	if (!gff_line_ok(s)) {
		odd(x);
		return true;
	}
	gff_cells(s, c);
	x->records++;
	x->nomem |= !roll_add(&x->contigs, c[0]) || !roll_add(&x->types, c[2]);
	if (x->records == 1 && c[8].n && x->version[0] == '\0')
		snprintf(x->version, sizeof(x->version), "%s", slice_has(c[8], "gene_id \"") ? "gtf" : "3");
	return !x->nomem;
}

static void gff_end(void *p)
{
	struct genome *x = p;
	bool gtf = strcmp(x->version, "gtf") == 0;

	fact_format(x->f, gtf ? "GTF" : "GFF", gtf || x->version[0] == '\0' ? NULL : x->version, NULL);
	if (gtf)
		fact_media(x->f, "text/x-gtf");
	genome_put(x, "features");
}

static const struct lines_kind gff_kind = {
	.bid = gff_bid, .size = sizeof(struct genome), .media = "text/x-gff3", .open = genome_open, .line = gff_line, .end = gff_end, .release = genome_release,
};

/* ---- SAM ---- */

static bool sam_head(struct slice s)
{
	return s.n >= 4 && s.p[0] == '@' && isupper((unsigned char)s.p[1]) && isupper((unsigned char)s.p[2]) && s.p[3] == '\t';
}

static bool sam_record_ok(struct slice s, struct slice c[11])
{
	unsigned n = 0;

	while (n < 11 && cell_next(&s, &c[n]))
		n++;
	return n == 11 && all_digits(c[1]) && all_digits(c[3]) && all_digits(c[4]);
}

static int sam_bid(const struct head *h, struct slice s)
{
	struct slice line, c[11];

	if (!line_next(&s, &line))
		return 0;
	if (sam_head(line) && (slice_starts(line, "@HD\tVN:") || slice_starts(line, "@SQ\tSN:") || slice_starts(line, "@RG\tID:") || slice_starts(line, "@PG\tID:")))
		return 97;
	return head_ext_is(h, " sam ") && sam_record_ok(line, c) ? 95 : 0;
}

static struct slice sam_tag(struct slice s, const char *tag)
{
	struct slice c;

	while (cell_next(&s, &c))
		if (slice_starts(c, tag))
			return slice_of(c.p + strlen(tag), c.n - strlen(tag));
	return SLICE_NULL;
}

static void sam_header(struct genome *x, struct slice s)
{
	struct slice v, w;

	if (slice_starts(s, "@HD") && (v = sam_tag(s, "VN:")).n)
		snprintf(x->version, sizeof(x->version), "%.*s", (int)(v.n < 20 ? v.n : 20), v.p);
	else if (slice_starts(s, "@SQ")) {
		v = sam_tag(s, "SN:");
		w = sam_tag(s, "LN:");
		x->nomem |= v.n && !roll_add(&x->declared, v);
		if (all_digits(w))
			contig_length(x, v, value(w));
		if (x->named == NULL && (w = sam_tag(s, "AS:")).n)
			x->named = assembly_named(w);
		if ((w = sam_tag(s, "SP:")).n && json_object_size(fact_object(x->f, "organism")) == 0)
			fact_put_text(x->f, fact_object(x->f, "organism"), "name", w);
	} else if (slice_starts(s, "@RG")) {
		if ((v = sam_tag(s, "SM:")).n)
			x->nomem |= !roll_add(&x->samples, v);
		if ((v = sam_tag(s, "PL:")).n)
			fact_put_text(x->f, fact_object(x->f, "instrument"), "technique", v);
		if ((v = sam_tag(s, "PM:")).n)
			fact_put_text(x->f, fact_object(x->f, "instrument"), "model", v);
	}
}

static bool sam_line(void *p, struct slice s, unsigned part)
{
	struct genome *x = p;
	struct slice c[11];

	(void)part;
	if (s.n == 0)
		return true;
	if (x->records == 0 && sam_head(s)) {
		sam_header(x, s);
		return !x->nomem;
	}
	if (!sam_record_ok(s, c)) {
		odd(x);
		return true;
	}
	x->records++;
	if (!(value(c[1]) & 4) && !slice_eq_str(c[2], "*")) {
		x->mapped++;
		x->nomem |= !roll_add(&x->contigs, c[2]);
	}
	return !x->nomem;
}

static void sam_put(struct genome *x, const char *name)
{
	json_t *o = fact_object(x->f, "genome");

	fact_format(x->f, name, x->version[0] ? x->version : NULL, NULL);
	genome_put(x, "alignments");
	fact_put_int(x->f, o, "mapped", (int64_t)x->mapped);
	if (x->samples.n)
		fact_put_int(x->f, o, "samples", (int64_t)x->samples.n);
}

static void sam_end(void *p)
{
	sam_put(p, "SAM");
}

static const struct lines_kind sam_kind = {
	.bid = sam_bid, .size = sizeof(struct genome), .media = "text/x-sam", .open = genome_open, .line = sam_line, .end = sam_end, .release = genome_release,
};

/* ---- BAM: the same in binary, inside bgzip (SAMv1, 4.2) ---- */

#define BAM_TEXT	((size_t)16 << 20)
#define BAM_REFS	1000000u

enum bam_at { BAM_MAGIC, BAM_HEAD, BAM_COUNT, BAM_NAME_LEN, BAM_NAME, BAM_SIZE, BAM_RECORD, BAM_REST, BAM_BAD };

struct bam {
	struct genome g;
	enum bam_at at;
	struct buf got;
	size_t want;
	uint64_t skip;
	uint32_t refs;
};

static uint32_t le32(const char *p)
{
	const uint8_t *u = (const uint8_t *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static int bam_bid(const struct head *h, struct slice s)
{
	(void)h;
	return s.n > 12 && memcmp(s.p, "BAM\1", 4) == 0 ? 100 : 0;
}

static bool bam_open(void *p, struct fact *f, const struct head *h)
{
	struct bam *x = p;

	genome_open(&x->g, f, h);
	buf_init(&x->got, BAM_TEXT + 64);
	x->want = 8;
	return true;
}

static bool bam_wrong(struct bam *x, const char *what)
{
	x->at = BAM_BAD;
	fact_partial(x->g.f, "%s behind %llu alignments", what, (unsigned long long)x->g.records);
	return false;
}

static bool bam_text(struct bam *x)
{
	struct slice s = slice_of(x->got.p, x->want - 4), line;

	while (line_next(&s, &line))
		if (sam_head(line))
			sam_header(&x->g, line);
	x->refs = le32(x->got.p + x->want - 4);
	if (x->refs > BAM_REFS)
		return bam_wrong(x, "more than a million references");
	x->at = x->refs ? BAM_NAME_LEN : BAM_SIZE;
	x->want = 4;
	return true;
}

/* What was wanted is there. */
static bool bam_step(struct bam *x)
{
	const char *p = x->got.p;
	uint32_t n;

	switch (x->at) {
	case BAM_MAGIC:
		n = le32(p + 4);
		if (n > BAM_TEXT)
			return bam_wrong(x, "a head of more than 16 MB");
		x->at = BAM_HEAD;
		x->want = (size_t)n + 4;
		return true;
	case BAM_HEAD:
		return bam_text(x);
	case BAM_NAME_LEN:
		n = le32(p);
		if (n == 0 || n > 4096)
			return bam_wrong(x, "a reference without a name");
		x->at = BAM_NAME;
		x->want = (size_t)n + 4;
		return true;
	case BAM_NAME: {
		struct slice name = slice_of(p, strnlen(p, x->want - 4));

		if (roll_count(&x->g.declared, name) == 0)
			x->g.nomem |= !roll_add(&x->g.declared, name);
		contig_length(&x->g, name, le32(p + x->want - 4));
		x->at = --x->refs ? BAM_NAME_LEN : BAM_SIZE;
		x->want = 4;
		return !x->g.nomem;
	}
	case BAM_SIZE:
		n = le32(p);
		if (n < 32 || n > ((uint32_t)512 << 20))
			return bam_wrong(x, "an alignment of impossible size");
		x->skip = n - 32;
		x->at = BAM_RECORD;
		x->want = 32;
		return true;
	case BAM_RECORD:
		x->g.records++;
		if (!(le32(p + 12) >> 16 & 4) && le32(p) != UINT32_MAX)
			x->g.mapped++;
		x->at = BAM_REST;
		x->want = 4;
		return true;
	default:
		return false;
	}
}

static bool bam_bytes(void *p, const uint8_t *b, size_t n)
{
	struct bam *x = p;
	size_t k;

	while (n) {
		if (x->at == BAM_REST) {
			k = x->skip < n ? (size_t)x->skip : n;
			x->skip -= k;
			b += k;
			n -= k;
			if (x->skip == 0)
				x->at = BAM_SIZE;
			continue;
		}
		k = x->want - x->got.n < n ? x->want - x->got.n : n;
		if (buf_add(&x->got, b, k) != ST_OK) {
			x->g.nomem = true;
			return false;
		}
		b += k;
		n -= k;
		if (x->got.n < x->want)
			return true;
		if (!bam_step(x))
			return false;
		buf_clear(&x->got);
	}
	return true;
}

static void bam_end(void *p)
{
	struct bam *x = p;

	if (x->at != BAM_BAD && !(x->at == BAM_SIZE && x->got.n == 0) && !(x->at == BAM_REST && x->skip == 0))
		fact_partial(x->g.f, "cut off behind %llu alignments", (unsigned long long)x->g.records);
	sam_put(&x->g, "BAM");
}

static void bam_release(void *p)
{
	struct bam *x = p;

	genome_release(&x->g);
	buf_release(&x->got);
}

static const struct lines_kind bam_kind = {
	.bid = bam_bid, .size = sizeof(struct bam), .media = "application/vnd.samtools.bam", .open = bam_open, .bytes = bam_bytes, .end = bam_end,
	.release = bam_release,
};

static const struct lines_kind *const kinds[] = { &vcf_kind, &bed_kind, &gff_kind, &sam_kind, &bam_kind };

LINES_EXTRACTOR(ex_genome, "genome", 1, kinds);
