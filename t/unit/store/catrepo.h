#ifndef T_UNIT_STORE_CATREPO_H
#define T_UNIT_STORE_CATREPO_H

/* A repository with a catalogue and no objects, and a schema of three small formats: one for all records, one for those with rights, one not kept. */

#include "base/clock.h"
#include "base/fs.h"
#include "store/cat_int.h"
#include "t/unit/store/scratch.h"

static inline void write_in(const char *dir, const char *sub, const char *name, const char *text)
{
	char *folder = fs_join(dir, sub), *path = fs_join(folder, name);
	struct err e = ERR_INIT;

	if (fs_mkdirs(folder, 0700, &e) != ST_OK || fs_write_atomic(path, text, strlen(text), 0600, &e) != ST_OK)
		fail_msg("%s", e.text);
	free(path);
	free(folder);
}

/* ${version} of the first format: its renditions differ by it. ${more}: a fourth format, kept, for all records. */
static inline struct schema *small_schema_as(const char *dir, unsigned version, bool more)
{
	char *root = fs_join(dir, "schema"), text[400];
	struct schema *s = NULL;
	struct err e = ERR_INIT;

	write_in(root, "vocab", "resource_types.tsv", "id\tlabel\tcoar\n" "d\tdata set\thttp://x/d\n" "s\tsoftware\thttp://x/s\n");
	snprintf(text, sizeof(text), "title\tAll\nkind\txml\nmedia\ttext/xml\noai\tall\nnamespace\thttp://x/a\nschema\thttp://x/a.xsd\n"
	    "kept yes\nversion %u\nmap\n\t<a>\n\t\teach titles\n\t\t\t<t> value\n\t\t<f> $files_total\n\t\t<v> \"%u\"\n", version, version);
	write_in(root, "formats", "all.map", text);
	write_in(root, "formats", "free.map", "title\tFree\nkind\txml\nmedia\ttext/xml\noai\tfree\nnamespace\thttp://x/f\nschema\thttp://x/f.xsd\n"
	    "kept yes\nversion 1\nmap\n\t<f>\n\t\t! <r> rights[0].spdx\n\t\t<id> $id\n");
	write_in(root, "formats", "other.map", "title\tOther\nkind\txml\nmedia\ttext/xml\nkept no\nversion 1\nmap\n\t<o> $id\n");
	if (more)
		write_in(root, "formats", "more.map", "title\tMore\nkind\txml\nmedia\ttext/xml\nkept yes\nversion 1\nmap\n\t<m> $id\n");
	if (schema_load(&s, root, &e) != ST_OK)
		fail_msg("%s", e.text);
	free(root);
	return s;
}

static inline struct schema *small_schema(const char *dir)
{
	return small_schema_as(dir, 1, false);
}

static inline struct repo *catrepo_open(const char *dir, struct schema *s)
{
	struct repo *r = calloc(1, sizeof(*r));
	struct kv_opts o = { 4 << 20, (size_t)1 << 34, 0 };
	char *sub = fs_join(dir, "catalog");
	struct err e = ERR_INIT;

	r->dir = strdup(dir);
	r->lock_fd = -1;
	r->schema = schema_hold(s);
	if (kv_open(&r->catalog, sub, cat_specs, CAT_DB_COUNT, &o, &e) != ST_OK || writer_new(&r->cat_w, r->catalog, 64, &e) != ST_OK ||
	    cat_open(r, &e) != ST_OK)
		fail_msg("%s", e.text);
	free(sub);
	return r;
}

static inline void catrepo_close(struct repo *r)
{
	writer_free(r->cat_w);
	kv_close(r->catalog);
	cat_close(r);
	schema_drop(r->schema);
	free(r->dir);
	free(r);
}

#endif
