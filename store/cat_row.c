/*
 * A row: a fixed head, groups and sets, then tombstone and document as JSON text. Two digests (CRC-32), one over all before the
 * texts and one over them, so that a head can be believed without reading the document.
 *
 *   0 crc of [8, body)   4 crc of body   8 layout 1   9 state  10 access  11 meta  12 flags  13 0 0 0
 *  16 version  20 revision  24 etag  28 owner
 *  32 change  40 created  48 modified  56 published  64 withdrawn  72 embargo end  80 files  88 bytes  96 seq (of a draft)
 * 104 id (11)  115 parent (11)  126 groups (2)  128 sets (2)  130 0 0  132 length of tomb  136 length of doc
 * 140 groups, 4 bytes each; sets, a length byte and the text each; tomb; doc
 */

#include "base/hash.h"
#include "store/cat_int.h"

#define ROW_LAYOUT	1
#define ROW_FIXED	140

#define F_WAS_PUBLIC	1
#define F_IS_EDIT	2
#define F_IN_PACK	4
#define F_TOMB		8
#define F_DOC		16

static void put_u16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t get_u16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static void fixed_make(uint8_t h[ROW_FIXED], const struct rec *rec, uint64_t seq)
{
	memset(h, 0, ROW_FIXED);
	h[8] = ROW_LAYOUT;
	h[9] = (uint8_t)rec->state;
	h[10] = (uint8_t)rec->access;
	h[11] = (uint8_t)rec->meta;
	h[12] = (rec->was_public ? F_WAS_PUBLIC : 0) | (rec->is_edit ? F_IS_EDIT : 0) | (rec->in_pack ? F_IN_PACK : 0);
	put_u32(h + 16, rec->version);
	put_u32(h + 20, rec->revision);
	put_u32(h + 24, rec->etag);
	put_u32(h + 28, rec->owner);
	put_u64(h + 32, rec->change);
	put_u64(h + 40, (uint64_t)rec->created);
	put_u64(h + 48, (uint64_t)rec->modified);
	put_u64(h + 56, (uint64_t)rec->published);
	put_u64(h + 64, (uint64_t)rec->withdrawn);
	put_u64(h + 72, (uint64_t)rec->embargo_end);
	put_u64(h + 80, rec->files);
	put_u64(h + 88, rec->bytes);
	put_u64(h + 96, seq);
	memcpy(h + 104, rec->id, strnlen(rec->id, PID_LEN));
	memcpy(h + 115, rec->parent, strnlen(rec->parent, PID_LEN));
	put_u16(h + 126, rec->n_groups);
	put_u16(h + 128, rec->n_sets);
}

st_t cat_row_make(struct buf *out, const struct rec *rec, uint64_t seq, struct slice doc)
{
	uint8_t h[ROW_FIXED], p[4];
	size_t i, head, tomb_at;

	if (rec->n_groups > UINT16_MAX || rec->n_sets > UINT16_MAX || doc.n > UINT32_MAX)
		return ST_TOOBIG;
	fixed_make(h, rec, seq);
	buf_add(out, h, ROW_FIXED);
	for (i = 0; i < rec->n_groups; i++) {
		put_u32(p, rec->groups[i]);
		buf_add(out, p, 4);
	}
	for (i = 0; i < rec->n_sets; i++) {
		size_t n = strlen(rec->sets[i]);

		if (n > 255)
			return ST_TOOBIG;
		buf_addc(out, (char)n);
		buf_add(out, rec->sets[i], n);
	}
	head = out->n;
	if (rec->tomb != NULL)
		json_dump(out, rec->tomb, false);
	tomb_at = out->n;
	buf_addsl(out, doc);
	if (out->st != ST_OK)
		return out->st;
	if (rec->tomb != NULL)
		out->p[12] |= F_TOMB;
	if (doc.n > 0)
		out->p[12] |= F_DOC;
	put_u32(out->p + 132, (uint32_t)(tomb_at - head));
	put_u32(out->p + 136, (uint32_t)doc.n);
	put_u32(out->p, crc32_of(0, out->p + 8, head - 8));
	put_u32(out->p + 4, crc32_of(0, out->p + head, out->n - head));
	return ST_OK;
}

/* Where the texts begin; 0 when lengths do not add up. */
static size_t body_at(struct slice row)
{
	const uint8_t *p = (const uint8_t *)row.p;
	size_t at = ROW_FIXED, sets, i;

	if (row.n < ROW_FIXED || p[8] != ROW_LAYOUT)
		return 0;
	at += 4 * get_u16(p + 126);
	sets = get_u16(p + 128);
	for (i = 0; i < sets; i++) {
		if (at >= row.n)
			return 0;
		at += 1 + p[at];
	}
	if (at > row.n || row.n - at != (size_t)get_u32(p + 132) + get_u32(p + 136))
		return 0;
	return at;
}

static st_t lists_read(const uint8_t *p, struct rec *out)
{
	size_t groups = get_u16(p + 126), sets = get_u16(p + 128), at = ROW_FIXED, i;

	if (groups > 0) {
		out->groups = calloc(groups, sizeof(*out->groups));
		if (out->groups == NULL)
			return ST_NOMEM;
		for (i = 0; i < groups; i++)
			out->groups[out->n_groups++] = get_u32(p + at + 4 * i);
		at += 4 * groups;
	}
	if (sets > 0) {
		out->sets = calloc(sets, sizeof(*out->sets));
		if (out->sets == NULL)
			return ST_NOMEM;
		for (i = 0; i < sets; i++) {
			out->sets[i] = slice_dup(slice_of(p + at + 1, p[at]));
			if (out->sets[i] == NULL)
				return ST_NOMEM;
			out->n_sets++;
			at += 1 + p[at];
		}
	}
	return ST_OK;
}

st_t cat_row_head(struct slice row, bool lists, struct rec *out, struct slice *tomb, struct slice *doc, uint64_t *seq, struct err *e)
{
	const uint8_t *p = (const uint8_t *)row.p;
	size_t at = body_at(row);

	memset(out, 0, sizeof(*out));
	if (at == 0 || get_u32(p) != crc32_of(0, p + 8, at - 8) || p[9] > REC_WITHDRAWN || p[10] > ACC_CLOSED || p[11] > META_PRIVATE)
		return err_set(e, ST_CORRUPT, "a catalogue row is damaged; rebuild the catalogue");
	out->state = p[9];
	out->access = p[10];
	out->meta = p[11];
	out->was_public = p[12] & F_WAS_PUBLIC;
	out->is_edit = p[12] & F_IS_EDIT;
	out->in_pack = p[12] & F_IN_PACK;
	out->version = get_u32(p + 16);
	out->revision = get_u32(p + 20);
	out->etag = get_u32(p + 24);
	out->owner = get_u32(p + 28);
	out->change = get_u64(p + 32);
	out->created = (int64_t)get_u64(p + 40);
	out->modified = (int64_t)get_u64(p + 48);
	out->published = (int64_t)get_u64(p + 56);
	out->withdrawn = (int64_t)get_u64(p + 64);
	out->embargo_end = (int64_t)get_u64(p + 72);
	out->files = get_u64(p + 80);
	out->bytes = get_u64(p + 88);
	memcpy(out->id, p + 104, PID_LEN);
	memcpy(out->parent, p + 115, PID_LEN);
	if (tomb != NULL)
		*tomb = slice_of(p + at, get_u32(p + 132));
	if (doc != NULL)
		*doc = slice_of(p + at + get_u32(p + 132), get_u32(p + 136));
	if (seq != NULL)
		*seq = get_u64(p + 96);
	if (lists && lists_read(p, out) != ST_OK) {
		rec_release(out);
		return err_set(e, ST_NOMEM, "out of memory");
	}
	return ST_OK;
}

st_t cat_row_body_check(struct slice row, struct err *e)
{
	size_t at = body_at(row);

	if (at == 0 || get_u32((const uint8_t *)row.p + 4) != crc32_of(0, row.p + at, row.n - at))
		return err_set(e, ST_CORRUPT, "the text of a catalogue row is damaged; rebuild the catalogue");
	return ST_OK;
}

void rec_release(struct rec *rec)
{
	size_t i;

	free(rec->groups);
	for (i = 0; i < rec->n_sets; i++)
		free(rec->sets[i]);
	free(rec->sets);
	json_decref(rec->doc);
	json_decref(rec->tomb);
	memset(rec, 0, sizeof(*rec));
}

void rec_subject(const struct rec *rec, struct access_subject *out)
{
	memset(out, 0, sizeof(*out));
	out->state = rec->state;
	out->access = rec->access;
	out->meta = rec->meta;
	out->embargo_end = rec->embargo_end;
	out->owner = rec->owner;
	out->groups = rec->groups;
	out->n_groups = rec->n_groups;
	out->was_public = rec->was_public;
}
