#include "server/runner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/events.h"
#include "store/admin.h"
#include "store/deposit.h"
#include "store/jobs.h"
#include "store/upload.h"

#define TICK_MS 1000
#define BEAT_S 15
#define COLLECT_S 3600
#define LEFTOVER_AGE (7 * 86400)
#define EMBARGO_BATCH 100
#define ATTEMPTS_MAX 3
#define TRIM_PAGES 5000			/* 20 MB of mapped files; the program itself is 10 */
#define UPDATE_US 500000		/* how often a running job's progress is written */

struct runner {
	struct site *site;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool stop, poked;
	uint64_t requests;	/* at the last beat */
};

static bool stopping(struct runner *r)
{
	bool stop;

	pthread_mutex_lock(&r->lock);
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return stop;
}

/* ---- Jobs: a row of store/admin.h, its arguments in params. ---- */

struct running { struct runner *r; struct job_info *info; int64_t told; bool cancelled; };

static bool step(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct running *run = ctx;
	struct repo *repo = run->r->site->repo;
	int64_t now = clock_mono_us();
	struct job_info seen;
	struct kv_txn t;

	if (stopping(run->r))
		return false;
	if (now - run->told < UPDATE_US)
		return true;
	run->told = now;
	memset(&seen, 0, sizeof(seen));
	kv_read(repo->catalog, &t);
	run->cancelled = job_get(&t, run->info->no, &seen) == ST_OK && seen.state == JOB_CANCELLED;
	kv_end(&t, NULL);
	job_info_release(&seen);
	if (run->cancelled)
		return false;
	run->info->done = done;
	run->info->total = total;
	snprintf(run->info->message, sizeof(run->info->message), "%s", what);
	(void)!job_update(repo, run->info, NULL);
	return true;
}

static void end_job(struct running *run, st_t st, const struct err *e, json_t *out)
{
	struct job_info *i = run->info;

	i->ended = clock_now();
	if (st == ST_OK) {
		i->state = JOB_DONE;
		i->message[0] = '\0';
		json_put(i->params, "result", json_incref(out));
	} else {
		i->state = JOB_FAILED;
		snprintf(i->message, sizeof(i->message), "%.250s", e->text[0] != '\0' ? e->text : st_name(st));
	}
	if (job_update(run->r->site->repo, i, NULL) != ST_OK)
		log_warn("job", "end not written job=%llu", (unsigned long long)i->no);
}

static void run_job(struct runner *r, struct job_info *i)
{
	struct running run = { r, i, 0, false };
	struct progress p = { step, &run };
	struct err e = ERR_INIT;
	json_t *out = NULL;
	st_t st;

	log_info("job", "started job=%llu kind=%s attempt=%u", (unsigned long long)i->no, i->kind, i->attempts);
	if (i->attempts > ATTEMPTS_MAX) {
		end_job(&run, err_set(&e, ST_INTERNAL, "given up after %d attempts", ATTEMPTS_MAX), &e, NULL);
		return;
	}
	st = admin_run(r->site->repo, i->kind, json_object_get(i->params, "args"), &p, &out, &e);
	/* Stopped with the server: it stays "running" and starts again with it. Cancelled: it says so already. */
	if (!run.cancelled && !(st != ST_OK && stopping(r)))
		end_job(&run, st, &e, out);
	log_info("job", "ended job=%llu kind=%s state=%s", (unsigned long long)i->no, i->kind, run.cancelled ? "cancelled" : job_state_name(i->state));
	json_decref(out);
}

static void run_jobs(struct runner *r)
{
	struct err e = ERR_INIT;
	struct job_info i;

	while (!stopping(r)) {
		memset(&i, 0, sizeof(i));
		if (job_next(r->site->repo, &i, &e) != ST_OK)
			return;
		run_job(r, &i);
		job_info_release(&i);
	}
}

/* ---- Timers. ---- */

static void end_embargoes(struct runner *r)
{
	struct err e = ERR_INIT;
	unsigned ended = 0;

	if (deposit_embargo_due(r->site->repo, clock_now(), EMBARGO_BATCH, &ended, &e) != ST_OK)
		log_warn("embargo", "not lifted reason=\"%s\"", e.text);
	else if (ended > 0)
		log_info("embargo", "lifted records=%u", ended);
}

static void collect(struct runner *r)
{
	struct err e = ERR_INIT;
	uint64_t removed = 0;

	if (upload_collect(r->site->repo, clock_now() - LEFTOVER_AGE, &removed, &e) != ST_OK)
		log_warn("staging", "leftovers not collected reason=\"%s\"", e.text);
	else if (removed > 0)
		log_info("staging", "leftovers removed files=%llu", (unsigned long long)removed);
}

/*
 * A long walk (a harvest, a rebuild, the first reading of an import) leaves the whole catalogue mapped. Nobody is served by that once
 * the walk is over: a server that had no request for a beat lets go, and what is needed comes back from the page cache.
 */
static void trim(struct runner *r)
{
	struct http_counts c;
	unsigned long size = 0, resident = 0, shared = 0;
	FILE *f;

	http_server_counts(r->site->srv->http, &c);
	if (c.requests != r->requests || (f = fopen("/proc/self/statm", "re")) == NULL) {
		r->requests = c.requests;
		return;
	}
	if (fscanf(f, "%lu %lu %lu", &size, &resident, &shared) == 3 && shared > TRIM_PAGES) {
		kv_trim(r->site->repo->catalog);
		kv_trim(r->site->repo->index);
	}
	fclose(f);
}

static void *run(void *p)
{
	struct runner *r = p;
	int64_t beat = clock_mono_us(), swept = 0;

	while (!stopping(r)) {
		struct timespec until;
		int64_t now = clock_mono_us();

		end_embargoes(r);
		run_jobs(r);
		if (now - beat >= (int64_t)BEAT_S * 1000000) {
			beat = now;
			events_beat(r->site->events);
			trim(r);
		}
		if (swept == 0 || now - swept >= (int64_t)COLLECT_S * 1000000) {
			swept = now;
			collect(r);
		}
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += TICK_MS / 1000;
		pthread_mutex_lock(&r->lock);
		if (!r->stop && !r->poked)
			pthread_cond_timedwait(&r->cond, &r->lock, &until);
		r->poked = false;
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

st_t runner_start(struct runner **out, struct site *site, struct err *e)
{
	struct runner *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return ST_NOMEM;
	r->site = site;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->cond, NULL);
	if (pthread_create(&r->thread, NULL, run, r) != 0) {
		pthread_mutex_destroy(&r->lock);
		pthread_cond_destroy(&r->cond);
		free(r);
		return err_set(e, ST_NOMEM, "no thread for jobs could be started");
	}
	*out = r;
	return ST_OK;
}

static void signal_thread(struct runner *r, bool stop)
{
	pthread_mutex_lock(&r->lock);
	if (stop)
		r->stop = true;
	r->poked = true;
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
}

void runner_poke(struct runner *r)
{
	signal_thread(r, false);
}

void runner_stop(struct runner *r)
{
	if (r == NULL)
		return;
	signal_thread(r, true);
	pthread_join(r->thread, NULL);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->cond);
	free(r);
}
