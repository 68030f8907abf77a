/* A record in NII's ontology as Turtle: the JSON-LD of the mapping nii-rdm, written anew. */

#include "package/package.h"
#include "schema/turtle.h"

#define LD_MAX ((size_t)64 << 20)

st_t rdm_turtle_write(const struct package_ctx *c, struct buf *out, struct err *e)
{
	const struct format *f = schema_format(c->repo->schema, "nii-rdm");
	struct buf raw = BUF_INIT(LD_MAX), ld = BUF_INIT(LD_MAX);
	struct record_view view = { 0 };
	json_t *j = NULL;
	struct kv_txn t;
	st_t st;

	if (f == NULL)
		return err_set(e, ST_UNSUPPORTED, "the mapping 'nii-rdm' is not there");
	kv_read(c->repo->catalog, &t);
	st = cat_view(&t, c->rec, &view);
	kv_end(&t, NULL);
	if (st == ST_OK)
		st = xwalk_write(c->repo->schema, f, &view, &raw, e);
	if (st == ST_OK)
		st = marks_fill(&ld, buf_slice(&raw), slice_str(c->base), SLICE_NULL);
	if (st == ST_OK)
		st = json_load(&j, buf_slice(&ld), e);
	if (st == ST_OK)
		st = turtle_write(out, j, e);
	json_decref(j);
	cat_view_release(&view);
	buf_release(&raw);
	buf_release(&ld);
	return st;
}
