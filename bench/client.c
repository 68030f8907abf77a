/*
 * A client that writes: C connections, one thread each, kept alive. Prints operations per second of the timed part.
 *
 *	client drafts HOST:PORT TOKEN CONNECTIONS N FILE	make one draft a connection from FILE, then save it again N times in all (timed)
 *	client publish HOST:PORT TOKEN CONNECTIONS N FILE	make N drafts, then publish each (timed)
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"

struct worker { pthread_t thread; int fd; unsigned n; char (*ids)[32]; };

static struct sockaddr_in server;
static const char *token;
static struct buf doc = BUF_INIT(1 << 20);
static bool publish;

static void die(const char *what)
{
	fprintf(stderr, "client: %s\n", what);
	exit(1);
}

/* One request, one answer with Content-Length. Returns the status; the answer lies in ${in}. */
static int ask(int fd, const char *method, const char *path, struct slice body, struct buf *in)
{
	struct buf out = BUF_INIT(1 << 21);
	char *end = NULL, *len;
	size_t want = 0;
	ssize_t got;

	buf_addf(&out, "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", method,
	    path, token, body.n);
	buf_addsl(&out, body);
	if (fs_write_all(fd, out.p, out.n, NULL) != ST_OK)
		die("cannot send");
	buf_release(&out);
	buf_clear(in);
	while (end == NULL || in->n < want) {
		if (buf_reserve(in, 65536) != ST_OK || (got = read(fd, in->p + in->n, 65535)) <= 0)
			die("the connection ended");
		in->n += (size_t)got;
		in->p[in->n] = '\0';
		if (end == NULL && (end = strstr(in->p, "\r\n\r\n")) != NULL) {
			len = strcasestr(in->p, "\r\nContent-Length:");
			want = (size_t)(end - in->p) + 4 + (len != NULL && len < end ? strtoul(len + 17, NULL, 10) : 0);
		}
	}
	return (int)strtol(in->p + 9, NULL, 10);
}

static void make_draft(struct worker *w, char id[32], struct buf *in)
{
	const char *at;

	if (ask(w->fd, "POST", "/api/records", buf_slice(&doc), in) != 201 || (at = strcasestr(in->p, "\r\nLocation: ")) == NULL ||
	    (at = strstr(at, "/api/records/")) == NULL)
		die(in->p);
	at += strlen("/api/records/");
	snprintf(id, 32, "%.*s", (int)strcspn(at, "/\r"), at);
}

static void *prepare(void *arg)
{
	struct buf in = BUF_INIT(1 << 20);
	struct worker *w = arg;
	unsigned i, n = publish ? w->n : 1;
	int one = 1;

	w->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(w->fd, (struct sockaddr *)&server, sizeof(server)) != 0)
		die("cannot connect");
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	w->ids = calloc(n, sizeof(*w->ids));
	for (i = 0; i < n; i++)
		make_draft(w, w->ids[i], &in);
	buf_release(&in);
	return NULL;
}

static void *work(void *arg)
{
	struct buf in = BUF_INIT(1 << 20);
	struct worker *w = arg;
	char path[128];
	unsigned i;

	for (i = 0; i < w->n; i++) {
		snprintf(path, sizeof(path), publish ? "/api/records/%s/draft/actions/publish" : "/api/records/%s/draft", w->ids[publish ? i : 0]);
		if (ask(w->fd, publish ? "POST" : "PUT", path, publish ? SLICE("") : buf_slice(&doc), &in) / 100 != 2)
			die(in.p);
	}
	buf_release(&in);
	return NULL;
}

static void all(struct worker *w, unsigned n, void *(*fn)(void *))
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (pthread_create(&w[i].thread, NULL, fn, &w[i]) != 0)
			die("cannot start a thread");
	for (i = 0; i < n; i++)
		pthread_join(w[i].thread, NULL);
}

int main(int argc, char **argv)
{
	struct worker *w;
	const char *colon;
	unsigned conns, n, i;
	int64_t t0;
	char host[64];

	if (argc != 7 || (colon = strchr(argv[2], ':')) == NULL)
		die("usage: client drafts|publish HOST:PORT TOKEN CONNECTIONS N FILE");
	publish = strcmp(argv[1], "publish") == 0;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - argv[2]), argv[2]);
	server.sin_family = AF_INET;
	server.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	token = argv[3];
	conns = (unsigned)strtoul(argv[4], NULL, 10);
	n = (unsigned)strtoul(argv[5], NULL, 10) / (conns == 0 ? 1 : conns);
	if (inet_pton(AF_INET, host, &server.sin_addr) != 1 || conns == 0 || n == 0 || fs_read_file(argv[6], &doc, NULL) != ST_OK)
		die("an argument is wrong");
	w = calloc(conns, sizeof(*w));
	for (i = 0; i < conns; i++)
		w[i].n = n;
	all(w, conns, prepare);
	t0 = clock_mono_us();
	all(w, conns, work);
	printf("%.1f\n", conns * n / ((double)(clock_mono_us() - t0) / 1e6));
	for (i = 0; i < conns; i++) {
		close(w[i].fd);
		free(w[i].ids);
	}
	free(w);
	buf_release(&doc);
	return 0;
}
