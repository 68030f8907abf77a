#include "indexer/extract/describe.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/hash.h"
#include "indexer/extract/prefill.h"

#define FRAME_MAX	((uint32_t)1 << 20)
#define ANSWER_MAX	((size_t)16 << 20)
#define SECONDS		70		/* an orphan's alarm: the parent kills before */

struct request {
	struct prefill *p;
	struct buf bytes;
	char *path;
	size_t total;
};

static st_t end_file(struct request *q)
{
	st_t st = ST_OK;

	q->total += q->bytes.n;
	if (q->path != NULL && q->total <= DESCRIBE_BYTES_MAX)
		st = prefill_add(q->p, q->path, q->bytes.n > 0 ? buf_slice(&q->bytes) : SLICE(""));
	buf_clear(&q->bytes);
	free(q->path);
	q->path = NULL;
	return st;
}

static st_t facts_in(struct request *q, struct slice in)
{
	char sha256[SHA256_HEX];
	json_t *facts = NULL;
	st_t st = ST_OK;

	if (q->path != NULL && in.n > SHA256_HEX - 1) {
		memcpy(sha256, in.p, SHA256_HEX - 1);
		sha256[SHA256_HEX - 1] = '\0';
		if (json_load(&facts, slice_of(in.p + SHA256_HEX - 1, in.n - (SHA256_HEX - 1)), NULL) == ST_OK)
			st = prefill_facts(q->p, q->path, sha256, facts);
	}
	json_decref(facts);
	free(q->path);
	q->path = NULL;
	return st;
}

static st_t answer(struct request *q)
{
	struct buf out = BUF_INIT(ANSWER_MAX);
	json_t *doc = NULL, *warn = NULL, *all = NULL;
	st_t st = prefill_take(q->p, &doc, &warn);

	if (st == ST_OK)
		st = (all = json_pack("{s:O, s:O}", "record", doc, "warnings", warn)) != NULL ? json_dump(&out, all, false) : ST_NOMEM;
	if (st == ST_TOOBIG) {
		buf_clear(&out);
		st = buf_adds(&out, "{\"record\":{},\"warnings\":[\"the description files say more than a record holds: kept as ordinary files\"]}");
	}
	if (st == ST_OK)
		st = frame_write(1, 'J', out.p, out.n, NULL);
	json_decref(all);
	json_decref(doc);
	json_decref(warn);
	buf_release(&out);
	return st;
}

/* One request, whose first frame is in ${in}. */
static st_t serve_one(const struct schema *s, uint8_t type, struct buf *in)
{
	struct request q = { .p = prefill_new(s), .bytes = BUF_INIT(DESCRIBE_FILE_MAX + 1) };
	st_t st = q.p != NULL ? ST_OK : ST_NOMEM;

	while (st == ST_OK) {
		if (type == 'P' || type == 'E') {
			if ((st = end_file(&q)) != ST_OK || type == 'E')
				break;
			st = (q.path = slice_dup(buf_slice(in))) != NULL ? ST_OK : ST_NOMEM;
		} else if (type == 'D') {
			(void)!buf_add(&q.bytes, in->p, in->n);
		} else if (type == 'R') {
			st = facts_in(&q, buf_slice(in));
		} else {
			st = ST_INVALID;
		}
		if (st == ST_OK)
			st = frame_read(0, FRAME_MAX, &type, in, NULL);
	}
	if (st == ST_OK)
		st = answer(&q);
	free(q.path);
	buf_release(&q.bytes);
	prefill_free(q.p);
	return st;
}

void describe_serve(const struct schema *s)
{
	struct buf in = BUF_INIT(FRAME_MAX);
	uint8_t type;

	alarm(SECONDS);
	while (frame_read(0, FRAME_MAX, &type, &in, NULL) == ST_OK && serve_one(s, type, &in) == ST_OK)
		alarm(SECONDS);
	buf_release(&in);
}
