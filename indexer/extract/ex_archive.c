/*
 * Archives and compressed files: zip, tar, and gzip, bzip2, xz, zstd and lz4 round a tar or round one file. Members are listed, and read
 * through by the other extractors as they come out, nested archives included; nothing is unpacked to disk.
 *
 * libarchive reads them. Its support_filter_all() starts outside programs named by an upload's first bytes, so each filter is named here. What a few
 * bytes may grow to is bounded: members, depth, and bytes that come out, in all and by ratio.
 */

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/utf8.h"
#include "indexer/extract/extract_int.h"
#include "indexer/extract/fact_int.h"

#define DEPTH_MOST	3		/* archives inside each other */
#define ENTRIES_MOST	200000		/* listed */
#define MEMBERS_TOLD	1000		/* with their names */
#define MEMBERS_READ	2000		/* read through */
#define OUT_FREE	((uint64_t)256 << 20)	/* bytes that may come out of any archive, */
#define OUT_RATIO	200		/* and of its own size so many times more, */
#define OUT_MOST	((uint64_t)8 << 30)	/* up to this */
#define PIECE		((size_t)256 << 10)
#define MEMBER_FACTS	((size_t)2 << 20)	/* bytes of one member's facts */
#define PATH_TOLD	1024
#define NAMES_KEPT	50000		/* to find twins among */

struct arc {
	struct fact *f;
	const struct head *h;
	struct source *src;
	uint64_t at;
	uint8_t piece[PIECE];		/* what libarchive reads from */
	struct err io;
	uint64_t entries, bytes, limit;
	uint64_t said;			/* bytes that the directory tells */
	unsigned told, read, unsafe, special, devices, leading, locked, broken;
	struct map *names;		/* of members so far */
	json_t *members;
	json_t *alone;			/* facts of the first member, for a file that holds no other */
	bool bomb;
};

static la_ssize_t on_read(struct archive *a, void *ctx, const void **p)
{
	struct arc *x = ctx;
	size_t got;

	(void)a;
	if (source_read(x->src, x->at, x->piece, PIECE, &got, &x->io) != ST_OK)
		return -1;
	x->at += got;
	*p = x->piece;
	return (la_ssize_t)got;
}

static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t off, int whence)
{
	struct arc *x = ctx;
	la_int64_t to = whence == SEEK_SET ? off : whence == SEEK_CUR ? (la_int64_t)x->at + off : (la_int64_t)x->src->size + off;

	(void)a;
	if (to < 0)
		return ARCHIVE_FATAL;
	x->at = (uint64_t)to;
	return to;
}

static la_int64_t on_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct arc *x = ctx;

	(void)a;
	if (n < 0 || (uint64_t)n > x->src->size - (x->at < x->src->size ? x->at : x->src->size))
		return 0;
	x->at += (uint64_t)n;
	return n;
}

static const char *const kinds[] = { "application/zip", "application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd" };

/* Zip files that have a format of their own lose to whoever reads that; here they are archives. */
static int archive_bid(const struct head *h)
{
	size_t i;

	for (i = 0; h->magic && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(h->magic, kinds[i]) == 0)
			return 40;
	/* Old tar has no mark: its header has a checksum. */
	if (h->magic == NULL && h->n >= 512 && strcmp(h->ext, "tar") == 0)
		return 40;
	return h->magic && strncmp(h->magic, "application/vnd.o", 17) == 0 && memcmp(h->p, "PK", 2) == 0 ? 10 : 0;
}

static bool compressed(const struct head *h)
{
	return h->magic && strcmp(h->magic, "application/zip") != 0 && strcmp(h->magic, "application/x-tar") != 0 && memcmp(h->p, "PK", 2) != 0;
}

/* Of a lone compressed file: its name without the last ending. */
static char *inner_name(const struct head *h)
{
	const char *base = strrchr(h->name, '/');
	struct slice s;

	base = base ? base + 1 : h->name;
	s = slice_str(base);
	if (h->ext[0] && s.n > strlen(h->ext) + 1)
		s.n -= strlen(h->ext) + 1;
	return slice_dup(s.n ? s : slice_str("data"));
}

/* Member names without a mark for UTF-8 are in the encoding of whoever packed them: Shift_JIS from most Japanese machines. */
static char *entry_name(struct archive_entry *en)
{
	const char *p = archive_entry_pathname_utf8(en);
	struct buf text = BUF_INIT(PATH_TOLD * 4);
	struct enc_guess g;
	struct dec *d = NULL;
	char *name = NULL;
	struct slice s;

	if (p && utf8_valid(slice_str(p), NULL))
		return slice_dup(slice_str(p));
	if ((p = archive_entry_pathname(en)) == NULL)
		return slice_dup(slice_str("?"));
	s = slice_str(p);
	s.n = s.n < PATH_TOLD * 2 ? s.n : PATH_TOLD * 2;
	enc_guess(&g, (const uint8_t *)s.p, s.n, true);
	if (g.enc != ENC_BINARY && g.enc != ENC_UNKNOWN && dec_new(&d, g, NULL) == ST_OK && dec_push(d, (const uint8_t *)s.p, s.n, true, &text, NULL) == ST_OK)
		name = slice_dup(buf_slice(&text));
	dec_free(d);
	buf_release(&text);
	if (name == NULL) {
		json_t *j = fact_text(s, PATH_TOLD);

		name = j ? slice_dup(json_slice(j)) : NULL;
		json_decref(j);
	}
	return name;
}

static bool unsafe_path(const char *p)
{
	const char *q = p;

	if (*p == '/' || *p == '\\' || (p[0] && p[1] == ':'))
		return true;
	for (; (q = strstr(q, "..")) != NULL; q += 2)
		if ((q == p || q[-1] == '/' || q[-1] == '\\') && (q[2] == '\0' || q[2] == '/' || q[2] == '\\'))
			return true;
	return false;
}

static void tell_member(struct arc *x, const char *name, int64_t size, const json_t *facts, const char *status, const char *reason)
{
	json_t *m;

	if (x->told >= MEMBERS_TOLD)
		return;
	x->told++;
	m = json_pack("{s:o,s:s}", "path", fact_text(slice_str(name), PATH_TOLD), "status", facts && json_text(facts, "status") ? json_text(facts, "status") : status);
	if (size >= 0)
		fact_put_int(x->f, m, "bytes", size);
	if (facts && json_text(facts, "media"))
		fact_put(x->f, m, "media", json_string(json_text(facts, "media")));
	if (facts && json_text(facts, "reason"))
		reason = json_text(facts, "reason");
	if (reason)
		fact_put_text(x->f, m, "reason", slice_str(reason));
	if (m == NULL || json_push(x->members, m) != ST_OK)
		x->f->nomem = true;
}

/* Tables and variables of a member, marked with its path, as if they were ours. */
static void adopt(struct arc *x, json_t *facts, const char *name)
{
	json_t *v, *list = json_object_get(facts, "tables");
	struct fact *f = x->f;
	size_t i, n, from;

	json_array_foreach(list, i, v) {
		n = json_array_size(json_object_get(v, "columns"));
		from = f->tables.n;
		if (f->columns + n > FACT_COLUMNS) {
			fact_partial(f, "more than %d columns", FACT_COLUMNS);
			break;
		}
		fact_put(f, v, "member", fact_text(slice_str(name), PATH_TOLD));
		if (from)
			buf_addc(&f->tables, ',');
		json_dump(&f->tables, v, false);
		if (f->tables.st != ST_OK || f->tables.n > f->ceiling / 4 * 3) {
			f->nomem |= f->tables.st == ST_NOMEM;
			f->tables.n = from;
			f->tables.st = ST_OK;
			fact_partial(f, "more tables than the description of one file may hold");
			break;
		}
		f->columns += (uint32_t)n;
	}
	list = json_object_get(facts, "variables");
	json_array_foreach(list, i, v) {
		json_t *mine = fact_array(f, "variables");

		if (mine == NULL || f->columns >= FACT_COLUMNS)
			break;
		f->columns++;
		fact_put(f, v, "member", fact_text(slice_str(name), PATH_TOLD));
		if (json_array_append(mine, v) != 0)
			f->nomem = true;
	}
}

/* Push what comes out of one member through whoever wants it. ST_EOF: nobody wants more. */
static int pump(struct arc *x, struct archive *a, struct extract *child, uint64_t *size)
{
	const void *p;
	size_t n;
	la_int64_t off, at = 0;
	static const char zeros[4096];
	bool wanted = child != NULL;
	int rc;

	*size = 0;
	while ((rc = archive_read_data_block(a, &p, &n, &off)) == ARCHIVE_OK) {
		/* Holes of sparse members are bytes too. */
		for (; wanted && at < off; at += (la_int64_t)sizeof(zeros)) {
			size_t k = off - at < (la_int64_t)sizeof(zeros) ? (size_t)(off - at) : sizeof(zeros);

			wanted = extract_push(child, zeros, k, NULL) == ST_OK;
			if ((x->bytes += k) > x->limit)
				break;
		}
		at = off + (la_int64_t)n;
		*size = (uint64_t)at;
		x->bytes += n;
		if (x->bytes > x->limit) {
			x->bomb = true;
			return ARCHIVE_EOF;
		}
		if (wanted)
			wanted = extract_push(child, p, n, NULL) == ST_OK;
		else if (child && !compressed(x->h))
			break;		/* the rest of a member in a zip or plain tar can be skipped */
	}
	return rc;
}

static void read_member(struct arc *x, struct archive *a, const char *name, int64_t said)
{
	struct buf doc = BUF_INIT(MEMBER_FACTS);
	struct extract *child = NULL;
	json_t *facts = NULL;
	uint64_t size = 0;
	int rc;

	if (x->read++ >= MEMBERS_READ || extract_nested(&child, name, said >= 0 ? (uint64_t)said : EXTRACT_UNKNOWN, x->h->depth + 1) != ST_OK)
		child = NULL;
	rc = child || compressed(x->h) ? pump(x, a, child, &size) : ARCHIVE_OK;
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF) {
		x->broken++;
		tell_member(x, name, said, NULL, "unreadable", archive_error_string(a) ? archive_error_string(a) : "damaged");
		if (archive_error_string(a) && strstr(archive_error_string(a), "passphrase"))
			x->locked++;
	} else if (child && extract_end(child, &doc, NULL) == ST_OK && json_load(&facts, buf_slice(&doc), NULL) == ST_OK) {
		tell_member(x, name, said >= 0 ? said : (int64_t)size, facts, "ok", NULL);
		adopt(x, facts, name);
		if (x->entries == 1)
			x->alone = json_incref(facts);
	} else
		tell_member(x, name, said, NULL, "unknown", x->read > MEMBERS_READ ? "one of too many members to be read" : NULL);
	json_decref(facts);
	extract_free(child);
	buf_release(&doc);
}

/* Of two members with one name, programs differ in which they give out. */
static void twin(struct arc *x, const char *name)
{
	struct slice s = slice_str(name);

	if (s.n && s.p[s.n - 1] == '/')
		s.n--;
	if (map_has(x->names, s))
		fact_check(x->f, "duplicate-paths", true, "two members are called '%.200s'", name);
	else if (x->entries <= NAMES_KEPT && map_put(x->names, s, x, NULL) != ST_OK)
		x->f->nomem = true;
}

/* Links and devices are listed and never followed. Those that would reach out of the folder they are unpacked to are worth a warning. */
static void special(struct arc *x, struct archive_entry *en, const char *name)
{
	const char *soft = archive_entry_symlink(en), *hard = archive_entry_hardlink(en), *to = soft ? soft : hard;
	bool device = to == NULL && archive_entry_filetype(en) != AE_IFLNK;
	json_t *shown = to ? fact_text(slice_str(to), PATH_TOLD) : NULL;

	x->special++;
	tell_member(x, name, -1, NULL, "unknown", archive_entry_filetype(en) == AE_IFLNK ? "a symbolic link" : hard ? "a link to another member" : "a device or socket");
	if (device && x->devices++ == 0)
		fact_check(x->f, "device", true, "member '%.200s' is a device or socket, which no dataset needs", name);
	else if (to && unsafe_path(to) && x->leading++ == 0)
		fact_check(x->f, "unsafe-link", true, "member '%.200s' is a link to '%.200s': unpacked without care it would lead outside of the folder", name,
		    shown ? json_string_value(shown) : "");
	json_decref(shown);
}

static void one_entry(struct arc *x, struct archive *a, struct archive_entry *en, const char *lone)
{
	char *name = lone ? slice_dup(slice_str(lone)) : entry_name(en);
	mode_t type = archive_entry_filetype(en);
	int64_t size = archive_entry_size_is_set(en) ? archive_entry_size(en) : -1;

	if (name == NULL) {
		x->f->nomem = true;
		return;
	}
	if (!lone && type == AE_IFDIR)
		goto out;
	x->entries++;
	x->said += size > 0 && x->said < UINT64_MAX / 2 - (uint64_t)size ? (uint64_t)size : 0;
	twin(x, name);
	if (unsafe_path(name) && !lone) {
		if (x->unsafe++ == 0)
			fact_check(x->f, "unsafe-path", true, "a member is called '%.200s': unpacked without care it would be written outside of the folder", name);
		tell_member(x, name, size, NULL, "unreadable", "its path leads out of the archive");
	} else if (!lone && (archive_entry_hardlink(en) || (type != AE_IFREG && type != 0))) {
		special(x, en, name);
	} else if (archive_entry_is_data_encrypted(en)) {
		x->locked++;
		tell_member(x, name, size, NULL, "unreadable", "encrypted");
	} else
		read_member(x, a, name, size);
out:
	free(name);
}

static struct archive *open_archive(struct arc *x)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		return NULL;
	if (compressed(x->h)) {
		archive_read_support_filter_gzip(a);
		archive_read_support_filter_bzip2(a);
		archive_read_support_filter_xz(a);
		archive_read_support_filter_zstd(a);
		archive_read_support_filter_lz4(a);
		archive_read_support_format_raw(a);
		archive_read_support_format_empty(a);
	} else
		archive_read_support_format_zip_seekable(a);
	archive_read_support_format_tar(a);
	archive_read_set_read_callback(a, on_read);
	archive_read_set_skip_callback(a, on_skip);
	archive_read_set_seek_callback(a, on_seek);
	archive_read_set_callback_data(a, x);
	return a;
}

static void walk(struct arc *x, struct archive *a)
{
	struct archive_entry *en;
	char *lone = NULL;
	int rc;

	while (!x->bomb && !x->f->nomem && (rc = archive_read_next_header(a, &en)) != ARCHIVE_EOF) {
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) {
			const char *why = archive_error_string(a);

			if (x->entries)
				fact_partial(x->f, "cut off or damaged after %llu members: %s", (unsigned long long)x->entries, why ? why : "no reason given");
			else
				fact_unreadable(x->f, "cut off or damaged: %s", why ? why : "no reason given");
			break;
		}
		if (x->entries >= ENTRIES_MOST) {
			fact_partial(x->f, "more than %d members", ENTRIES_MOST);
			break;
		}
		if (archive_format(a) == ARCHIVE_FORMAT_RAW && (lone = inner_name(x->h)) == NULL)
			break;
		one_entry(x, a, en, lone);
		if (lone)
			break;
	}
	free(lone);
	if (x->bomb)
		fact_partial(x->f, "more than %llu MB would come out of it: the rest was not read", (unsigned long long)(x->limit >> 20));
}

static void format_of(struct arc *x, struct archive *a)
{
	static const char *const names[][2] = {
		{ "gzip", "application/gzip" }, { "bzip2", "application/x-bzip2" }, { "xz", "application/x-xz" }, { "zstd", "application/zstd" }, { "lz4", "application/x-lz4" },
	};
	const char *filter = archive_filter_count(a) > 1 ? archive_filter_name(a, 0) : NULL;
	bool tar = (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
	size_t i;

	if (!compressed(x->h)) {
		fact_media(x->f, tar ? "application/x-tar" : x->h->magic ? x->h->magic : "application/x-tar");
		fact_format(x->f, tar ? "tar" : "ZIP", NULL, tar ? "x-fmt/265" : "x-fmt/263");
		return;
	}
	fact_media(x->f, x->h->magic);
	for (i = 0; filter && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(filter, names[i][0]) == 0)
			fact_format(x->f, names[i][0], NULL, i == 0 ? "x-fmt/266" : NULL);
}

/* One file under compression is that file: what was found of it is found here. */
static void take_alone(struct arc *x)
{
	static const char *const kept[] = { "extractor", "version", "status", "reason", "media", "bytes", "tables", "variables", "format", "archive" };
	const char *key;
	json_t *v;
	size_t i;

	json_object_foreach(x->alone, key, v) {
		for (i = 0; i < sizeof(kept) / sizeof(kept[0]) && strcmp(key, kept[i]) != 0; i++)
			;
		if (i == sizeof(kept) / sizeof(kept[0]) && json_object_get(x->f->root, key) == NULL)
			fact_put(x->f, x->f->root, key, json_incref(v));
	}
	if (json_text(x->alone, "status") && strcmp(json_text(x->alone, "status"), "partial") == 0)
		fact_partial(x->f, "%s", json_text(x->alone, "reason"));
	else if (json_text(x->alone, "status") && strcmp(json_text(x->alone, "status"), "unreadable") == 0)
		fact_partial(x->f, "its content was not read: %s", json_text(x->alone, "reason"));
}

static void finish(struct arc *x)
{
	json_t *o = fact_object(x->f, "archive");

	if (x->entries == 0)
		fact_check(x->f, "empty-archive", true, "nothing in it");
	fact_put_int(x->f, o, "entries", (int64_t)x->entries);
	fact_put_int(x->f, o, "bytes", (int64_t)(x->said > x->bytes ? x->said : x->bytes));
	if (x->said > x->limit && !x->bomb)
		fact_check(x->f, "bomb", true, "its members say that they hold %llu MB, %llu times the archive", (unsigned long long)(x->said >> 20),
		    (unsigned long long)(x->said / (x->src->size ? x->src->size : 1)));
	fact_put(x->f, o, "members", json_incref(x->members));
	if (x->entries > x->told)
		fact_check(x->f, "many-members", false, "the first %u of %llu members are listed", x->told, (unsigned long long)x->entries);
	if (x->locked) {
		fact_check(x->f, "encrypted", true, "%u members are encrypted: nobody can use them without the password", x->locked);
		fact_partial(x->f, "%u of %llu members are encrypted", x->locked, (unsigned long long)x->entries);
	}
	if (x->broken > x->locked)
		fact_partial(x->f, "%u of %llu members are damaged", x->broken, (unsigned long long)x->entries);
	if (x->special)
		fact_check(x->f, "special-members", false, "%u members are links or devices, not files", x->special);
	if (x->entries == 1 && x->alone && compressed(x->h))
		take_alone(x);
}

static st_t archive_read(struct fact *f, const struct head *h, struct source *src)
{
	struct arc *x = calloc(1, sizeof(*x));
	struct archive *a = NULL;
	st_t st = ST_OK;

	if (x == NULL || (x->members = json_array()) == NULL || (x->names = map_new()) == NULL) {
		if (x)
			json_decref(x->members);
		free(x);
		return ST_NOMEM;
	}
	x->f = f;
	x->h = h;
	x->src = src;
	x->limit = src->size < OUT_MOST / OUT_RATIO ? OUT_FREE + src->size * OUT_RATIO : OUT_MOST;
	if (h->depth > 0)
		x->limit = OUT_FREE;
	fact_media(f, h->magic ? h->magic : "application/x-tar");
	if (h->depth >= DEPTH_MOST)
		fact_partial(f, "an archive inside %d others: its members were not read", DEPTH_MOST);
	else if ((a = open_archive(x)) == NULL)
		st = ST_NOMEM;
	else if (src->size == 22 && memcmp(h->p, "PK\5\6", 4) == 0)
		finish(x);		/* a zip of nothing, which libarchive does not know */
	else if (archive_read_open1(a) != ARCHIVE_OK)
		fact_unreadable(f, "not a readable archive: %s", archive_error_string(a) ? archive_error_string(a) : "no reason given");
	else {
		walk(x, a);
		format_of(x, a);
		finish(x);
	}
	if (x->io.st == ST_IO)
		fact_unreadable(f, "%s", x->io.text);
	if (a)
		archive_read_free(a);
	json_decref(x->alone);
	json_decref(x->members);
	map_free(x->names, NULL);
	free(x);
	return st;
}

const struct extractor ex_archive = { .name = "archive", .version = 1, .bid = archive_bid, .read = archive_read };
