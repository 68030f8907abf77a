/*
 * BagIt 1.0 (RFC 8493) as a zip with one folder at its top. data/ holds the dataset's files and, so that the bag explains itself, the RO-Crate
 * metadata document. Manifests are written file by file (pk_made.c).
 */

#include "package/pk_int.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"

/* A bag keeps what was deposited as it was, also a file that is called like our document. */
static bool has_crate_file(const struct package_ctx *c)
{
	struct kv_txn t;
	struct cat_file f;
	bool taken = false;

	kv_read(c->repo->catalog, &t);
	taken = cat_file_get(&t, c->rec->id, c->rec->state != REC_PUBLISHED && !c->rec->is_edit, SLICE(CRATE_FILE), &f, NULL) == ST_OK;
	kv_end(&t, NULL);
	if (taken)
		cat_file_release(&f);
	return taken;
}

/* RFC 8493, 2.1.3: CR, LF and % of a path, nothing else. */
static void manifest_path(struct buf *out, const char *path)
{
	for (; *path; path++)
		if (*path == '%' || *path == '\r' || *path == '\n')
			buf_addf(out, "%%%02X", (unsigned char)*path);
		else
			buf_addc(out, *path);
}

static void manifest_line(const struct made *m, const struct cat_file *f, bool first, struct buf *out)
{
	char hex[SHA256_HEX];

	hex_encode(hex, f->sha256, 32);
	buf_addf(out, "%s  data/", hex);
	manifest_path(out, f->path);
	buf_addc(out, '\n');
}

struct sums { uint64_t bytes, files; };

static void weigh(struct pk_files *f, struct sums *s)
{
	const struct cat_file *file = NULL;

	pk_files_rewind(f);
	while ((file = pk_files_next(f)) != NULL) {
		s->bytes += file->size;
		s->files++;
	}
}

static char *in_bag(const struct package_ctx *c, const char *name)
{
	char *p = NULL;

	return asprintf(&p, "%s/%s", c->rec->id, name) < 0 ? NULL : p;
}

static void info_line(struct buf *b, const char *key, struct slice v)
{
	if (!v.n)
		return;
	buf_addf(b, "%s: ", key);
	for (size_t i = 0; i < v.n; i++)
		buf_addc(b, v.p[i] == '\n' || v.p[i] == '\r' ? ' ' : v.p[i]);
	buf_addc(b, '\n');
}

static void bag_info(const struct package_ctx *c, const struct sums *s, struct buf *b)
{
	struct buf id = BUF_INIT(8192);
	char day[11], size[32];
	const char *email = conf_text(c->repo->conf, "email");

	info_line(b, "Source-Organization", record_name(json_object_get(c->rec->doc, "publisher"), "en"));
	info_line(b, "Contact-Email", slice_str(email));
	info_line(b, "External-Description", record_title(c->rec->doc, "en"));
	if (pk_doi(c->rec))
		pid_uri(&id, "DOI", slice_str(pk_doi(c->rec)));
	else
		pk_url(c, &id);
	info_line(b, "External-Identifier", buf_slice(&id));
	iso8601_date(day, c->rec->published ? c->rec->published : c->rec->created);
	info_line(b, "Bagging-Date", slice_str(day));
	info_line(b, "Bag-Size", slice_str(human_size(size, s->bytes)));
	buf_addf(b, "Payload-Oxum: %llu.%llu\n", (unsigned long long)s->bytes, (unsigned long long)s->files);
	info_line(b, "Internal-Sender-Identifier", slice_str(c->rec->id));
	buf_release(&id);
}

static void tag_line(struct buf *b, const char *name, struct slice bytes)
{
	char hex[SHA256_HEX];

	sha256_hex(hex, bytes.p, bytes.n);
	buf_addf(b, "%s  %s\n", hex, name);
}

static st_t add_bytes(struct zip *z, const struct package_ctx *c, const char *name, struct slice bytes, struct err *e)
{
	struct zip_part p = { .kind = ZIP_BYTES, .name = in_bag(c, name), .bytes = BUF_INIT(PK_DOC_MAX) };

	buf_addsl(&p.bytes, bytes);
	return zip_add(z, &p, e);
}

static st_t add_made(struct zip *z, const struct package_ctx *c, const char *name, struct made *m, struct err *e)
{
	struct zip_part p = { .kind = ZIP_MADE, .name = in_bag(c, name), .made = m };

	return zip_add(z, &p, e);
}

/* The small ones: declaration, information, what was left out. Their digests go to ${tags}. */
static st_t add_tags(struct zip *z, const struct package_ctx *c, const struct sums *s, struct buf *tags, struct err *e)
{
	const struct slice declaration = SLICE("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
	struct buf info = BUF_INIT(1 << 20), hidden = BUF_INIT(PK_DOC_MAX);
	st_t st = pk_hidden_list(c, &hidden, e);

	bag_info(c, s, &info);
	if (st == ST_OK)
		st = add_bytes(z, c, "bagit.txt", declaration, e);
	if (st == ST_OK)
		st = add_bytes(z, c, "bag-info.txt", buf_slice(&info), e);
	if (st == ST_OK && hidden.n)
		st = add_bytes(z, c, HIDDEN_LIST, buf_slice(&hidden), e);
	if (hidden.n)
		tag_line(tags, HIDDEN_LIST, buf_slice(&hidden));
	tag_line(tags, "bag-info.txt", buf_slice(&info));
	tag_line(tags, "bagit.txt", declaration);
	buf_release(&info);
	buf_release(&hidden);
	return st;
}

/* Tag files first, then the payload, then the manifests. ${doc} (may be NULL) and ${manifest} are taken. */
static st_t fill(struct zip *z, const struct package_ctx *c, struct made *doc, struct made *manifest, struct err *e)
{
	struct zip_part files = { .kind = ZIP_FILES, .name = in_bag(c, "data/") };
	struct buf tags = BUF_INIT(4096);
	struct sums s = { 0, 0 };
	st_t st = ST_OK;

	weigh(zip_files(z), &s);
	if (doc) {
		s.bytes += doc->size;
		s.files++;
		buf_addf(&manifest->seg[1].text, "%s  data/" CRATE_FILE "\n", doc->sha256);
	}
	st = made_measure(manifest, zip_files(z), e);
	if (st == ST_OK)
		st = add_tags(z, c, &s, &tags, e);
	buf_addf(&tags, "%s  manifest-sha256.txt\n", manifest->sha256);
	if (st == ST_OK && doc) {
		st = add_made(z, c, "data/" CRATE_FILE, doc, e);
		doc = NULL;
	}
	if (st == ST_OK) {
		st = zip_add(z, &files, e);
		files.name = NULL;
	}
	if (st == ST_OK) {
		st = add_made(z, c, "manifest-sha256.txt", manifest, e);
		manifest = NULL;
	}
	if (st == ST_OK)
		st = add_bytes(z, c, "tagmanifest-sha256.txt", buf_slice(&tags), e);
	free(files.name);
	made_free(doc);
	made_free(manifest);
	buf_release(&tags);
	return st;
}

st_t pk_bagit_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	struct made *manifest = calloc(1, sizeof(*manifest)), *doc = has_crate_file(c) ? NULL : calloc(1, sizeof(*doc));
	struct zip *z = NULL;
	st_t st = manifest ? zip_new(&z, c, e) : err_set(e, ST_NOMEM, "out of memory");

	if (manifest) {
		made_init(manifest, c);
		manifest->seg[0].line = manifest_line;
	}
	if (doc && st == ST_OK)
		st = rocrate_make(c, true, doc, e);
	if (doc && st == ST_OK)
		st = made_measure(doc, zip_files(z), e);
	if (st == ST_OK) {
		st = fill(z, c, doc, manifest, e);
	} else {
		made_free(doc);
		made_free(manifest);
	}
	if (st != ST_OK) {
		zip_free(z);
		return st;
	}
	return zip_body(z, out, len, e);
}
