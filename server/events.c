#include "server/events.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/api.h"
#include "store/accounts.h"
#include "store/changes.h"

#define BATCH 100
#define BEAT_US 15000000

struct stream {
	struct body body;
	struct events *ev;
	struct http_req *h;		/* lives until stop() */
	struct principal who;
	uint32_t *groups;		/* owned, borrowed by who */
	char *token;			/* owned: the token, looked at anew before each piece; NULL: nobody, or admin.sock */
	uint64_t after;
	int64_t last_us;		/* when something was last sent */
	struct stream *next, **prev;
};

struct events {
	struct repo *repo;
	pthread_mutex_t lock;
	struct stream *open;
};

static void wake_all(struct events *ev)
{
	struct stream *s;

	pthread_mutex_lock(&ev->lock);
	for (s = ev->open; s != NULL; s = s->next)
		http_wake(s->h);
	pthread_mutex_unlock(&ev->lock);
}

static void changed(void *arg, uint64_t last)
{
	(void)last;
	wake_all(arg);
}

void events_beat(struct events *ev)
{
	if (ev != NULL)
		wake_all(ev);
}

st_t events_new(struct events **out, struct repo *r, struct err *e)
{
	struct events *ev = calloc(1, sizeof(*ev));
	st_t st;

	*out = NULL;
	if (ev == NULL)
		return ST_NOMEM;
	ev->repo = r;
	pthread_mutex_init(&ev->lock, NULL);
	st = changes_watch(r, changed, ev);
	if (st != ST_OK) {
		pthread_mutex_destroy(&ev->lock);
		free(ev);
		return err_set(e, st, "the change log cannot be watched");
	}
	*out = ev;
	return ST_OK;
}

void events_free(struct events *ev)
{
	if (ev == NULL)
		return;
	changes_unwatch(ev->repo, ev);
	pthread_mutex_destroy(&ev->lock);
	free(ev);
}

/* A change is shown to those who may see its record now; withdrawals of what was public to everybody. */
static bool visible(struct stream *s, struct kv_txn *t, const struct change *c)
{
	struct access_subject what;
	struct rec rec;
	st_t st;

	memset(&rec, 0, sizeof(rec));
	if (cat_head(t, c->id, false, &rec, NULL) != ST_OK) {
		rec_release(&rec);
		return false;
	}
	rec_subject(&rec, &what);
	st = access_may(&s->who, &what, WANT_SEE, clock_now());
	rec_release(&rec);
	return st == ST_OK || st == ST_GONE;
}

static void put_event(struct buf *out, const struct change *c)
{
	char when[ISO8601_LEN];

	iso8601(when, c->time);
	buf_addf(out, "id: %llu\nevent: %s\ndata: {\"no\":%llu,\"kind\":\"%s\",\"id\":\"%s\",\"parent\":\"%s\",\"revision\":%u,\"time\":\"%s\"}\n\n",
	    (unsigned long long)c->no, change_name(c->kind), (unsigned long long)c->no, change_name(c->kind), c->id, c->parent, c->revision, when);
}

/* A stream may stay open for weeks: a token taken back ends it, a changed role counts from now on. */
static bool still_good(struct stream *s, struct kv_txn *t)
{
	struct principal who;
	uint32_t *groups = NULL;

	if (s->token == NULL)
		return true;
	memset(&who, 0, sizeof(who));
	if (token_check(t, slice_str(s->token), clock_now(), &who, &groups) != ST_OK) {
		free(groups);
		return false;
	}
	free(s->groups);
	s->groups = groups;
	s->who = who;
	return true;
}

/* On the loop: one short look into the log. */
static st_t pull(struct body *b, struct buf *chunk, struct err *e)
{
	struct stream *s = (struct stream *)b;
	struct change list[BATCH];
	struct kv_txn t;
	size_t n, i;
	st_t st;

	kv_read(s->ev->repo->catalog, &t);
	if (!still_good(s, &t)) {
		kv_end(&t, NULL);
		return ST_EOF;
	}
	n = changes_after(&t, s->after, list, BATCH);
	for (i = 0; i < n; i++) {
		if (visible(s, &t, &list[i]))
			put_event(chunk, &list[i]);
		s->after = list[i].no;
	}
	st = kv_end(&t, e);
	if (st != ST_OK)
		return st;
	if (chunk->n == 0 && clock_mono_us() - s->last_us >= BEAT_US)
		buf_adds(chunk, ": still here\n\n");
	if (chunk->n > 0) {
		s->last_us = clock_mono_us();
		return chunk->st;
	}
	/* A batch of invisible changes: look again at once. */
	if (n == BATCH)
		http_wake(s->h);
	return ST_AGAIN;
}

static void stop(struct body *b)
{
	struct stream *s = (struct stream *)b;

	pthread_mutex_lock(&s->ev->lock);
	*s->prev = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	pthread_mutex_unlock(&s->ev->lock);
	free(s->groups);
	free(s->token);
	free(s);
}

static void events_get(struct req *r)
{
	struct events *ev = r->site->events;
	struct stream *s = calloc(1, sizeof(*s));
	struct slice last = req_field(r, "Last-Event-ID");
	struct kv_txn t;

	if (s == NULL) {
		problem_send(r, ST_NOMEM, NULL);
		return;
	}
	s->body.pull = pull;
	s->body.stop = stop;
	s->ev = ev;
	s->h = r->h;
	s->who = r->who;
	s->who.groups = NULL;		/* the request's; read with the token */
	s->who.n_groups = 0;
	s->last_us = clock_mono_us();
	if (r->who.user != 0) {
		struct slice token = req_field(r, "Authorization");

		(void)slice_cut(&token, ' ');
		s->token = slice_dup(slice_trim(token));
		if (s->token == NULL) {
			free(s);
			problem_send(r, ST_NOMEM, NULL);
			return;
		}
	}
	/* Without a place named: from now on. */
	if (last.p == NULL)
		last = req_arg(r, "after");
	if (last.p == NULL || !slice_u64(slice_trim(last), UINT64_MAX, &s->after)) {
		kv_read(ev->repo->catalog, &t);
		s->after = changes_last(&t);
		kv_end(&t, NULL);
	}
	pthread_mutex_lock(&ev->lock);
	s->next = ev->open;
	s->prev = &ev->open;
	if (s->next != NULL)
		s->next->prev = &s->next;
	ev->open = s;
	pthread_mutex_unlock(&ev->lock);
	reply_body(r, 200, "text/event-stream", &s->body, -1);
	reply_add(r, "Cache-Control", SLICE("no-store"));
}

const struct route routes_events[] = {
	{ HTTP_GET, "/api/events", events_get, ROUTE_LOOP, 0, "The change log as server-sent events", "jobs" },
	{ 0 }
};
