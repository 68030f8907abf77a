/* Extractors claim a file by its first bytes. A new format is a row here, a file of its own, and a line in docs/formats/read.md. */

#include <stdlib.h>

#include "base/json.h"
#include "indexer/extract/extract_int.h"

static const struct extractor *const extractors[] = {
	&ex_audio,
	&ex_archive,
	&ex_html,
	&ex_notebook,
	&ex_pdf,
	&ex_csv,
	&ex_json,
	&ex_arff,
	&ex_rdata,
	&ex_arrow,
	&ex_sheet,
	&ex_stat,
	&ex_jpeg,
	&ex_picture,
	&ex_png,
	&ex_parquet,
	&ex_sqlite,
	&ex_ome,
	&ex_tiff,
	&ex_dicom,
	&ex_nifti,
	&ex_geojson,
	&ex_shape,
	&ex_prj,
	&ex_dbf,
	&ex_geoxml,
	&ex_gpkg,
	&ex_text,
	&ex_netcdf,
	&ex_cif,
	&ex_genome,
	&ex_jcamp,
	&ex_mass,
	&ex_molecule,
	&ex_scan,
	&ex_sequence,
	&ex_hdf,
	&ex_fits,
	&ex_grib,
	&ex_mat,
	&ex_npy,
	&ex_zarr,
	&ex_safetensors,
	&ex_gguf,
	&ex_onnx,
	&ex_pickle,
	&ex_structure,
	&ex_volume,
	&ex_xml,
};

#define READ_STEP	((size_t)256 << 10)

struct extract {
	char *name;
	uint64_t size, came;
	struct buf head;		/* until somebody claims it, and while he lives */
	struct buf text;
	struct head h;
	const struct extractor *ex;	/* NULL: nobody */
	void *x;			/* of those that are pushed */
	struct buf all;			/* of those that read where they like: the file, when it comes as a stream */
	struct source *src;		/* or where it can be read; borrowed */
	bool claimed;			/* the question was put */
	bool enough, nomem;
	unsigned depth;
	struct slice beside;
	const char *media;		/* of those that read where they like; borrowed */
};

st_t extract_new(struct extract **out, const char *name, uint64_t size, struct err *e)
{
	struct extract *x;

	if ((x = calloc(1, sizeof(*x))) == NULL || (x->name = slice_dup(slice_str(name))) == NULL) {
		free(x);
		return err_set(e, ST_NOMEM, " ");
	}
	x->size = size;
	buf_init(&x->head, HEAD_MAX);
	buf_init(&x->text, HEAD_MAX * 3 + 16);
	buf_init(&x->all, READ_WHOLE);
	*out = x;
	return ST_OK;
}

st_t extract_nested(struct extract **out, const char *name, uint64_t size, unsigned depth)
{
	st_t st = extract_new(out, name, size, NULL);

	if (st == ST_OK)
		(*out)->depth = depth;
	return st;
}

void extract_free(struct extract *x)
{
	if (x == NULL)
		return;
	if (x->ex && x->ex->free)
		x->ex->free(x->x);
	buf_release(&x->all);
	buf_release(&x->head);
	buf_release(&x->text);
	free(x->name);
	free(x);
}

static void head_ext(struct head *h)
{
	const char *slash = strrchr(h->name, '/'), *base = slash ? slash + 1 : h->name, *dot = strrchr(base, '.');
	size_t i;

	if (dot == NULL || dot == base || strlen(dot + 1) >= sizeof(h->ext))
		return;
	for (i = 0; dot[1 + i]; i++)
		h->ext[i] = (char)(dot[1 + i] >= 'A' && dot[1 + i] <= 'Z' ? dot[1 + i] + 32 : dot[1 + i]);
}

static st_t head_fill(struct extract *x, bool whole)
{
	struct head *h = &x->h;
	struct dec *d = NULL;
	st_t st = ST_OK;

	memset(h, 0, sizeof(*h));
	h->p = (const uint8_t *)(x->head.p ? x->head.p : "");
	h->n = x->head.n;
	h->size = x->size;
	h->whole = whole;
	h->depth = x->depth;
	h->beside = x->beside;
	h->name = x->name;
	head_ext(h);
	h->magic = magic_media(h->p, h->n);
	enc_guess(&h->enc, h->p, h->n, whole);
	if (h->magic || h->enc.enc == ENC_BINARY || h->enc.enc == ENC_UNKNOWN)
		return ST_OK;
	if ((st = dec_new(&d, h->enc, NULL)) == ST_OK) {
		size_t at, k;

		for (at = 0; at < h->n && st == ST_OK; at += k) {
			k = h->n - at < 65536 ? h->n - at : 65536;
			st = dec_push(d, h->p + at, k, whole && at + k == h->n, &x->text, NULL);
		}
		h->text_bad = st != ST_OK && st != ST_NOMEM;
		h->text = x->text.n ? buf_slice(&x->text) : slice_of("", 0);
	}
	dec_free(d);
	return st == ST_NOMEM ? st : ST_OK;
}

/* Text whose first line is longer than the head: wait for more. */
static bool head_too_short(const struct extract *x)
{
	struct enc_guess g;

	if (x->head.n >= HEAD_MAX || memchr(x->head.p, '\n', x->head.n) || memchr(x->head.p, '\r', x->head.n))
		return false;
	enc_guess(&g, (const uint8_t *)x->head.p, x->head.n, false);
	return g.enc != ENC_BINARY && magic_media((const uint8_t *)x->head.p, x->head.n) == NULL;
}

/* A stream for one who reads where he likes. Too long for that: extract_end() says so. */
static st_t keep(struct extract *x, const void *p, size_t n)
{
	if (x->size > READ_WHOLE && x->size != EXTRACT_UNKNOWN)
		return ST_EOF;
	return buf_add(&x->all, p, n) == ST_NOMEM ? ST_NOMEM : x->all.st == ST_OK ? ST_OK : ST_EOF;
}

static st_t bids(struct extract *x, bool whole)
{
	size_t i;
	int best = 0, b;
	st_t st;

	x->claimed = true;
	if ((st = head_fill(x, whole)) != ST_OK)
		return st;
	for (i = 0; i < sizeof(extractors) / sizeof(extractors[0]); i++)
		if ((b = extractors[i]->bid(&x->h)) > best) {
			best = b;
			x->ex = extractors[i];
		}
	return ST_OK;
}

static st_t claim(struct extract *x, bool whole, struct err *e)
{
	st_t st;

	if ((st = bids(x, whole)) != ST_OK)
		return st;
	if (x->ex == NULL || (x->ex->read && x->src))
		return ST_EOF;
	if (x->ex->read)
		return keep(x, x->h.p, x->h.n);
	if ((st = x->ex->open(&x->x, &x->h, e)) != ST_OK)
		return st;
	return x->ex->push(x->x, x->h.p, x->h.n, e);
}

static st_t settle(struct extract *x, st_t st)
{
	if (st == ST_NOMEM) {
		x->nomem = true;
		st = ST_EOF;
	}
	x->enough = st != ST_OK;
	return st;
}

st_t extract_push(struct extract *x, const void *p, size_t n, struct err *e)
{
	size_t k;
	st_t st;

	x->came += n;
	while (n && !x->enough && !x->claimed) {
		k = HEAD_MAX - x->head.n < n ? HEAD_MAX - x->head.n : n;
		if (buf_add(&x->head, p, k) != ST_OK)
			return settle(x, ST_NOMEM);
		p = (const char *)p + k;
		n -= k;
		if (x->head.n < HEAD_MIN || head_too_short(x))
			continue;
		if ((st = settle(x, claim(x, false, e))) != ST_OK)
			return st;
	}
	if (n == 0 || x->enough)
		return x->enough ? ST_EOF : ST_OK;
	return settle(x, x->ex->read ? keep(x, p, n) : x->ex->push(x->x, p, n, e));
}

/* Media type of what nobody claimed. */
static const char *other_media(const struct extract *x)
{
	if (x->h.magic)
		return x->h.magic;
	if (x->h.size == 0)
		return "application/x-empty";
	if (x->h.enc.enc == ENC_BINARY || x->h.enc.enc == ENC_UNKNOWN)
		return "application/octet-stream";
	return ext_media(x->h.ext) ? ext_media(x->h.ext) : "text/plain";
}

static st_t put_document(struct extract *x, const char *status, const char *reason, const char *members, size_t n, struct buf *out)
{
	const char *media = x->media ? x->media : x->ex && x->x ? x->ex->media(x->x) : other_media(x);

	buf_addf(out, "{\"extractor\":\"%s\",\"version\":%u,\"status\":\"%s\"", x->ex ? x->ex->name : "none", x->ex ? x->ex->version : 1, status);
	if (reason) {
		buf_adds(out, ",\"reason\":");
		json_quote(out, slice_str(reason));
	}
	buf_addf(out, ",\"media\":\"%s\",\"bytes\":%llu", media, (unsigned long long)x->size);
	buf_add(out, members, n);
	return buf_addc(out, '}');
}

static st_t end_reading(struct extract *x, struct buf *out)
{
	size_t room = out->max > 2000 ? out->max - 2000 : 0;
	struct buf members = BUF_INIT(room);
	struct fact *f = fact_new(room);
	struct source mem;
	st_t st = f ? ST_OK : ST_NOMEM;

	if (st == ST_OK && x->src == NULL && x->all.n < x->size)
		fact_unreadable(f, "inside another file, and longer than the %u MB that are read there", (unsigned)(READ_WHOLE >> 20));
	else if (st == ST_OK) {
		source_mem(&mem, x->all.p ? x->all.p : "", x->all.n);
		st = x->ex->read(f, &x->h, x->src ? x->src : &mem);
	}
	if (st == ST_OK)
		st = fact_write(f, &members);
	if (st == ST_OK) {
		x->media = fact_media_get(f);
		st = put_document(x, fact_status(f), fact_reason(f), members.p ? members.p : "", members.n, out);
	} else if (st == ST_NOMEM) {
		buf_clear(out);
		st = put_document(x, "unreadable", "needs more memory than its budget", "", 0, out);
	}
	x->media = NULL;
	buf_release(&members);
	fact_free(f);
	return st;
}

st_t extract_end(struct extract *x, struct buf *out, struct err *e)
{
	struct buf members = BUF_INIT(out->max > 2000 ? out->max - 2000 : 0);
	struct err why = ERR_INIT;
	const char *status = "unknown";
	st_t st = ST_OK;

	if (x->size == EXTRACT_UNKNOWN)
		x->size = x->came;
	if (!x->claimed && !x->enough)
		settle(x, claim(x, true, e));
	if (!x->nomem && x->ex && x->ex->read) {
		buf_release(&members);
		return end_reading(x, out);
	}
	if (!x->nomem && x->ex)
		st = x->ex->finish(x->x, &members, &status, &why, e);
	if (x->nomem || st == ST_NOMEM) {
		buf_clear(&members);
		st = put_document(x, "unreadable", "needs more memory than its budget", "", 0, out);
	} else if (x->ex == NULL)
		st = put_document(x, x->size ? "unknown" : "ok", x->size ? "format not known" : NULL, "", 0, out);
	else
		st = put_document(x, status, strcmp(status, "ok") == 0 ? NULL : why.text, members.p ? members.p : "", members.n, out);
	buf_release(&members);
	return st;
}

/* ---- a file that can be read anywhere ---- */

static st_t head_read(struct extract *x, struct err *e)
{
	size_t want, got;
	st_t st = ST_OK;

	do {
		want = x->head.n < HEAD_MIN ? HEAD_MIN - x->head.n : HEAD_MIN;
		if (want > x->src->size - x->head.n)
			want = (size_t)(x->src->size - x->head.n);
		if (want == 0 || buf_reserve(&x->head, want) != ST_OK)
			break;
		if ((st = source_read(x->src, x->head.n, x->head.p + x->head.n, want, &got, e)) != ST_OK)
			return st;
		x->head.n += got;
		x->head.p[x->head.n] = '\0';
	} while (head_too_short(x));
	return x->head.st == ST_NOMEM ? ST_NOMEM : st;
}

static st_t push_rest(struct extract *x, struct err *e)
{
	struct buf piece = BUF_INIT(READ_STEP);
	uint64_t at = x->head.n;
	size_t got;
	st_t st = buf_reserve(&piece, READ_STEP);

	while (st == ST_OK && at < x->src->size) {
		if ((st = source_read(x->src, at, piece.p, READ_STEP, &got, e)) != ST_OK)
			break;
		at += got;
		st = x->ex->push(x->x, (const uint8_t *)piece.p, got, e);
	}
	buf_release(&piece);
	return st;
}

st_t extract_source(struct source *src, const char *name, struct buf *out, struct err *e)
{
	return extract_beside(src, name, SLICE_NULL, out, e);
}

st_t extract_beside(struct source *src, const char *name, struct slice beside, struct buf *out, struct err *e)
{
	struct err mine = ERR_INIT;
	struct extract *x;
	st_t st;

	if ((st = extract_new(&x, name, src->size, e)) != ST_OK)
		return st;
	x->src = src;
	x->beside = beside;
	if ((st = head_read(x, &mine)) == ST_OK) {
		st = claim(x, x->head.n == src->size, &mine);
		if (st == ST_OK)
			st = push_rest(x, &mine);
	}
	if (st == ST_IO)
		st = extract_failed(out, "unreadable", mine.text, src->size);
	else {
		settle(x, st);
		st = extract_end(x, out, e);
	}
	extract_free(x);
	return st;
}

st_t extract_detect(struct source *src, const char *name, struct buf *out, struct err *e)
{
	struct extract *x;
	st_t st;

	if ((st = extract_new(&x, name, src->size, e)) != ST_OK)
		return st;
	x->src = src;
	if ((st = head_read(x, e)) == ST_OK && (st = bids(x, x->head.n == src->size)) == ST_OK)
		st = buf_addf(out, "{\"extractor\":\"%s\",\"version\":%u,\"status\":\"detected\",\"media\":\"%s\",\"bytes\":%llu}", x->ex ? x->ex->name : "none",
		    x->ex ? x->ex->version : 1, other_media(x), (unsigned long long)src->size);
	extract_free(x);
	return st;
}

st_t extract_failed(struct buf *out, const char *status, const char *reason, uint64_t size)
{
	buf_clear(out);
	buf_addf(out, "{\"extractor\":\"helper\",\"version\":1,\"status\":\"%s\",\"reason\":", status);
	json_quote(out, slice_str(reason));
	return buf_addf(out, ",\"media\":\"application/octet-stream\",\"bytes\":%llu}", (unsigned long long)size);
}
