/*
 * CAT_JOB:
 *   'J' number -> state (1), owner, attempts (4 each), done, total, created, started, ended (8 each), then kind, subject, message,
 *                 each with a zero byte, then parameters as JSON
 *   'S' state, number -> nothing
 */

#include "base/clock.h"
#include "base/utf8.h"
#include "store/cat_int.h"
#include "store/jobs_int.h"

#define JOB_FIXED	49
#define KEEP_SECONDS	(90 * 86400)	/* how long an ended job can still be looked at */
#define PRUNE_AT_ONCE	4

const char *job_state_name(enum job_state s)
{
	static const char *const names[] = {
#define X(a, b) b,
		JOB_STATES(X)
#undef X
	};

	return s < JOB_STATE_COUNT ? names[s] : "unknown";
}

void job_info_release(struct job_info *j)
{
	json_decref(j->params);
	memset(j, 0, sizeof(*j));
}

static bool has_ended(enum job_state s)
{
	return s == JOB_DONE || s == JOB_FAILED || s == JOB_CANCELLED;
}

static struct key state_key(enum job_state s, uint64_t no)
{
	struct key k;

	key_init(&k, 'S');
	key_u8(&k, (uint8_t)s);
	key_u64(&k, no);
	return k;
}

static void job_put(struct kv_txn *t, const struct job_info *j, enum job_state was)
{
	struct key k = key_u64_of('J', j->no), s;
	struct buf b = BUF_INIT(1 << 20);
	uint8_t h[JOB_FIXED];
	const char *const text[] = { j->kind, j->subject, j->message };
	size_t i;

	h[0] = (uint8_t)j->state;
	put_u32(h + 1, j->owner);
	put_u32(h + 5, j->attempts);
	put_u64(h + 9, j->done);
	put_u64(h + 17, j->total);
	put_u64(h + 25, (uint64_t)j->created);
	put_u64(h + 33, (uint64_t)j->started);
	put_u64(h + 41, (uint64_t)j->ended);
	buf_add(&b, h, JOB_FIXED);
	for (i = 0; i < 3; i++)
		buf_add(&b, text[i], strlen(text[i]) + 1);
	if (j->params != NULL)
		json_dump(&b, j->params, false);
	if (b.st != ST_OK)
		kv_fail(t, b.st, "job %llu: %s", (unsigned long long)j->no, st_name(b.st));
	kv_put(t, CAT_JOB, key_slice(&k), buf_slice(&b));
	buf_release(&b);
	if (was != j->state && was != JOB_STATE_COUNT) {
		s = state_key(was, j->no);
		kv_del(t, CAT_JOB, key_slice(&s));
	}
	s = state_key(j->state, j->no);
	kv_put(t, CAT_JOB, key_slice(&s), SLICE_NULL);
}

static bool text_read(const char **at, const char *end, char *out, size_t size)
{
	size_t n = strnlen(*at, (size_t)(end - *at));

	if (*at + n >= end || n >= size)
		return false;
	memcpy(out, *at, n + 1);
	*at += n + 1;
	return true;
}

static st_t job_read(uint64_t no, struct slice v, struct job_info *out)
{
	const char *at = v.p + JOB_FIXED, *end = v.p + v.n;

	memset(out, 0, sizeof(*out));
	if (v.n < JOB_FIXED || (uint8_t)v.p[0] >= JOB_STATE_COUNT)
		return ST_CORRUPT;
	out->no = no;
	out->state = (uint8_t)v.p[0];
	out->owner = get_u32(v.p + 1);
	out->attempts = get_u32(v.p + 5);
	out->done = get_u64(v.p + 9);
	out->total = get_u64(v.p + 17);
	out->created = (int64_t)get_u64(v.p + 25);
	out->started = (int64_t)get_u64(v.p + 33);
	out->ended = (int64_t)get_u64(v.p + 41);
	if (!text_read(&at, end, out->kind, sizeof(out->kind)) || !text_read(&at, end, out->subject, sizeof(out->subject)) ||
	    !text_read(&at, end, out->message, sizeof(out->message)))
		return ST_CORRUPT;
	return at < end ? json_load(&out->params, slice_of(at, (size_t)(end - at)), NULL) : ST_OK;
}

st_t job_get(struct kv_txn *t, uint64_t no, struct job_info *out)
{
	struct key k = key_u64_of('J', no);
	struct slice v;

	memset(out, 0, sizeof(*out));
	if (!kv_get(t, CAT_JOB, key_slice(&k), &v))
		return t->st != ST_OK ? t->st : ST_ABSENT;
	return job_read(no, v, out);
}

/* Newest first, all or of one state. */
size_t job_list(struct kv_txn *t, enum job_state only, uint64_t before, struct job_info *out, size_t max)
{
	struct key k;
	struct kv_cur c;
	size_t n = 0, fixed;
	bool more;

	if (before == 0)
		before = UINT64_MAX;
	k = only == JOB_STATE_COUNT ? key_u64_of('J', before) : state_key(only, before);
	fixed = k.n - 8;
	kv_cur_open(t, CAT_JOB, &c);
	for (more = kv_seek_before(&c, key_slice(&k)); more && n < max; more = kv_prev(&c)) {
		if (c.key.n != k.n || memcmp(c.key.p, k.p, fixed) != 0)
			break;
		n += job_get(t, get_u64(c.key.p + fixed), &out[n]) == ST_OK;
	}
	kv_cur_close(&c);
	return n;
}

/* Each new job drops a few of the oldest that ended long ago, so that their number stays bounded without a sweep. */
static void prune(struct kv_txn *t, int64_t now)
{
	static const enum job_state ended[] = { JOB_DONE, JOB_FAILED, JOB_CANCELLED };
	struct job_info j;
	struct kv_cur c;
	struct key k, at;
	unsigned n;
	size_t i;

	for (i = 0; i < 3; i++) {
		for (n = 0; n < PRUNE_AT_ONCE; n++) {
			bool found;

			k = state_key(ended[i], 0);
			kv_cur_open(t, CAT_JOB, &c);
			found = kv_seek(&c, key_slice(&k)) && c.key.n == k.n && memcmp(c.key.p, k.p, 2) == 0;
			if (found)
				at = key_u64_of('J', get_u64(c.key.p + 2));
			kv_cur_close(&c);
			if (!found || job_get(t, get_u64(at.p + 1), &j) != ST_OK)
				break;
			found = j.ended + KEEP_SECONDS < now;
			k = state_key(ended[i], j.no);
			job_info_release(&j);
			if (!found)
				break;
			kv_del(t, CAT_JOB, key_slice(&at));
			kv_del(t, CAT_JOB, key_slice(&k));
		}
	}
}

struct job_call { const struct job_info *in; uint64_t no; struct job_info out; };

static st_t add_apply(void *arg, struct kv_txn *t)
{
	struct job_call *call = arg;
	struct job_info j = *call->in;

	j.no = cat_meta_next(t, "job-no");
	j.created = clock_now();
	job_put(t, &j, JOB_STATE_COUNT);
	prune(t, j.created);
	call->no = j.no;
	return ST_OK;
}

static st_t text_check(const struct job_info *j, struct err *e)
{
	if (j->kind[0] == '\0' || j->state >= JOB_STATE_COUNT)
		return err_set(e, ST_INVALID, "a job without a kind");
	if (!utf8_valid(slice_str(j->subject), NULL))
		return err_set(e, ST_INVALID, "the subject of a job is not UTF-8");
	return ST_OK;
}

st_t job_add(struct repo *r, struct job_info *j, struct err *e)
{
	struct job_call call = { .in = j };
	st_t st = text_check(j, e);

	if (st == ST_OK)
		st = writer_do(r->cat_w, add_apply, &call, e);
	if (st == ST_OK)
		j->no = call.no;
	return st;
}

static st_t update_apply(void *arg, struct kv_txn *t)
{
	const struct job_info *j = ((struct job_call *)arg)->in;
	struct job_info old, now = *j;
	st_t st = job_get(t, j->no, &old);

	if (st != ST_OK) {
		kv_fail(t, st, "no job %llu", (unsigned long long)j->no);
	} else {
		/* Cancelled while it ran: progress that comes later does not bring it back. */
		if (old.state == JOB_CANCELLED) {
			now.state = JOB_CANCELLED;
			now.ended = old.ended;
		} else if (has_ended(now.state) && now.ended == 0) {
			now.ended = clock_now();
		}
		job_put(t, &now, old.state);
	}
	job_info_release(&old);
	return ST_OK;
}

st_t job_update(struct repo *r, const struct job_info *j, struct err *e)
{
	struct job_call call = { .in = j };
	st_t st = text_check(j, e);

	return st == ST_OK ? writer_do(r->cat_w, update_apply, &call, e) : st;
}

static st_t cancel_apply(void *arg, struct kv_txn *t)
{
	const struct job_call *call = arg;
	struct job_info j;
	enum job_state was;
	st_t st = job_get(t, call->no, &j);

	was = j.state;
	if (st != ST_OK) {
		kv_fail(t, st, "no job %llu", (unsigned long long)call->no);
	} else if (has_ended(j.state)) {
		kv_fail(t, ST_CONFLICT, "job %llu is %s already", (unsigned long long)call->no, job_state_name(j.state));
	} else {
		j.state = JOB_CANCELLED;
		j.ended = clock_now();
		job_put(t, &j, was);
	}
	job_info_release(&j);
	return ST_OK;
}

st_t job_cancel(struct repo *r, uint64_t no, struct err *e)
{
	struct job_call call = { .no = no };

	return writer_do(r->cat_w, cancel_apply, &call, e);
}

/* The first of a state; ST_ABSENT. */
static st_t first_of(struct kv_txn *t, enum job_state s, struct job_info *out)
{
	struct key k = state_key(s, 0);
	struct kv_cur c;
	uint64_t no = 0;

	memset(out, 0, sizeof(*out));
	kv_cur_open(t, CAT_JOB, &c);
	if (kv_seek(&c, key_slice(&k)) && c.key.n == k.n && memcmp(c.key.p, k.p, 2) == 0)
		no = get_u64(c.key.p + 2);
	kv_cur_close(&c);
	return no != 0 ? job_get(t, no, out) : t->st != ST_OK ? t->st : ST_ABSENT;
}

static st_t next_apply(void *arg, struct kv_txn *t)
{
	struct job_call *call = arg;
	st_t st;

	job_info_release(&call->out);
	st = first_of(t, JOB_WAITING, &call->out);
	if (st == ST_ABSENT)
		return ST_EOF;
	if (st != ST_OK)
		return st;
	call->out.state = JOB_RUNNING;
	call->out.attempts++;
	call->out.started = clock_now();
	job_put(t, &call->out, JOB_WAITING);
	return ST_OK;
}

st_t job_next(struct repo *r, struct job_info *out, struct err *e)
{
	struct job_call call = { .no = 0 };
	struct kv_txn t;
	struct job_info peek;
	st_t st;

	memset(out, 0, sizeof(*out));
	/* Asked often and mostly in vain: look before writing. */
	kv_read(r->catalog, &t);
	st = first_of(&t, JOB_WAITING, &peek);
	job_info_release(&peek);
	kv_end(&t, NULL);
	if (st == ST_ABSENT)
		return ST_EOF;
	st = writer_do(r->cat_w, next_apply, &call, e);
	if (st == ST_OK)
		*out = call.out;
	else
		job_info_release(&call.out);
	return st;
}

static st_t restart_apply(void *arg, struct kv_txn *t)
{
	struct job_info j;
	st_t st;

	while ((st = first_of(t, JOB_RUNNING, &j)) == ST_OK) {
		j.state = JOB_WAITING;
		job_put(t, &j, JOB_RUNNING);
		job_info_release(&j);
		if (t->st != ST_OK)
			break;
	}
	job_info_release(&j);
	return st == ST_ABSENT || st == ST_OK ? ST_OK : st;
}

st_t jobs_restart(struct repo *r, struct err *e)
{
	struct job_info j;
	struct kv_txn t;
	st_t st;

	kv_read(r->catalog, &t);
	st = first_of(&t, JOB_RUNNING, &j);
	job_info_release(&j);
	kv_end(&t, NULL);
	return st == ST_ABSENT ? ST_OK : writer_do(r->cat_w, restart_apply, NULL, e);
}
