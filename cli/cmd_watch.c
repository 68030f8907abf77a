/*
 * azekura watch: the output folder of an instrument. Every entry of the folder is a run; a run that is finished becomes a dataset. inotify says when to
 * look, and rescans find what it cannot see (network drives). What was deposited stands in a journal, so that restarts make nothing twice; a deposit that
 * was cut goes on (its own state, see cmd_deposit.c).
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "cli/journal.h"
#include "cli/survey.h"

#define CREATORS_MAX	100
#define WATCHES_MAX	2000
#define TICK_MS		500		/* between looks while something is unfinished */
#define RETRY_FIRST	2		/* seconds; doubled up to: */
#define RETRY_LAST	300
#define EVENTS	(IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE)

struct run {
	char *name;
	uint64_t print;			/* of names, sizes and times in it */
	int64_t since;			/* us, steady clock: when it last looked different */
	int64_t newest;			/* ns: latest change in it */
	uint64_t files;
	bool seen, closed;		/* closed: the last that happened to a file in it is that its writer closed it */
	uint64_t told;			/* print for which it was said that it changed after its deposit, or is set aside */
	bool aside;
	unsigned fails;
	int64_t retry;			/* us, steady clock */
};

struct watching { int wd; char *run; char *dir; };

struct watch {
	struct cli *c;
	struct deposit_one o;
	const char *creators[CREATORS_MAX];
	const char *pattern, *marker, *state_given;
	uint64_t settle, rescan;
	bool per_file, once;

	char *root;
	struct journal *done;
	struct map *runs;
	VEC(struct watching) dirs;
	int inotify;
	struct run *now;		/* being deposited */
};

static volatile sig_atomic_t stop, depositing;

/* Whatever is under way is on the disk, here and there: a deposit need not be waited for. */
static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
	if (depositing)
		_exit(0);
}

/* ---- one line an event ---- */

static void event(const struct watch *w, const char *what, const char *run, const char *fmt, ...) PRINTF_LIKE(4, 5);
static void event(const struct watch *w, const char *what, const char *run, const char *fmt, ...)
{
	struct buf text = BUF_INIT(65536), name = BUF_INIT(65536);
	char when[ISO8601_LEN];
	va_list ap;

	iso8601(when, clock_now());
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	list_quote(&name, run);
	if (w->c->json) {
		json_dumpf(json_pack("{s:s, s:s, s:s, s:s}", "time", when, "event", what, "run", name.p == NULL ? "" : name.p, "text", text.p == NULL ? "" : text.p), stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		printf("%s %s run=\"%s\" %s\n", when, what, name.p == NULL ? "" : name.p, text.p == NULL ? "" : text.p);
	}
	fflush(stdout);
	buf_release(&text);
	buf_release(&name);
}

/* ---- what a run looks like ---- */

static st_t print_one(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct run *r = ctx;
	struct stat sb;
	int64_t at;

	(void)e;
	if (kind != FS_FILE && kind != FS_DIR)
		return ST_OK;
	r->print = hash64(rel, strlen(rel), r->print);
	if (kind == FS_DIR || lstat(path, &sb) != 0)
		return ST_OK;
	at = file_changed(&sb);
	r->print = hash64(&size, sizeof(size), r->print);
	r->print = hash64(&at, sizeof(at), r->print);
	if (at > r->newest)
		r->newest = at;
	r->files++;
	return ST_OK;
}

/* False: it went away, or cannot be read now. */
static bool look(const struct watch *w, struct run *r, const char *path)
{
	struct run was = *r;
	struct stat sb;

	r->print = 1;
	r->newest = 0;
	r->files = 0;
	if (lstat(path, &sb) != 0)
		return false;
	if (w->per_file)
		(void)!print_one(r, path, r->name, FS_FILE, (uint64_t)sb.st_size, NULL);
	else if (fs_walk(path, print_one, r, NULL) != ST_OK)
		return false;
	if (r->print != was.print) {
		r->since = clock_mono_us();
		r->aside = false;
		r->fails = 0;
		r->retry = 0;
	}
	return true;
}

static void watch_dir(struct watch *w, const char *dir, const char *run)
{
	struct watching x = { .run = run == NULL ? NULL : slice_dup(slice_str(run)), .dir = slice_dup(slice_str(dir)) };
	size_t i;

	x.wd = w->inotify < 0 || w->dirs.n >= WATCHES_MAX ? -1 : inotify_add_watch(w->inotify, dir, EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW);
	for (i = 0; x.wd >= 0 && i < w->dirs.n; i++)
		if (w->dirs.v[i].wd == x.wd)
			x.wd = -1;		/* known */
	if (x.wd < 0 || VEC_PUSH(&w->dirs, x) != ST_OK) {
		free(x.run);
		free(x.dir);
	}
}

struct below { struct watch *w; const char *run; };

static st_t watch_below(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct below *b = ctx;

	(void)rel;
	(void)size;
	(void)e;
	if (kind == FS_DIR)
		watch_dir(b->w, path, b->run);
	return ST_OK;
}

static void unwatch(struct watch *w, const char *run)
{
	size_t i = 0;

	while (i < w->dirs.n) {
		struct watching *x = &w->dirs.v[i];

		if (x->run == NULL || strcmp(x->run, run) != 0) {
			i++;
			continue;
		}
		inotify_rm_watch(w->inotify, x->wd);
		free(x->run);
		free(x->dir);
		*x = w->dirs.v[--w->dirs.n];
	}
}

static bool is_run(const struct watch *w, int dirfd, const char *name)
{
	struct stat sb;

	if (name[0] == '.' || (w->pattern != NULL && fnmatch(w->pattern, name, 0) != 0))
		return false;
	if (w->marker != NULL && w->per_file && slice_ends(slice_str(name), w->marker))
		return false;
	if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	return w->per_file ? S_ISREG(sb.st_mode) : S_ISDIR(sb.st_mode);
}

static struct run *run_get(struct watch *w, const char *name)
{
	struct run *r = map_get(w->runs, slice_str(name));

	if (r != NULL || (r = calloc(1, sizeof(*r))) == NULL)
		return r;
	r->name = slice_dup(slice_str(name));
	if (r->name == NULL || map_put(w->runs, slice_str(name), r, NULL) != ST_OK) {
		free(r->name);
		free(r);
		return NULL;
	}
	return r;
}

/* Deposited already? One that changed after that is told, once; what was published stays as it was. */
static bool deposited(struct watch *w, struct run *r)
{
	const json_t *was = journal_get(w->done, r->name);
	char print[32];

	if (was == NULL)
		return false;
	snprintf(print, sizeof(print), "%016llx", (unsigned long long)r->print);
	if (r->told != r->print && json_text(was, "print") != NULL && strcmp(json_text(was, "print"), print) != 0) {
		event(w, "changed", r->name, "it was deposited as %s and changed since; a new version: azekura deposit --new-version", json_text(was, "id"));
		r->told = r->print;
	}
	return true;
}

static void drop_run(void *p)
{
	struct run *r = p;

	free(r->name);
	free(r);
}

static void scan(struct watch *w)
{
	DIR *d = opendir(w->root);
	struct dirent *x;
	struct slice key;
	void *value;
	size_t i = 0;
	bool again = true;

	if (d == NULL) {
		event(w, "unreadable", "", "%s: %s", w->root, strerror(errno));
		return;
	}
	watch_dir(w, w->root, NULL);
	while (map_next(w->runs, &i, &key, &value))
		((struct run *)value)->seen = false;
	while ((x = readdir(d)) != NULL) {
		struct run *r;
		char *path;
		bool fresh;

		if (!is_run(w, dirfd(d), x->d_name) || (path = fs_join(w->root, x->d_name)) == NULL)
			continue;
		fresh = !map_has(w->runs, slice_str(x->d_name));
		if ((r = run_get(w, x->d_name)) != NULL && look(w, r, path)) {
			r->seen = true;
			if (fresh && journal_get(w->done, r->name) == NULL)
				event(w, "found", r->name, "files=%llu", (unsigned long long)r->files);
			if (!w->per_file && journal_get(w->done, r->name) == NULL) {
				struct below b = { w, r->name };

				watch_dir(w, path, r->name);
				(void)!fs_walk(path, watch_below, &b, NULL);
			}
		}
		free(path);
	}
	closedir(d);
	while (again) {
		for (again = false, i = 0; map_next(w->runs, &i, &key, &value);)
			if (!((struct run *)value)->seen) {
				unwatch(w, ((struct run *)value)->name);
				drop_run(map_del(w->runs, key));
				again = true;
				break;
			}
	}
}

/* ---- finished? ---- */

static bool marked(const struct watch *w, const struct run *r)
{
	struct buf b = BUF_INIT(8192);
	bool there;

	buf_addf(&b, w->per_file ? "%s/%s%s" : "%s/%s/%s", w->root, r->name, w->marker);
	there = b.st == ST_OK && fs_exists(b.p);
	buf_release(&b);
	return there;
}

static bool next_began(const struct watch *w, const struct run *r)
{
	struct slice key;
	void *value;
	size_t i = 0;

	while (map_next(w->runs, &i, &key, &value)) {
		const struct run *x = value;

		if (x != r && x->newest > r->newest)
			return true;
	}
	return false;
}

static bool finished(const struct watch *w, const struct run *r)
{
	int64_t quiet = clock_mono_us() - r->since, old = clock_now_us() - r->newest / 1000, settle = (int64_t)w->settle * 1000000;

	if (r->files == 0)
		return false;
	if (w->marker != NULL)
		return marked(w, r);
	/* After a start nobody knows how long it has been quiet, but how old its files are. Clocks of drives differ: a time in the future does not count. */
	if (quiet >= settle && (old >= settle || old < 0))
		return true;
	return r->closed && quiet >= 1000000 && next_began(w, r);
}

/* ---- a finished run ---- */

static st_t on_done(void *ctx, const char *id, uint64_t files, uint64_t bytes, uint64_t sent, const char *url, struct err *e)
{
	struct watch *w = ctx;
	char when[ISO8601_LEN], print[32];
	json_t *line;
	st_t st;

	(void)sent;
	iso8601(when, clock_now());
	snprintf(print, sizeof(print), "%016llx", (unsigned long long)w->now->print);
	line = json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:s, s:s}", "id", id, "url", url, "print", print, "files", (json_int_t)files, "bytes", (json_int_t)bytes, "published",
	    (int)w->o.publish, "time", when, "server", w->c->server);
	/* A name that is no text has no line of its own in a JSON file: then its quoted form is the key. */
	if (line != NULL && json_object_set_new(line, "key", json_string(w->now->name)) != 0) {
		json_decref(line);
		return err_set(e, ST_INVALID, "a run whose name is no UTF-8 cannot be followed: rename it");
	}
	st = journal_add(w->done, line, e);
	if (st == ST_OK)
		event(w, w->o.publish ? "published" : "deposited", w->now->name, "id=%s files=%llu bytes=%llu", id, (unsigned long long)files, (unsigned long long)bytes);
	return st;
}

static bool passing(st_t st)
{
	return st == ST_CLOSED || st == ST_TIMEOUT || st == ST_BUSY || st == ST_IO || st == ST_FULL || st == ST_UNAUTH || st == ST_DENIED || st == ST_NOMEM ||
	    st == ST_ABSENT || st == ST_UNSUPPORTED;
}

static void take(struct watch *w, struct run *r)
{
	char *path = fs_join(w->root, r->name);
	struct err e = ERR_INIT;
	unsigned wait, i;
	st_t st;

	if (path == NULL)
		return;
	w->now = r;
	depositing = 1;
	st = stop ? ST_AGAIN : deposit_one(w->c, &w->o, path, &e);
	depositing = 0;
	free(path);
	if (st == ST_OK) {
		unwatch(w, r->name);
		return;
	}
	if (st == ST_AGAIN)
		return;
	if (st == ST_CONFLICT && r->fails == 0) {
		/* It was not finished after all; or somebody else is at the draft. */
		event(w, "waiting", r->name, "%s", e.text);
		r->since = clock_mono_us();
		r->fails = 1;
	} else if (passing(st) || st == ST_CONFLICT) {
		for (wait = RETRY_FIRST, i = 0; i < r->fails && wait < RETRY_LAST; i++)
			wait *= 2;
		if (wait > RETRY_LAST)
			wait = RETRY_LAST;
		event(w, "retry", r->name, "in=%us reason=\"%s\"", wait, e.text);
		r->fails++;
		r->retry = clock_mono_us() + (int64_t)wait * 1000000;
	} else {
		event(w, "refused", r->name, "until it changes, reason=\"%s\"", e.text[0] != '\0' ? e.text : st_name(st));
		r->aside = true;
	}
}

static int by_age(const void *a, const void *b)
{
	const struct run *x = *(struct run *const *)a, *y = *(struct run *const *)b;

	return x->newest != y->newest ? (x->newest < y->newest ? -1 : 1) : strcmp(x->name, y->name);
}

/* Deposit what is finished, oldest first. True while something is left that may be soon. */
static bool work(struct watch *w)
{
	VEC(struct run *) ready = VEC_INIT;
	struct slice key;
	void *value;
	size_t i = 0;
	bool left = false;

	while (map_next(w->runs, &i, &key, &value)) {
		struct run *r = value;

		if (deposited(w, r) || r->aside)
			continue;
		left = true;
		if (finished(w, r) && clock_mono_us() >= r->retry)
			(void)!VEC_PUSH(&ready, r);
	}
	if (ready.n > 1)
		qsort(ready.v, ready.n, sizeof(*ready.v), by_age);
	for (i = 0; i < ready.n && !stop; i++)
		take(w, ready.v[i]);
	VEC_RELEASE(&ready);
	return left;
}

/* ---- waiting ---- */

static void told(struct watch *w, const struct inotify_event *x)
{
	struct run *r = NULL;
	size_t i;

	for (i = 0; i < w->dirs.n && w->dirs.v[i].wd != x->wd; i++)
		;
	if (i == w->dirs.n)
		return;
	if (w->dirs.v[i].run != NULL)
		r = map_get(w->runs, slice_str(w->dirs.v[i].run));
	else if (x->len > 0)
		r = map_get(w->runs, slice_str(x->name));
	if (r == NULL)
		return;
	if (x->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
		r->closed = true;
	else if (x->mask & (IN_MODIFY | IN_CREATE))
		r->closed = false;
}

/* Sleep until something happens, ${ms} at most; true: something did. */
static bool await(struct watch *w, int ms)
{
	union { struct inotify_event x; char room[16384]; } b;
	struct pollfd p = { .fd = w->inotify, .events = POLLIN };
	struct timespec beat = { 0, 200000000 };
	ssize_t n, at;

	if (poll(&p, w->inotify < 0 ? 0 : 1, ms) <= 0)
		return false;
	while ((n = read(w->inotify, &b, sizeof(b))) > 0)
		for (at = 0; at < n;) {
			const struct inotify_event *x = (const struct inotify_event *)(b.room + at);

			told(w, x);
			at += (ssize_t)sizeof(*x) + x->len;
		}
	/* A writer's storm is one event. */
	nanosleep(&beat, NULL);
	return true;
}

static void follow(struct watch *w)
{
	int64_t next = 0;
	bool left = false, happened = true;

	event(w, "watching", "", "folder=%s settle=%llus rescan=%llus", w->root, (unsigned long long)w->settle, (unsigned long long)w->rescan);
	while (!stop) {
		/* What is unfinished is looked at each time: a network drive tells nobody. */
		if (happened || left || clock_mono_us() >= next) {
			scan(w);
			next = clock_mono_us() + (int64_t)w->rescan * 1000000;
		}
		left = work(w);
		if (stop || (w->once && !left))
			break;
		happened = await(w, left ? TICK_MS : (int)(w->rescan * 1000));
	}
	event(w, "stopped", "", "%s", stop ? "as asked" : "nothing is left");
}

/* ---- the command ---- */

static const struct option options[] = {
	{ "per", required_argument, NULL, 'P' }, { "run-pattern", required_argument, NULL, 'r' }, { "settle", required_argument, NULL, 's' },
	{ "rescan", required_argument, NULL, 'S' }, { "marker", required_argument, NULL, 'm' }, { "publish", no_argument, NULL, 'p' },
	{ "creator", required_argument, NULL, 'c' }, { "license", required_argument, NULL, 'l' }, { "access", required_argument, NULL, 'a' },
	{ "from", required_argument, NULL, 'f' }, { "jobs", required_argument, NULL, 'j' }, { "state", required_argument, NULL, 't' }, { "once", no_argument, NULL, 'o' },
	{ "encode-names", no_argument, NULL, 'e' }, { NULL, 0, NULL, 0 }
};

static bool option(void *ctx, int opt, const char *value)
{
	struct watch *w = ctx;
	uint64_t n;

	switch (opt) {
	case 'P':
		w->per_file = strcmp(value, "file") == 0;
		return w->per_file || strcmp(value, "folder") == 0;
	case 'r': w->pattern = value; return true;
	case 's': return slice_u64(slice_str(value), 86400 * 7, &w->settle);
	case 'S': return slice_u64(slice_str(value), 86400, &w->rescan) && w->rescan > 0;
	case 'm': w->marker = value; return value[0] != '\0' && strchr(value, '/') == NULL;
	case 'p': w->o.publish = true; return true;
	case 'c':
		if (w->o.d.n_creators == CREATORS_MAX)
			return false;
		w->creators[w->o.d.n_creators++] = value;
		return true;
	case 'l': w->o.d.license = value; return true;
	case 'a': w->o.d.access = value; return true;
	case 'f': w->o.d.from = value; return true;
	case 'j':
		if (!slice_u64(slice_str(value), 16, &n) || n == 0)
			return false;
		w->o.jobs = (unsigned)n;
		return true;
	case 't': w->state_given = value; return true;
	case 'o': w->once = true; return true;
	case 'e': w->o.encode = true; return true;
	default: return false;
	}
}

static char *state_of(const struct watch *w)
{
	struct buf b = BUF_INIT(65536);
	char hex[SHA256_HEX], name[64];

	if (w->state_given != NULL)
		return slice_dup(slice_str(w->state_given));
	buf_addf(&b, "%s\n%s", w->c->server, w->root);
	sha256_hex(hex, b.p, b.n);
	buf_release(&b);
	snprintf(name, sizeof(name), "watch-%.16s.jsonl", hex);
	return state_path(false, name);
}

static st_t start(struct watch *w, const char *path, struct err *e)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct stat sb;
	char *state;
	st_t st;

	w->root = realpath(path, NULL);
	if (w->root == NULL || stat(w->root, &sb) != 0 || !S_ISDIR(sb.st_mode))
		return err_set(e, ST_INVALID, "'%s' is no folder", path);
	state = state_of(w);
	st = state == NULL ? err_set(e, ST_IO, "there is no place for the journal: set HOME, or give --state FILE") : journal_open(&w->done, state, e);
	free(state);
	if (st != ST_OK)
		return st;
	w->runs = map_new();
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);	/* -1: rescans alone */
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	return w->runs == NULL ? ST_NOMEM : ST_OK;
}

int cmd_watch(struct cli *c)
{
	struct watch w = { .c = c, .settle = 30, .rescan = 10, .inotify = -1, .o = { .jobs = 4 } };
	struct err e = ERR_INIT;
	size_t i;
	st_t st;

	w.o.d.creators = w.creators;
	w.o.done = on_done;
	w.o.ctx = &w;
	if (!cli_options(c, options, option, &w))
		return EX_WRONG_USE;
	if (c->argc != 1)
		return say_wrong_use(c, "say what: azekura watch FOLDER");
	if (c->token == NULL) {
		say_error(c, "no token: log in with 'azekura login %s', or give --token", c->server);
		return EX_REFUSED;
	}
	c->terminal = false;		/* lines, no bar */
	st = start(&w, c->argv[0], &e);
	if (st == ST_OK)
		follow(&w);
	for (i = 0; i < w.dirs.n; i++) {
		free(w.dirs.v[i].run);
		free(w.dirs.v[i].dir);
	}
	VEC_RELEASE(&w.dirs);
	map_free(w.runs, drop_run);
	journal_close(w.done);
	if (w.inotify >= 0)
		close(w.inotify);
	free(w.root);
	return st == ST_OK ? EX_FINE : say_failed(c, st, &e);
}
