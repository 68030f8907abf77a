/*
 * BagIt 1.0 (RFC 8493) as a zip with one folder at its top. data/ holds the dataset's files and, so that the bag explains itself, the RO-Crate
 * metadata document. Manifests are written file by file; what they weigh is measured in a walk before the first byte goes out.
 */

#include "package/pk_int.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"

static const char *crate_name(const struct package_ctx *c)
{
	struct kv_txn t;
	struct cat_file f;
	bool taken = false;

	kv_read(c->repo->catalog, &t);
	taken = cat_file_get(&t, c->rec->id, c->rec->state != REC_PUBLISHED && !c->rec->is_edit, SLICE(CRATE_FILE), &f, NULL) == ST_OK;
	kv_end(&t, NULL);
	if (taken)
		cat_file_release(&f);
	return taken ? NULL : CRATE_FILE;	/* a bag keeps what was deposited as it was */
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

static void manifest_line(void *ctx, const struct cat_file *f, struct buf *out)
{
	char hex[SHA256_HEX];

	hex_encode(hex, f->sha256, 32);
	buf_addf(out, "%s  data/", hex);
	manifest_path(out, f->path);
	buf_addc(out, '\n');
}

struct sums { uint64_t bytes, files, size; uint32_t crc; char sha[SHA256_HEX]; };

static st_t walk(struct pk_files *f, struct slice tail, struct sums *s, struct err *e)
{
	struct buf line = BUF_INIT(8192);
	struct hash *h = hash_new();
	const struct cat_file *file = NULL;
	uint8_t sha[32];

	if (!h)
		return err_set(e, ST_NOMEM, "out of memory");
	pk_files_rewind(f);
	while ((file = pk_files_next(f)) != NULL) {
		buf_clear(&line);
		manifest_line(NULL, file, &line);
		hash_add(h, line.p, line.n);
		s->size += line.n;
		s->bytes += file->size;
		s->files++;
	}
	hash_add(h, tail.p, tail.n);
	s->size += tail.n;
	hash_end(h, sha, &s->crc);
	hex_encode(s->sha, sha, 32);
	hash_free(h);
	buf_release(&line);
	return ST_OK;
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

/* Tag files first, then the payload, then the manifests. */
static st_t fill(struct zip *z, const struct package_ctx *c, const char *crate, struct buf *doc, struct err *e)
{
	const struct slice declaration = SLICE("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
	struct zip_part files = { .kind = ZIP_FILES, .name = in_bag(c, "data/") };
	struct zip_part manifest = { .kind = ZIP_MADE, .name = in_bag(c, "manifest-sha256.txt"), .bytes = BUF_INIT(8192), .line = manifest_line };
	struct buf info = BUF_INIT(1 << 20), tags = BUF_INIT(4096), hidden = BUF_INIT(PK_DOC_MAX);
	struct sums s = { 0, 0, 0, 0, "" };
	st_t st = ST_OK;

	if (crate)
		tag_line(&manifest.bytes, "data/" CRATE_FILE, buf_slice(doc));
	manifest.tail = buf_slice(&manifest.bytes);
	st = walk(zip_files(z), manifest.tail, &s, e);
	if (st == ST_OK)
		st = pk_hidden_list(c, &hidden, e);
	manifest.size = s.size;
	manifest.crc = s.crc;
	if (crate) {
		s.bytes += doc->n;
		s.files++;
	}
	bag_info(c, &s, &info);
	if (hidden.n)
		tag_line(&tags, HIDDEN_LIST, buf_slice(&hidden));
	tag_line(&tags, "bag-info.txt", buf_slice(&info));
	tag_line(&tags, "bagit.txt", declaration);
	buf_addf(&tags, "%s  manifest-sha256.txt\n", s.sha);
	if (st == ST_OK)
		st = add_bytes(z, c, "bagit.txt", declaration, e);
	if (st == ST_OK)
		st = add_bytes(z, c, "bag-info.txt", buf_slice(&info), e);
	if (st == ST_OK && hidden.n)
		st = add_bytes(z, c, HIDDEN_LIST, buf_slice(&hidden), e);
	if (st == ST_OK && crate)
		st = add_bytes(z, c, "data/" CRATE_FILE, buf_slice(doc), e);
	if (st == ST_OK) {
		st = zip_add(z, &files, e);
		files.name = NULL;
	}
	if (st == ST_OK) {
		st = zip_add(z, &manifest, e);
		manifest.name = NULL;
		buf_init(&manifest.bytes, 0);
	}
	if (st == ST_OK)
		st = add_bytes(z, c, "tagmanifest-sha256.txt", buf_slice(&tags), e);
	free(files.name);
	free(manifest.name);
	buf_release(&manifest.bytes);
	buf_release(&info);
	buf_release(&tags);
	buf_release(&hidden);
	return st;
}

st_t pk_bagit_open(const struct package_ctx *c, struct body **out, int64_t *len, struct err *e)
{
	const char *crate = crate_name(c);
	struct buf doc = BUF_INIT(PK_DOC_MAX);
	struct zip *z = NULL;
	st_t st = crate ? rocrate_write(c, true, &doc, e) : ST_OK;

	if (st == ST_OK)
		st = zip_new(&z, c, e);
	if (st == ST_OK)
		st = fill(z, c, crate, &doc, e);
	buf_release(&doc);
	if (st != ST_OK) {
		zip_free(z);
		return st;
	}
	return zip_body(z, out, len, e);
}
