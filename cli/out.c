#include <getopt.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"

static void vsay(const char *prefix, const char *fmt, va_list ap)
{
	fputs(prefix, stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void say_error(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	(void)c;
	va_start(ap, fmt);
	vsay("azekura: ", fmt, ap);
	va_end(ap);
}

void say_warning(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	vsay("azekura: warning: ", fmt, ap);
	va_end(ap);
}

void say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json || c->quiet)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void say_json(json_t *j)
{
	if (j != NULL)
		json_dumpf(j, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
	json_decref(j);
}

int say_wrong_use(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay("azekura: ", fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try 'azekura %s --help'.\n", c->command);
	return EX_WRONG_USE;
}

int say_failed(const struct cli *c, st_t st, const struct err *e)
{
	say_error(c, "%s", e != NULL && e->text[0] != '\0' ? e->text : st_name(st));
	switch (st) {
	case ST_OK: return EX_FINE;
	case ST_DENIED:
	case ST_UNAUTH: return EX_REFUSED;
	case ST_ABSENT:
	case ST_GONE: return EX_NOT_FOUND;
	case ST_CLOSED:
	case ST_TIMEOUT: return EX_NO_SERVER;
	default: return EX_FAILED;
	}
}

/* ---- Progress. ---- */

struct bar {
	pthread_mutex_t lock;
	bool on;
	const char *what;
	uint64_t done, total;
	int64_t start, drawn;
};

struct bar *bar_new(const struct cli *c, const char *what, uint64_t total)
{
	struct bar *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	b->on = c->terminal && !c->json;
	b->what = what;
	b->total = total;
	b->start = clock_mono_us();
	return b;
}

#define BAR_WIDTH 24

static void draw(struct bar *b, int64_t now)
{
	double part = b->total == 0 ? 1 : (double)b->done / (double)b->total, secs = (double)(now - b->start) / 1e6;
	double rate = secs > 0.2 ? (double)b->done / secs : 0;
	char bar[BAR_WIDTH + 1], done[32], total[32], speed[32], left[32] = "";
	int i, fill = (int)(part * BAR_WIDTH + 0.5);

	for (i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < fill ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	if (rate > 0 && b->total > b->done) {
		unsigned s = (unsigned)((double)(b->total - b->done) / rate) + 1;

		snprintf(left, sizeof(left), "%u:%02u left", s / 60, s % 60);
	}
	fprintf(stderr, "\r%s [%s] %s of %s  %s/s  %s\033[K", b->what, bar, human_size(done, b->done), human_size(total, b->total),
	    human_size(speed, (uint64_t)rate), left);
	fflush(stderr);
}

void bar_add(struct bar *b, uint64_t more)
{
	int64_t now;

	if (b == NULL || !b->on)
		return;
	pthread_mutex_lock(&b->lock);
	b->done += more;
	now = clock_mono_us();
	if (now - b->drawn > 100000) {
		b->drawn = now;
		draw(b, now);
	}
	pthread_mutex_unlock(&b->lock);
}

void bar_free(struct bar *b)
{
	if (b == NULL)
		return;
	if (b->on)
		fputs("\r\033[K", stderr);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* ---- Options. ---- */

bool cli_options(struct cli *c, const struct option *opts, bool (*fn)(void *ctx, int opt, const char *value), void *ctx)
{
	int opt, i;

	for (i = 1; i < c->argc; i++) {
		if (strcmp(c->argv[i], "--") == 0)
			break;
		if (strcmp(c->argv[i], "--help") == 0)
			exit(command_help(command_find(c->command), stdout));
	}
	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(c->argc, c->argv, "o:", opts, NULL)) != -1) {
		if (opt == '?' || opt == ':') {
			say_wrong_use(c, "'%s' is no option of 'azekura %s', or lacks its value", c->argv[optind - 1], c->command);
			return false;
		}
		if (!fn(ctx, opt, optarg)) {
			say_wrong_use(c, "the value '%s' does not fit", optarg == NULL ? "" : optarg);
			return false;
		}
	}
	c->argc -= optind;
	c->argv += optind;
	return true;
}
