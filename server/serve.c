#include "server/serve.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "server/negotiate.h"
#include "store/upload.h"

const char *serve_disposition(struct req *r, const char *name)
{
	const char *slash = strrchr(name, '/'), *base = slash == NULL ? name : slash + 1, *p;
	struct buf b = BUF_INIT(8192);
	const char *text = "attachment";

	buf_adds(&b, "attachment; filename=\"");
	for (p = base; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c & 0xC0) != 0x80)
			buf_addc(&b, c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '%' ? '_' : (char)c);
	}
	buf_adds(&b, "\"; filename*=UTF-8''");
	percent_encode(&b, slice_str(base), NULL);
	if (b.st == ST_OK)
		text = req_zstr(r, buf_slice(&b));
	buf_release(&b);
	return text;
}

enum range serve_range(struct slice field, uint64_t size, uint64_t *off, uint64_t *len)
{
	struct slice last, first;
	uint64_t a, b;

	if (field.p == NULL || !slice_starts(field, "bytes="))
		return RANGE_NONE;
	last = slice_trim(slice_of(field.p + 6, field.n - 6));
	if (last.n == 0 || memchr(last.p, ',', last.n) != NULL || memchr(last.p, '-', last.n) == NULL)
		return RANGE_NONE;
	first = slice_trim(slice_cut(&last, '-'));
	last = slice_trim(last);
	if (first.n == 0) {
		/* The last b bytes. */
		if (!slice_u64(last, INT64_MAX, &b))
			return RANGE_NONE;
		if (b == 0 || size == 0)
			return RANGE_BAD;
		*len = b < size ? b : size;
		*off = size - *len;
		return RANGE_PART;
	}
	if (!slice_u64(first, INT64_MAX, &a))
		return RANGE_NONE;
	b = INT64_MAX;
	if (last.n > 0 && (!slice_u64(last, INT64_MAX, &b) || b < a))
		return RANGE_NONE;
	if (a >= size)
		return RANGE_BAD;
	*off = a;
	*len = (b < size - 1 ? b + 1 : size) - a;
	return RANGE_PART;
}

/* A file is at least as closed as its record. */
static bool may_read(struct req *r, const struct rec *rec, const struct cat_file *f)
{
	struct access_subject s;
	st_t st;

	rec_subject(rec, &s);
	if (f->access > s.access)
		s.access = f->access;
	st = access_may(&r->who, &s, WANT_FILE, clock_now());
	if (st == ST_OK)
		return true;
	if (st == ST_DENIED || st == ST_UNAUTH)
		problem_status(r, problem_code(st), s.access == ACC_EMBARGOED ? "this file is under embargo" :
		    s.access == ACC_CLOSED ? "this file is closed" : "this file is restricted: ask its depositor for access");
	else
		problem_send(r, st, NULL);
	return false;
}

static void common(struct req *r, const struct cat_file *f, const char *etag, bool open)
{
	struct buf b = BUF_INIT(128);
	char when[30];

	http_date(when, f->modified);
	reply_add(r, "ETag", slice_str(etag));
	reply_add(r, "Last-Modified", slice_str(when));
	reply_add(r, "Accept-Ranges", SLICE("bytes"));
	/* A version's files never change; what is restricted is nobody else's to keep. */
	reply_add(r, "Cache-Control", open ? SLICE("public, max-age=3600") : SLICE("private, no-store"));
	base64_encode(&b, f->sha256, sizeof(f->sha256));
	reply_addf(r, "Repr-Digest", "sha-256=:%s:", b.p);
	buf_release(&b);
	reply_add(r, "Content-Disposition", slice_str(serve_disposition(r, f->path)));
	/* Uploaded HTML or SVG opened in a browser runs nothing and reads nothing of this site. */
	reply_add(r, "Content-Security-Policy", SLICE("default-src 'none'; sandbox"));
}

void serve_file(struct req *r, const struct rec *rec, bool draft, const struct cat_file *f)
{
	const char *type = f->media != NULL ? f->media : "application/octet-stream";
	struct slice list, if_range;
	uint64_t off = 0, len = f->size;
	enum range range;
	char etag[72] = "\"";
	struct err e = ERR_INIT;
	bool open;
	int64_t since;
	int fd = -1;
	st_t st;

	if (!may_read(r, rec, f))
		return;
	if (f->pending) {
		problem_status(r, 404, "the content of this file has not arrived yet");
		return;
	}
	open = !draft && rec->access == ACC_OPEN && f->access == ACC_OPEN && rec->meta == META_PUBLIC;
	hex_encode(etag + 1, f->sha256, sizeof(f->sha256));
	memcpy(etag + 65, "\"", 2);
	list = req_field(r, "If-Match");
	if (list.p != NULL && !negotiate_etag(list, etag, false)) {
		problem_status(r, 412, "the file is another than the one you named");
		return;
	}
	list = req_field(r, "If-None-Match");
	if (list.p != NULL ? negotiate_etag(list, etag, true) :
	    http_date_parse(req_field(r, "If-Modified-Since"), &since) && f->modified <= since) {
		reply_empty(r, 304);
		common(r, f, etag, open);
		return;
	}
	range = serve_range(req_field(r, "Range"), f->size, &off, &len);
	if_range = req_field(r, "If-Range");
	if (if_range.p != NULL && !slice_eq_str(if_range, etag))
		range = RANGE_NONE;
	if (range == RANGE_BAD) {
		problem_status(r, 416, "the file ends before that range");
		reply_addf(r, "Content-Range", "bytes */%llu", (unsigned long long)f->size);
		return;
	}
	if (range == RANGE_NONE) {
		off = 0;
		len = f->size;
	}
	st = content_open(r->site->repo, rec->id, draft && !rec->is_edit, f, &fd, &e);
	if (st != ST_OK) {
		problem_send(r, st, &e);
		return;
	}
	reply_fd(r, range == RANGE_PART ? 206 : 200, type, fd, off, len);
	common(r, f, etag, open);
	if (range == RANGE_PART)
		reply_addf(r, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)off, (unsigned long long)(off + len - 1),
		    (unsigned long long)f->size);
}
