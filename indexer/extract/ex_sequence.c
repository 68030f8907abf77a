/*
 * Sequences: FASTA, FASTQ (also wrapped over lines), GenBank and EMBL flat files; plain or behind gzip. Counts are exact; what is malformed is told with the
 * number of its record, and reading stops there.
 */

#include <ctype.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/genome_int.h"
#include "indexer/extract/lines_int.h"

struct tally {
	uint64_t n[256];
	uint64_t count, residues, shortest, longest, length;	/* length: of the sequence being read */
	bool open;
};

static void tally_add(struct tally *t, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		t->n[(uint8_t)s.p[i]]++;
	t->length += s.n;
}

static void tally_end(struct tally *t)
{
	if (!t->open)
		return;
	t->open = false;
	if (t->count++ == 0 || t->length < t->shortest)
		t->shortest = t->length;
	if (t->length > t->longest)
		t->longest = t->length;
	t->residues += t->length;
	t->length = 0;
}

static void tally_begin(struct tally *t)
{
	tally_end(t);
	t->open = true;
}

static uint64_t letters(const struct tally *t, const char *set)
{
	uint64_t sum = 0;

	for (; *set; set++)
		sum += t->n[(uint8_t)*set] + t->n[(uint8_t)tolower(*set)];
	return sum;
}

/* Nucleotides with the codes for "one of several"; a protein of nothing but A, C, G, T and N does not happen in more than a few residues. */
static const char *alphabet(const struct tally *t)
{
	uint64_t core = letters(t, "ACGTUN"), wide = letters(t, "ACGTUNRYSWKMBDHV"), all = letters(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (all == 0)
		return NULL;
	if (wide == all && core * 10 >= all * 9)
		return letters(t, "U") && !letters(t, "T") ? "rna" : "dna";
	return "protein";
}

static void tally_put(struct fact *f, const struct tally *t, const char *kind)
{
	json_t *o = fact_object(f, "sequences");
	uint64_t acgt = letters(t, "ACGTU");

	if (o == NULL)
		return;
	fact_put_int(f, o, "count", (int64_t)t->count);
	fact_put_int(f, o, "residues", (int64_t)t->residues);
	if (t->count) {
		fact_put_int(f, o, "minLength", (int64_t)t->shortest);
		fact_put_int(f, o, "maxLength", (int64_t)t->longest);
	}
	kind = kind ? kind : alphabet(t);
	if (kind)
		fact_put_text(f, o, "alphabet", slice_str(kind));
	if (kind && strcmp(kind, "protein") != 0 && acgt)
		fact_put_real(f, o, "gc", (double)(letters(t, "GC")) / (double)acgt);
	if (kind && strcmp(kind, "protein") != 0 && letters(t, "N"))
		fact_put_int(f, o, "unknown", (int64_t)letters(t, "N"));
}

/* Organisms named in the file; the facts have one when all agree. */
struct named { struct roll names; uint64_t taxon; bool taxon_differs; };

static bool named_add(struct named *o, struct slice name)
{
	return slice_trim(name).n == 0 || roll_add(&o->names, slice_trim(name));
}

static void named_taxon(struct named *o, uint64_t taxon)
{
	if (o->taxon && o->taxon != taxon)
		o->taxon_differs = true;
	o->taxon = taxon;
}

static void named_put(struct fact *f, struct named *o)
{
	json_t *names = roll_names(&o->names), *org;

	if (o->names.n == 1 && (org = fact_object(f, "organism")) != NULL && json_object_size(org) == 0) {
		fact_put(f, org, "name", json_incref(json_array_get(names, 0)));
		if (o->taxon && !o->taxon_differs)
			fact_put_int(f, org, "taxon", (int64_t)o->taxon);
	} else if (o->names.n > 1 && (org = fact_object(f, "sequences")) != NULL) {
		while (json_array_size(names) > 100)
			json_array_remove(names, json_array_size(names) - 1);
		fact_put(f, org, "organisms", json_incref(names));
	}
	json_decref(names);
}

/* The digits at the front of ${s}. */
static uint64_t digits(struct slice s)
{
	size_t n = 0;
	uint64_t v = 0;

	while (n < s.n && n < 18 && s.p[n] >= '0' && s.p[n] <= '9')
		v = v * 10 + (uint64_t)(s.p[n++] - '0');
	return v;
}

static struct slice behind(struct slice s, const char *mark)
{
	const char *p = memmem(s.p, s.n, mark, strlen(mark));

	return p ? slice_of(p + strlen(mark), s.n - (size_t)(p - s.p) - strlen(mark)) : SLICE_NULL;
}

/* ---- FASTA ---- */

struct fasta {
	struct fact *f;
	struct tally t;
	struct named org;
	struct roll ids;		/* of the first sequences */
	const struct assembly *assembly;
	char id[200];			/* of the sequence being read */
	bool assembly_differs, in_head, nomem;
	uint64_t bad, first_bad, empty;
};

static bool is_residues(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!isalpha((unsigned char)s.p[i]) && s.p[i] != '*' && s.p[i] != '-' && s.p[i] != '.')
			return false;
	return s.n > 0;
}

static int fasta_bid(const struct head *h, struct slice s)
{
	struct slice line;
	bool named = head_ext_is(h, " fa fasta fna faa ffn frn fas fsa mpfa seq "), head = false;
	unsigned seen = 0;

	while (seen < 20 && line_next(&s, &line)) {
		line = slice_trim(line);
		if (line.n == 0 || (line.p[0] == ';' && head))
			continue;
		if (line.p[0] == '>' && (line.n > 1 || named))
			head = true;
		else if (!head || (s.n == 0 && seen > 0 ? false : !is_residues(line)))
			return 0;
		seen++;
	}
	return !head || seen < 2 ? named && head ? 60 : 0 : named ? 95 : 70;
}

static bool fasta_open(void *p, struct fact *f, const struct head *h)
{
	struct fasta *x = p;

	(void)h;
	x->f = f;
	fact_format(f, "FASTA", NULL, NULL);
	return true;
}

static void fasta_close(struct fasta *x)
{
	const struct assembly *a;

	if (!x->t.open)
		return;
	x->empty += x->t.length == 0;
	if ((a = assembly_of_contig(slice_str(x->id), x->t.length)) != NULL) {
		x->assembly_differs |= x->assembly && x->assembly != a;
		x->assembly = a;
	}
	tally_end(&x->t);
}

/* "sp|P00193|FER_PEPAS Ferredoxin OS=Peptostreptococcus asaccharolyticus OX=1258 PE=1", "NP_001.1 protein [Homo sapiens]" */
static bool fasta_head(struct fasta *x, struct slice s)
{
	struct slice id, os, ox;
	size_t i;

	fasta_close(x);
	tally_begin(&x->t);
	s = slice_trim(s);
	for (i = 0; i < s.n && s.p[i] != ' ' && s.p[i] != '\t'; i++)
		;
	id = slice_of(s.p, i);
	snprintf(x->id, sizeof(x->id), "%.*s", (int)(id.n < 190 ? id.n : 190), id.n ? id.p : "");
	if (x->t.count < 100 && id.n && !roll_add(&x->ids, id))
		return false;
	if ((os = behind(s, " OS=")).p != NULL) {
		for (i = 0; i + 3 < os.n && !(os.p[i] == ' ' && isupper((unsigned char)os.p[i + 1]) && isupper((unsigned char)os.p[i + 2]) && os.p[i + 3] == '='); i++)
			;
		if ((ox = behind(s, " OX=")).p != NULL)
			named_taxon(&x->org, digits(ox));
		return named_add(&x->org, slice_of(os.p, i + 3 < os.n ? i : os.n));
	}
	if (s.n > 4 && s.p[s.n - 1] == ']' && (os.p = memrchr(s.p, '[', s.n)) != NULL) {
		os = slice_of(os.p + 1, s.n - 2 - (size_t)(os.p - s.p));
		if (os.n > 4 && os.n < 100 && isupper((unsigned char)os.p[0]) && memchr(os.p, '=', os.n) == NULL)
			return named_add(&x->org, os);
	}
	return true;
}

static bool fasta_line(void *p, struct slice s, unsigned part)
{
	struct fasta *x = p;
	struct slice w;

	if ((part & LINE_BEGINS) && s.n && s.p[0] == '>') {
		x->in_head = !(part & LINE_ENDS);
		x->nomem |= !fasta_head(x, slice_of(s.p + 1, s.n - 1));
		return !x->nomem;
	}
	if (x->in_head || ((part & LINE_BEGINS) && s.n && s.p[0] == ';')) {
		x->in_head = !(part & LINE_ENDS);
		return true;
	}
	while (word_next(&s, "", &w)) {
		if (!x->t.open)
			continue;
		if (!is_residues(w) && x->bad++ == 0)
			x->first_bad = x->t.count + 1;
		tally_add(&x->t, w);
	}
	return true;
}

static void fasta_end(void *p)
{
	struct fasta *x = p;

	fasta_close(x);
	if (x->nomem)
		lines_nomem(x->f);
	if (x->bad)
		fact_check(x->f, "bad-residues", true, "%llu lines hold characters that are no residues, the first in sequence %llu", (unsigned long long)x->bad,
		    (unsigned long long)x->first_bad);
	if (x->empty)
		fact_check(x->f, "empty-sequences", true, "%llu sequences have no residues", (unsigned long long)x->empty);
	tally_put(x->f, &x->t, NULL);
	if (x->ids.n)
		fact_put(x->f, fact_object(x->f, "sequences"), "names", roll_names(&x->ids));
	if (x->assembly && !x->assembly_differs)
		assembly_put(x->f, fact_object(x->f, "genome"), x->assembly);
	named_put(x->f, &x->org);
}

static void fasta_release(void *p)
{
	struct fasta *x = p;

	roll_release(&x->ids);
	roll_release(&x->org.names);
}

static const struct lines_kind fasta_kind = {
	.bid = fasta_bid, .size = sizeof(struct fasta), .media = "text/x-fasta", .open = fasta_open, .line = fasta_line, .end = fasta_end,
	.release = fasta_release, .pieces = true,
};

/* ---- FASTQ ---- */

enum fastq_at { FQ_HEAD, FQ_SEQ, FQ_PLUS, FQ_QUAL, FQ_STOP };

struct fastq {
	struct fact *f;
	struct tally t;
	enum fastq_at at;
	uint64_t quality;		/* characters of it so far */
	uint8_t qmin, qmax;
	uint64_t q[256];
	char name[100];
};

static int fastq_bid(const struct head *h, struct slice s)
{
	struct slice line;
	bool named = head_ext_is(h, " fastq fq "), seq = false;
	unsigned seen = 0;

	if (!line_next(&s, &line) || line.n < 2 || line.p[0] != '@')
		return 0;
	while (seen++ < 2000 && line_next(&s, &line)) {
		if (line.n && line.p[0] == '+' && seq)
			return named ? 95 : 75;
		if (!is_residues(slice_trim(line)))
			return 0;
		seq = true;
	}
	return named && seq ? 80 : 0;
}

static bool fastq_open(void *p, struct fact *f, const struct head *h)
{
	struct fastq *x = p;

	(void)h;
	x->f = f;
	x->qmin = 255;
	fact_format(f, "FASTQ", NULL, NULL);
	return true;
}

static bool fastq_wrong(struct fastq *x, const char *what)
{
	x->at = FQ_STOP;
	fact_partial(x->f, "record %llu is malformed: %s", (unsigned long long)x->t.count + (x->t.open ? 1 : x->t.count == 0), what);
	fact_check(x->f, "malformed-record", true, "record %llu ('%s'): %s", (unsigned long long)x->t.count + (x->t.open ? 1 : 0), x->name, what);
	return false;
}

static bool fastq_quality(struct fastq *x, struct slice s, unsigned part)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < 33 || c > 126)
			return fastq_wrong(x, "a character that is no quality");
		x->q[c]++;
	}
	x->quality += s.n;
	if (x->quality > x->t.length)
		return fastq_wrong(x, "more qualities than bases");
	if ((part & LINE_ENDS) && x->quality == x->t.length) {
		tally_end(&x->t);
		x->at = FQ_HEAD;
	}
	return true;
}

static bool fastq_line(void *p, struct slice s, unsigned part)
{
	struct fastq *x = p;

	if (x->at == FQ_HEAD) {
		if (!(part & LINE_BEGINS) || slice_trim(s).n == 0)
			return true;
		snprintf(x->name, sizeof(x->name), "%.*s", (int)(s.n < 90 ? s.n : 90) - 1, s.p + 1);
		tally_begin(&x->t);
		if (s.p[0] != '@')
			return fastq_wrong(x, "no @ where a record should begin");
		x->quality = 0;
		x->at = FQ_SEQ;
		return true;
	}
	if (x->at == FQ_SEQ && (part & LINE_BEGINS) && s.n && s.p[0] == '+') {
		x->at = FQ_PLUS;
		if (!(part & LINE_ENDS))
			return true;
		x->at = FQ_QUAL;
		if (x->t.length == 0) {		/* an empty read has an empty quality line */
			tally_end(&x->t);
			x->at = FQ_HEAD;
		}
		return true;
	}
	if (x->at == FQ_PLUS) {
		if (part & LINE_ENDS)
			x->at = FQ_QUAL;
		return true;
	}
	if (x->at == FQ_SEQ) {
		if ((part & LINE_BEGINS) && s.n && s.p[0] == '@')
			return fastq_wrong(x, "a new record before its qualities");
		if (s.n && !is_residues(s))
			return fastq_wrong(x, "a character that is no base");
		tally_add(&x->t, s);
		return true;
	}
	return x->at == FQ_QUAL ? fastq_quality(x, s, part) : false;
}

static void fastq_end(void *p)
{
	struct fastq *x = p;
	json_t *o, *q;
	unsigned c, offset;

	if (x->at != FQ_HEAD && x->at != FQ_STOP) {
		fact_partial(x->f, "cut off inside record %llu: %llu bases and %llu qualities", (unsigned long long)x->t.count + 1, (unsigned long long)x->t.length,
		    (unsigned long long)x->quality);
		fact_check(x->f, "cut-short", true, "record %llu ('%s') ends before its qualities do", (unsigned long long)x->t.count + 1, x->name);
	}
	x->t.open = false;		/* a record that did not end does not count */
	tally_put(x->f, &x->t, x->t.residues ? (letters(&x->t, "U") && !letters(&x->t, "T") ? "rna" : "dna") : NULL);
	for (c = 33; c < 127; c++)
		if (x->q[c]) {
			x->qmin = x->qmin < c ? x->qmin : (uint8_t)c;
			x->qmax = (uint8_t)c;
		}
	if (x->qmax == 0 || (o = fact_object(x->f, "sequences")) == NULL || (q = json_object()) == NULL)
		return;
	offset = x->qmin < 59 || x->qmax <= 74 ? 33 : 64;
	fact_put_text(x->f, q, "encoding", offset == 33 ? SLICE("Phred+33") : x->qmin < 64 ? SLICE("Solexa+64") : SLICE("Phred+64"));
	fact_put_int(x->f, q, "min", (int64_t)x->qmin - offset);
	fact_put_int(x->f, q, "max", (int64_t)x->qmax - offset);
	{
		double sum = 0, n = 0;

		for (c = 33; c < 127; c++) {
			sum += (double)x->q[c] * ((double)c - offset);
			n += (double)x->q[c];
		}
		fact_put_real(x->f, q, "mean", sum / n);
	}
	fact_put(x->f, o, "quality", q);
}

static const struct lines_kind fastq_kind = {
	.bid = fastq_bid, .size = sizeof(struct fastq), .media = "text/x-fastq", .open = fastq_open, .line = fastq_line, .end = fastq_end, .pieces = true,
};

/* ---- GenBank and EMBL ---- */

struct flat {
	struct fact *f;
	bool embl, in_seq, in_features, in_def, in_org, done_first, nomem;
	struct tally t;
	struct named org;
	struct roll features, names;
	struct buf def;			/* DEFINITION of the first record */
	uint64_t stated, differ;	/* length on the first line; records where it is another than counted */
	bool protein;
};

static int flat_bid(const struct head *h, struct slice s)
{
	struct slice line;

	(void)h;
	while (line_next(&s, &line)) {
		if (slice_trim(line).n == 0)
			continue;
		if (slice_starts(line, "LOCUS       ") && (slice_has(line, " bp ") || slice_has(line, " aa ")))
			return 95;
		return slice_starts(line, "ID   ") && slice_has(line, "; ") && (slice_has(line, " BP.") || slice_has(line, " AA.")) ? 95 : 0;
	}
	return 0;
}

static bool flat_open(void *p, struct fact *f, const struct head *h)
{
	struct flat *x = p;

	(void)h;
	x->f = f;
	buf_init(&x->def, 4000);
	return true;
}

/* "LOCUS NC_001422 5386 bp ss-DNA circular", "ID X56734; SV 1; linear; mRNA; STD; PLN; 1859 BP." */
static void flat_begin(struct flat *x, struct slice s)
{
	struct slice w, before = SLICE_NULL, rest = s, name = SLICE_NULL;
	unsigned i = 0;

	if (x->t.count == 0 && !x->t.open)
		fact_format(x->f, x->embl ? "EMBL" : "GenBank", NULL, NULL);
	tally_begin(&x->t);
	x->stated = 0;
	while (word_next(&rest, ";", &w)) {
		if (i++ == 1)
			name = w;
		if ((slice_ieq_str(w, "bp") || slice_ieq_str(w, "bp.")) && before.n)
			x->stated = digits(before);
		else if ((slice_ieq_str(w, "aa") || slice_ieq_str(w, "aa.")) && before.n) {
			x->stated = digits(before);
			x->protein = true;
		}
		before = w;
	}
	if (x->t.count < 100 && name.n)
		x->nomem |= !roll_add(&x->names, name);
	x->in_seq = x->in_features = x->in_def = false;
}

static void flat_close(struct flat *x)
{
	if (!x->t.open)
		return;
	if (x->stated && x->t.length && x->t.length != x->stated)
		x->differ++;
	if (x->t.length == 0)
		x->t.length = x->stated;	/* a record without its sequence still says how long it is */
	tally_end(&x->t);
	x->in_seq = x->in_features = false;
	x->done_first = true;
}

static void flat_feature(struct flat *x, struct slice s, size_t indent)
{
	struct slice t = slice_trim(s), v;

	if (s.n > indent && s.p[indent] != ' ' && indent + 16 < s.n) {
		size_t n = 0;

		while (indent + n < s.n && s.p[indent + n] != ' ')
			n++;
		if (s.n > indent && n < 16)
			x->nomem |= !roll_add(&x->features, slice_of(s.p + indent, n));
		return;
	}
	if ((v = behind(t, "/db_xref=\"taxon:")).p != NULL)
		named_taxon(&x->org, digits(v));
}

static void flat_residues(struct flat *x, struct slice s)
{
	struct slice w;

	while (word_next(&s, "", &w))
		if (isalpha((unsigned char)w.p[0]))
			tally_add(&x->t, w);
}

static void genbank_line(struct flat *x, struct slice s)
{
	if (slice_starts(s, "LOCUS  ")) {
		flat_begin(x, s);
		return;
	}
	if (s.n && s.p[0] != ' ') {
		x->in_def = slice_starts(s, "DEFINITION") && !x->done_first;
		x->in_features = slice_starts(s, "FEATURES");
		x->in_seq = slice_starts(s, "ORIGIN");
		if (x->in_def)
			buf_addsl(&x->def, columns(s, 13, s.n));
		return;
	}
	if (x->in_seq)
		flat_residues(x, s);
	else if (x->in_features)
		flat_feature(x, s, 5);
	else if (x->in_def && x->def.n < 3000) {
		buf_addc(&x->def, ' ');
		buf_addsl(&x->def, utf8_clip(columns(s, 13, s.n), 500));
	} else if (slice_starts(s, "  ORGANISM"))
		x->nomem |= !named_add(&x->org, columns(s, 13, s.n));
}

static void embl_line(struct flat *x, struct slice s)
{
	struct slice v;

	if (slice_starts(s, "ID   "))
		flat_begin(x, s);
	else if (slice_starts(s, "DE   ") && !x->done_first && x->def.n < 3000) {
		if (x->def.n)
			buf_addc(&x->def, ' ');
		buf_addsl(&x->def, utf8_clip(columns(s, 6, s.n), 500));
	} else if (slice_starts(s, "OS   "))
		x->nomem |= !named_add(&x->org, columns(s, 6, s.n));
	else if (slice_starts(s, "OX   ") && (v = behind(s, "NCBI_TaxID=")).p != NULL)
		named_taxon(&x->org, digits(v));
	else if (slice_starts(s, "FT   "))
		flat_feature(x, s, 5);
	else if (slice_starts(s, "SQ   "))
		x->in_seq = true;
	else if (x->in_seq && s.n && s.p[0] == ' ')
		flat_residues(x, s);
}

static bool flat_line(void *p, struct slice s, unsigned part)
{
	struct flat *x = p;

	(void)part;
	if (slice_starts(s, "//"))
		flat_close(x);
	else {
		if (!x->t.open && slice_starts(s, "ID   "))
			x->embl = true;
		if (x->embl)
			embl_line(x, s);
		else
			genbank_line(x, s);
	}
	return !x->nomem;
}

static void flat_end(void *p)
{
	struct flat *x = p;

	if (x->t.open) {
		fact_partial(x->f, "cut off inside record %llu", (unsigned long long)x->t.count + 1);
		flat_close(x);
	}
	if (x->nomem)
		lines_nomem(x->f);
	if (x->differ)
		fact_check(x->f, "length-differs", true, "in %llu records the sequence is not as long as the first line says", (unsigned long long)x->differ);
	tally_put(x->f, &x->t, x->protein ? "protein" : NULL);
	if (x->features.n) {
		json_t *g = fact_object(x->f, "genome"), *counts = roll_counts(&x->features), *v;
		const char *k;
		int64_t sum = 0;

		json_object_foreach(counts, k, v)
			sum += json_integer_value(v);
		fact_put_int(x->f, g, "features", sum);
		fact_put(x->f, g, "featureTypes", counts);
	}
	fact_put(x->f, fact_object(x->f, "sequences"), "names", x->names.n ? roll_names(&x->names) : json_array());
	named_put(x->f, &x->org);
	if (x->t.count == 1)
		propose_title(x->f, x->def.n ? buf_slice(&x->def) : SLICE(""), x->embl ? "DE" : "DEFINITION");
}

static void flat_release(void *p)
{
	struct flat *x = p;

	roll_release(&x->features);
	roll_release(&x->names);
	roll_release(&x->org.names);
	buf_release(&x->def);
}

static const struct lines_kind flat_kind = {
	.bid = flat_bid, .size = sizeof(struct flat), .media = "chemical/x-genbank", .open = flat_open, .line = flat_line, .end = flat_end, .release = flat_release,
};

static const struct lines_kind *const kinds[] = { &fasta_kind, &fastq_kind, &flat_kind };

LINES_EXTRACTOR(ex_sequence, "sequence", 1, kinds);
