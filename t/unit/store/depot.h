#ifndef T_UNIT_STORE_DEPOT_H
#define T_UNIT_STORE_DEPOT_H

/* A repository for tests: real schema, real folder. */

#include "base/clock.h"
#include "schema/record.h"
#include "store/cat_int.h"
#include "store/dep_int.h"
#include "store/objects.h"
#include "store/ocfl.h"
#include "store/repo.h"
#include "store/upkeep.h"
#include "store/upload.h"

static const struct actor depot_actor = { 7, "user:7 taro" };

static inline struct schema *depot_schema(void)
{
	const char *dir = getenv("AZEKURA_SCHEMA"), *src = getenv("AZEKURA_SRC");
	char path[4096];
	struct schema *s = NULL;
	struct err e = ERR_INIT;

	snprintf(path, sizeof(path), "%s/schema", src ? src : "..");
	if (schema_load(&s, dir ? dir : path, &e) != ST_OK)
		fprintf(stderr, "# %s\n", e.text);
	return s;
}

static inline struct repo *depot_open(const char *dir, bool create)
{
	struct repo_opts o = { .create = create };
	struct schema *s = depot_schema();
	struct repo *r = NULL;
	struct err e = ERR_INIT;

	if (s == NULL || repo_open(&r, dir, s, &o, &e) != ST_OK)
		fprintf(stderr, "# cannot open: %s\n", e.text);
	schema_drop(s);
	return r;
}

static inline json_t *depot_doc(struct repo *r, const char *title)
{
	struct record_defaults d = { .title = title, .creator = "Joho, Taro", .publisher = "Test", .today = "2026-11-21" };
	json_t *doc = json_object(), *named = json_array();
	struct err e = ERR_INIT;

	if (record_default(r->schema, doc, &d, named, &e) != ST_OK)
		fprintf(stderr, "# default: %s\n", e.text);
	json_decref(named);
	return doc;
}

static inline st_t depot_file(struct repo *r, const char *draft, const char *path, const void *p, size_t n, struct err *e)
{
	struct upload_spec s = { .draft = draft, .path = slice_str(path), .size = (int64_t)n, .user = 7 };
	struct upload *u = NULL;
	st_t st = upload_begin(r, &s, &u, e);

	if (st != ST_OK)
		return st;
	st = upload_write(u, p, n, e);
	if (st != ST_OK) {
		upload_abort(u);
		return st;
	}
	return upload_end(u, NULL, e);
}

static inline st_t depot_draft(struct repo *r, const char *title, char id[PID_LEN + 1], struct err *e)
{
	json_t *doc = depot_doc(r, title);
	st_t st = deposit_new(r, &depot_actor, doc, id, e);

	json_decref(doc);
	return st;
}

static inline void depot_fault(void *ctx, const char *kind, const char *subject, const char *text)
{
	(void)ctx;
	fprintf(stderr, "# fsck: %s %s: %s\n", kind, subject, text);
}

static inline uint64_t depot_fsck(struct repo *r)
{
	struct fsck_result res;
	struct err e = ERR_INIT;

	if (upkeep_fsck(r, true, depot_fault, NULL, NULL, &res, &e) != ST_OK) {
		fprintf(stderr, "# fsck: %s\n", e.text);
		return UINT64_MAX;
	}
	return res.faults;
}

#endif
