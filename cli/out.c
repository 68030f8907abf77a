#include <getopt.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/term.h"

/* Names of files and words of servers stand in messages: none of them steers the terminal. */
static void vsay(FILE *to, const char *prefix, const char *fmt, va_list ap)
{
	struct buf raw = BUF_INIT((size_t)16 << 20), clean = BUF_INIT((size_t)64 << 20);

	buf_vaddf(&raw, fmt, ap);
	term_lines(&clean, buf_slice(&raw));
	fputs(prefix, to);
	fwrite(clean.p != NULL ? clean.p : "", 1, clean.n, to);
	fputc('\n', to);
	buf_release(&raw);
	buf_release(&clean);
}

void say_error(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	(void)c;
	va_start(ap, fmt);
	vsay(stderr, "azekura: ", fmt, ap);
	va_end(ap);
}

void say_warning(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	vsay(stderr, "azekura: warning: ", fmt, ap);
	va_end(ap);
}

void say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json || c->quiet)
		return;
	va_start(ap, fmt);
	vsay(stdout, "", fmt, ap);
	va_end(ap);
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
	vsay(stderr, "azekura: ", fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try 'azekura %s --help'.\n", c->command);
	return EX_WRONG_USE;
}

static int exit_code(st_t st)
{
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

int say_failed(const struct cli *c, st_t st, const struct err *e)
{
	const char *text = e != NULL && e->text[0] != '\0' ? e->text : st_name(st);
	json_t *j;

	say_error(c, "%s", text);
	if (c->json && st != ST_OK) {
		j = json_object();
		json_put_str(j, "error", slice_str(text));
		json_put_str(j, "status", slice_str(st_name(st)));
		json_put(j, "exit", json_integer(exit_code(st)));
		say_json(j);
	}
	return exit_code(st);
}

/* ---- Progress. ---- */

struct bar {
	pthread_mutex_t lock;
	enum { BAR_OFF, BAR_LINES, BAR_DRAWN } how;
	const char *what;
	uint64_t done, total;
	int64_t start, told;
};

#define BAR_WIDTH 24
#define DRAW_US 100000
#define LINE_US 10000000

struct bar *bar_new(const struct cli *c, const char *what, uint64_t total)
{
	struct bar *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	b->how = c->json || c->quiet ? BAR_OFF : c->terminal ? BAR_DRAWN : BAR_LINES;
	b->what = what;
	b->total = total;
	b->start = b->told = clock_mono_us();
	if (b->how == BAR_DRAWN)
		b->told = 0;
	return b;
}

static void draw(struct bar *b, int64_t now)
{
	double part = b->total == 0 ? 0 : (double)b->done / (double)b->total, secs = (double)(now - b->start) / 1e6;
	double rate = secs > 0.2 ? (double)b->done / secs : 0;
	char bar[BAR_WIDTH + 1], done[32], total[32], speed[32], left[32] = "";
	int i, fill = part > 1 ? BAR_WIDTH : (int)(part * BAR_WIDTH + 0.5);

	human_size(done, b->done);
	human_size(speed, (uint64_t)rate);
	if (b->total == 0) {
		fprintf(stderr, "\r%s %s  %s/s\033[K", b->what, done, speed);
		return;
	}
	for (i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < fill ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	if (rate > 0 && b->total > b->done) {
		unsigned s = (unsigned)((double)(b->total - b->done) / rate) + 1;

		snprintf(left, sizeof(left), "%u:%02u left", s / 60, s % 60);
	}
	fprintf(stderr, "\r%s [%s] %s of %s  %s/s  %s\033[K", b->what, bar, done, human_size(total, b->total), speed, left);
}

static void tell(struct bar *b)
{
	int64_t now = clock_mono_us();
	char done[32], total[32];

	if (now - b->told < (b->how == BAR_DRAWN ? DRAW_US : LINE_US))
		return;
	b->told = now;
	human_size(done, b->done);
	if (b->how == BAR_DRAWN)
		draw(b, now);
	else if (b->total > 0)
		fprintf(stderr, "%s: %s of %s\n", b->what, done, human_size(total, b->total));
	else
		fprintf(stderr, "%s: %s\n", b->what, done);
	fflush(stderr);
}

void bar_add(struct bar *b, uint64_t more)
{
	if (b == NULL || b->how == BAR_OFF)
		return;
	pthread_mutex_lock(&b->lock);
	b->done += more;
	tell(b);
	pthread_mutex_unlock(&b->lock);
}

void bar_back(struct bar *b, uint64_t less)
{
	if (b == NULL)
		return;
	pthread_mutex_lock(&b->lock);
	b->done -= less > b->done ? b->done : less;
	pthread_mutex_unlock(&b->lock);
}

void bar_free(struct bar *b)
{
	if (b == NULL)
		return;
	if (b->how == BAR_DRAWN)
		fputs("\r\033[K", stderr);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* ---- Options. ---- */

static bool wrong_option(struct cli *c, const struct option *opts)
{
	const char *given = c->argv[optind - 1], *near = NULL;
	struct slice rest = slice_str(given), name = slice_cut(&rest, '=');
	char *word = slice_dup(name);
	unsigned best = 4, d;

	for (; opts->name != NULL && word != NULL && strncmp(word, "--", 2) == 0; opts++) {
		if (strcmp(word + 2, opts->name) == 0) {
			say_wrong_use(c, rest.p == NULL ? "'%s' needs a value" : "'%s' takes no value", word);
			free(word);
			return false;
		}
		d = word_distance(word + 2, opts->name);
		if (d < best) {
			best = d;
			near = opts->name;
		}
	}
	/* Only the name: what stands behind it may be a secret. */
	if (near != NULL)
		say_wrong_use(c, "'azekura %s' has no option '%s'; did you mean '--%s'?", c->command, word, near);
	else
		say_wrong_use(c, "'azekura %s' has no option '%s', or it lacks its value", c->command, word == NULL ? "" : word);
	free(word);
	return false;
}

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
	while ((opt = getopt_long(c->argc, c->argv, ":o:", opts, NULL)) != -1) {
		if (opt == '?' || opt == ':') {
			return wrong_option(c, opts);
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
