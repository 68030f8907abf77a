/*
 * Documents that grow with the number of files: fixed text with loops over the files between. They are written while they are read, so that a
 * dataset of 100,000 files takes no more memory than one of ten; a walk before gives length and digests.
 */

#include "package/pk_int.h"

#include "base/hash.h"
#include "base/str.h"

#define TEXT_MAX ((size_t)64 << 10)

void made_init(struct made *m, const struct package_ctx *c)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < MADE_SEGMENTS; i++)
		buf_init(&m->seg[i].text, PK_DOC_MAX);
	m->base = strdup(c->base);
	memcpy(m->id, c->rec->id, sizeof(m->id));
}

void made_release(struct made *m)
{
	for (unsigned i = 0; i < MADE_SEGMENTS; i++)
		buf_release(&m->seg[i].text);
	free(m->base);
	m->base = NULL;
}

void made_free(struct made *m)
{
	if (m)
		made_release(m);
	free(m);
}

void made_rewind(struct made_at *at)
{
	memset(at, 0, sizeof(*at));
}

/* Some more of ${m} into ${out}; false at the end. */
bool made_more(const struct made *m, struct made_at *at, struct pk_files *files, struct buf *out)
{
	const struct made_segment *s = NULL;
	const struct cat_file *f = NULL;
	size_t n = 0;

	if (at->seg == MADE_SEGMENTS)
		return false;
	s = &m->seg[at->seg];
	n = s->text.n - at->text;
	if (n) {
		n = n > TEXT_MAX ? TEXT_MAX : n;
		buf_add(out, s->text.p + at->text, n);
		at->text += n;
		return true;
	}
	if (s->line) {
		if (!at->lines)
			pk_files_rewind(files);
		f = pk_files_next(files);
		if (f) {
			s->line(m, f, at->lines++ == 0, out);
			return true;
		}
	}
	at->seg++;
	at->text = 0;
	at->lines = 0;
	return at->seg < MADE_SEGMENTS;
}

st_t made_measure(struct made *m, struct pk_files *files, struct err *e)
{
	struct buf b = BUF_INIT(1 << 20);
	struct hash *h = hash_new();
	struct made_at at;
	uint8_t sha[32];

	bool whole = h && m->base;

	for (unsigned i = 0; i < MADE_SEGMENTS; i++)
		whole &= m->seg[i].text.st == ST_OK;
	if (!whole) {
		if (h)
			hash_free(h);
		return err_set(e, ST_NOMEM, "out of memory");
	}
	made_rewind(&at);
	m->size = 0;
	while (made_more(m, &at, files, &b)) {
		hash_add(h, b.p, b.n);
		m->size += b.n;
		buf_clear(&b);
	}
	hash_end(h, sha, &m->crc);
	hex_encode(m->sha256, sha, 32);
	hash_free(h);
	buf_release(&b);
	return ST_OK;
}

st_t made_write(struct made *m, const struct package_ctx *c, struct buf *out, struct err *e)
{
	struct pk_files files;
	struct made_at at;
	st_t st = pk_files_open(&files, c, e);

	if (st != ST_OK)
		return st;
	made_rewind(&at);
	while (made_more(m, &at, &files, out) && out->st == ST_OK)
		;
	pk_files_release(&files);
	return out->st == ST_OK ? ST_OK : err_set(e, out->st, "document too large");
}

/* ---- as a body of its own ---- */

struct made_body { struct body body; struct made made; struct made_at at; struct pk_files files; };

static st_t body_pull(struct body *body, struct buf *chunk, struct err *e)
{
	struct made_body *b = (struct made_body *)body;

	while (chunk->n < TEXT_MAX)
		if (!made_more(&b->made, &b->at, &b->files, chunk))
			return chunk->st == ST_OK ? ST_EOF : chunk->st;
	return chunk->st;
}

static void body_stop(struct body *body)
{
	struct made_body *b = (struct made_body *)body;

	made_release(&b->made);
	pk_files_release(&b->files);
	free(b);
}

st_t made_body(struct made *m, const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct made_body *b = calloc(1, sizeof(*b));
	st_t st = b ? pk_files_open(&b->files, c, e) : err_set(e, ST_NOMEM, "out of memory");

	if (st != ST_OK) {
		free(b);
		made_release(m);
		return st;
	}
	b->body = (struct body){ body_pull, body_stop, true };
	b->made = *m;
	st = made_measure(&b->made, &b->files, e);
	if (st != ST_OK) {
		body_stop(&b->body);
		return st;
	}
	*out = &b->body;
	*len = (int64_t)b->made.size;
	return ST_OK;
}
