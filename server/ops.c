/* What operators and machines ask: alive, ready, counters, the description of the API. */

#include "server/api.h"

#include "base/clock.h"

static void healthz(struct req *r)
{
	reply_static(r, 200, "text/plain; charset=utf-8", SLICE("ok\n"));
	reply_add(r, "Cache-Control", SLICE("no-store"));
}

static void readyz(struct req *r)
{
	bool ready = atomic_load(&r->srv->ready) && !atomic_load(&r->srv->stopping);

	reply_static(r, ready ? 200 : 503, "text/plain; charset=utf-8", ready ? SLICE("ready\n") : SLICE("not ready\n"));
	reply_add(r, "Cache-Control", SLICE("no-store"));
}

static void metric(struct buf *b, const char *name, const char *kind, const char *help, uint64_t v)
{
	buf_addf(b, "# HELP azekura_%s %s\n# TYPE azekura_%s %s\nazekura_%s %llu\n", name, help, name, kind, name, (unsigned long long)v);
}

static void site_metrics(struct req *r, struct buf *b)
{
	struct repo *repo = r->site->repo;
	struct writer_counts wc;
	struct kv_stats ks;
	struct cat_stats cs;
	struct kv_txn t;
	uint64_t indexed, extracted;

	kv_read(repo->catalog, &t);
	cat_stats(&t, &cs);
	kv_end(&t, NULL);
	writer_counts(repo->cat_w, &wc);
	kv_stats(repo->catalog, &ks);
	follow_place(r->site->follow, &indexed, &extracted);
	metric(b, "records", "gauge", "published record versions", cs.records);
	metric(b, "drafts", "gauge", "drafts", cs.drafts);
	metric(b, "records_withdrawn", "gauge", "tombstones", cs.withdrawn);
	metric(b, "files", "gauge", "files of published versions", cs.files);
	metric(b, "file_bytes", "gauge", "bytes of published versions", cs.bytes);
	metric(b, "changes", "counter", "entries of the change log", cs.changes);
	metric(b, "indexed_change", "gauge", "newest change that search knows", indexed);
	metric(b, "extracted_change", "gauge", "newest change whose files have been read", extracted);
	metric(b, "catalog_write_jobs", "counter", "write jobs", wc.jobs);
	metric(b, "catalog_commits", "counter", "commits of the catalogue", wc.batches);
	metric(b, "catalog_write_failures", "counter", "failed write jobs", wc.failed);
	metric(b, "catalog_used_bytes", "gauge", "bytes in use in the catalogue", ks.used);
	metric(b, "catalog_map_bytes", "gauge", "address space reserved for the catalogue", ks.map_size);
}

static void metrics(struct req *r)
{
	struct buf b = BUF_INIT(1 << 20);
	struct http_counts hc;
	unsigned i;

	http_server_counts(r->srv->http, &hc);
	metric(&b, "uptime_seconds", "gauge", "seconds since start", (uint64_t)(clock_now() - r->srv->started));
	metric(&b, "connections", "gauge", "open connections", hc.conns_now);
	metric(&b, "connections_total", "counter", "connections accepted", hc.conns);
	metric(&b, "requests_total", "counter", "requests", hc.requests);
	metric(&b, "bad_requests_total", "counter", "requests that were not HTTP", hc.bad);
	metric(&b, "refused_connections_total", "counter", "connections refused at a limit", hc.refused);
	metric(&b, "received_bytes_total", "counter", "bytes received", hc.bytes_in);
	metric(&b, "sent_bytes_total", "counter", "bytes sent", hc.bytes_out);
	buf_adds(&b, "# HELP azekura_answers_total answers by status\n# TYPE azekura_answers_total counter\n");
	for (i = 1; i < 6; i++)
		buf_addf(&b, "azekura_answers_total{status=\"%uxx\"} %llu\n", i,
		    (unsigned long long)atomic_load(&r->srv->answers[i]));
	metric(&b, "workers_waiting", "gauge", "jobs waiting for a worker", pool_waiting(r->srv->pool));
	if (r->srv->helpers != NULL) {
		struct helper_counts c;

		helpers_counts(r->srv->helpers, &c);
		metric(&b, "extract_files_total", "counter", "files given to the extractor", c.files);
		metric(&b, "extract_crashed_total", "counter", "extractor crashes", c.crashed);
		metric(&b, "extract_over_budget_total", "counter", "extractions stopped at their budget", c.over_budget);
	}
	site_metrics(r, &b);
	reply_buf(r, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
}

const struct route routes_ops[] = {
	{ HTTP_GET, "/healthz", healthz, ROUTE_LOOP, 0, "Is the process alive?", "operations" },
	{ HTTP_GET, "/readyz", readyz, ROUTE_LOOP, 0, "Can it serve?", "operations" },
	{ HTTP_GET, "/metrics", metrics, 0, 0, "Counters, Prometheus text", "operations" },
	{ 0 }
};
