/*
 * azekura survey: what lies on a disk or share, and which datasets it would make. The walk leaves a table of rows (survey_walk.c); here it is read once more,
 * in the same order, and becomes proposals for a person to edit, and a summary.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/str.h"
#include "cli/survey.h"

#define KINDS_MAX	1000		/* told apart in all */
#define KINDS_SHOWN	15
#define DAYS_MAX	4096		/* of a folder, for gaps */
#define SPLIT_MAX	12
#define HINTS_SHOWN	5
#define UNREAD_SHOWN	1000
#define DAY		86400

struct count { uint64_t files, bytes; };
struct day_count { int64_t day; uint64_t files, bytes; };

/* What is added up over a folder, then over a proposal. */
struct heap {
	uint64_t files, bytes, folders;
	int64_t first, last;		/* seconds; last 0: no file */
	struct day_count *days;		/* sorted; n_days DAYS_MAX + 1: too many */
	size_t n_days;
	char *hints[HINTS_SHOWN];	/* "phone column: a/b.csv" */
	uint64_t n_hints;
};

struct survey {
	struct cli *c;
	const char *out, *state_given;
	bool deep, across, restart;
	char *root, *state;
	FILE *list;
	struct map *kinds;		/* -> struct count */
	struct heap own;		/* of the folder whose row comes next */
	struct heap open;		/* of the proposal under way */
	char *open_path;		/* quoted; NULL: none */
	enum proposal how;
	struct folder_seen seen;	/* of its folder */
	uint64_t files, bytes, folders, unread, odd, proposals, hinted;
	json_t *unreadable, *proposed;
	struct survey_same same;
};

/* ---- adding up ---- */

static void heap_release(struct heap *h)
{
	size_t i;

	for (i = 0; i < HINTS_SHOWN; i++)
		free(h->hints[i]);
	free(h->days);
	memset(h, 0, sizeof(*h));
}

static void day_add(struct heap *h, int64_t day, uint64_t files, uint64_t bytes)
{
	size_t lo = 0, hi = h->n_days;

	if (h->n_days > DAYS_MAX || (h->days == NULL && (h->days = calloc(DAYS_MAX + 1, sizeof(*h->days))) == NULL))
		return;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (h->days[mid].day < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == h->n_days || h->days[lo].day != day) {
		if (h->n_days == DAYS_MAX) {
			h->n_days++;
			return;
		}
		memmove(&h->days[lo + 1], &h->days[lo], (h->n_days - lo) * sizeof(*h->days));
		h->days[lo] = (struct day_count){ day, 0, 0 };
		h->n_days++;
	}
	h->days[lo].files += files;
	h->days[lo].bytes += bytes;
}

static void hint_add(struct heap *h, char *text /* taken */)
{
	if (h->n_hints < HINTS_SHOWN)
		h->hints[h->n_hints] = text;
	else
		free(text);
	h->n_hints++;
}

static void file_add(struct survey *s, const struct survey_row *r)
{
	struct heap *h = &s->own;
	struct count *k = map_get(s->kinds, r->kind);
	struct buf b = BUF_INIT(20000);

	h->files++;
	h->bytes += r->size;
	if (h->last == 0 || r->changed < h->first)
		h->first = r->changed;
	if (r->changed > h->last)
		h->last = r->changed;
	day_add(h, r->changed / DAY, 1, r->size);
	if (r->hint.n > 0 && buf_addf(&b, "%.*s: %.*s", (int)r->hint.n, r->hint.p, (int)r->path.n, r->path.p) == ST_OK)
		hint_add(h, buf_take(&b, NULL));
	buf_release(&b);
	if (k == NULL && map_count(s->kinds) < KINDS_MAX && (k = calloc(1, sizeof(*k))) != NULL && map_put(s->kinds, r->kind, k, NULL) != ST_OK) {
		free(k);
		k = NULL;
	}
	if (k != NULL) {
		k->files++;
		k->bytes += r->size;
	}
	s->files++;
	s->bytes += r->size;
}

static void merge(struct heap *to, struct heap *from)
{
	size_t i;

	if (from->files > 0) {
		if (to->last == 0 || from->first < to->first)
			to->first = from->first;
		if (from->last > to->last)
			to->last = from->last;
	}
	to->files += from->files;
	to->bytes += from->bytes;
	for (i = 0; i < from->n_days && i < DAYS_MAX; i++)
		day_add(to, from->days[i].day, from->days[i].files, from->days[i].bytes);
	for (i = 0; i < HINTS_SHOWN && from->hints[i] != NULL; i++) {
		hint_add(to, from->hints[i]);
		from->hints[i] = NULL;
	}
	if (from->n_hints > HINTS_SHOWN)
		to->n_hints += from->n_hints - HINTS_SHOWN;
	heap_release(from);
}

/* ---- a proposal ---- */

/* Names that say nothing alone take the folder above along. */
static bool says_nothing(struct slice name)
{
	static const char *const words[] = { "data", "raw", "results", "result", "output", "out", "files", "new", "old", "tmp", "run", "test", "images", "csv" };
	char pattern[300];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_ieq_str(name, words[i]))
			return true;
	return name.n < 256 && name_pattern(name, pattern) && strlen(pattern) < 5;
}

static void title_of(struct survey *s, const char *path, struct buf *out)
{
	struct buf full = BUF_INIT(65536);
	struct slice name, above;
	const char *slash;
	size_t i, from;

	list_quote(&full, s->root);
	buf_addf(&full, "/%s", path);
	while (full.n > 1 && full.p[full.n - 1] == '/')
		full.p[--full.n] = '\0';
	slash = strrchr(full.p, '/');
	name = slice_str(slash == NULL ? full.p : slash + 1);
	if (slash != NULL && slash > full.p && says_nothing(name)) {
		above = slice_of(full.p, (size_t)(slash - full.p));
		for (i = above.n; i > 0 && above.p[i - 1] != '/'; i--)
			;
		if (above.n > i)
			buf_addf(out, "%.*s, ", (int)(above.n - i), above.p + i);
	}
	from = out->n;
	buf_addsl(out, name);
	for (i = from; i < out->n; i++)
		if (out->p[i] == '_')
			out->p[i] = ' ';
	buf_release(&full);
}

static void folder_line(struct survey *s, const char *path)
{
	struct buf b = BUF_INIT(65536);

	list_quote(&b, s->root);
	/* The root of the file system is a folder too. */
	if (b.n == 1)
		b.n = 0;
	fprintf(s->list, "folder: %.*s%s%s\n", (int)b.n, b.p, path[0] == '\0' && b.n > 0 ? "" : "/", path);
	buf_release(&b);
}

struct part { int64_t after, before; uint64_t files, bytes; int64_t first, last; };	/* days; 0: no bound */

/* Parts of a flat folder between long pauses; 1 when there are none. */
static size_t parts_of(const struct heap *h, struct part out[SPLIT_MAX])
{
	size_t n = 0, i;

	out[0] = (struct part){ 0, 0, h->files, h->bytes, h->first / DAY, h->last / DAY };
	if (h->folders > 1 || h->n_days > DAYS_MAX || h->n_days < 2)
		return 1;
	for (i = 0; i < h->n_days; i++) {
		if (i == 0 || h->days[i].day - h->days[i - 1].day > GAP_DAYS) {
			if (n == SPLIT_MAX) {
				out[0] = (struct part){ 0, 0, h->files, h->bytes, h->first / DAY, h->last / DAY };
				return 1;
			}
			if (n > 0)
				out[n - 1].before = h->days[i].day;
			out[n] = (struct part){ n == 0 ? 0 : h->days[i].day, 0, 0, 0, h->days[i].day, 0 };
			n++;
		}
		out[n - 1].files += h->days[i].files;
		out[n - 1].bytes += h->days[i].bytes;
		out[n - 1].last = h->days[i].day;
	}
	return n;
}

static const char *why_text(const struct survey *s)
{
	switch (s->how) {
	case PROPOSE_SERIES: return "numbered runs of one series";
	case PROPOSE_LOOSE: return "loose files beside other folders";
	default: return s->seen.describes == 2 ? "described by a file in it" : s->seen.describes == 1 ? "has a README" : "files that lie together";
	}
}

static void block(struct survey *s, const struct part *p, size_t n_parts, bool yes)
{
	char size[32], first[11], last[11], bound[11];
	struct buf title = BUF_INIT(65536);
	size_t i;

	iso8601_date(first, p->first * DAY);
	iso8601_date(last, p->last * DAY);
	fprintf(s->list, "\n# %llu files in %llu folders, %s, %s to %s: %s%s\n", (unsigned long long)p->files, (unsigned long long)s->open.folders, human_size(size, p->bytes),
	    first, last, why_text(s), n_parts > 1 ? ", between long pauses" : "");
	for (i = 0; i < HINTS_SHOWN && s->open.hints[i] != NULL; i++)
		fprintf(s->list, "# personal data? %s\n", s->open.hints[i]);
	if (s->open.n_hints > HINTS_SHOWN)
		fprintf(s->list, "# personal data? and %llu more\n", (unsigned long long)(s->open.n_hints - HINTS_SHOWN));
	fprintf(s->list, "deposit: %s\n", yes ? "yes" : "no");
	folder_line(s, s->open_path);
	title_of(s, s->open_path, &title);
	/* What a description says is better than the folder's name; it stands here to be taken. */
	fprintf(s->list, "%stitle: %s%s%s%s%s\n", s->seen.describes > 0 ? "# " : "", title.p == NULL ? "" : title.p, n_parts > 1 ? ", " : "", n_parts > 1 ? first : "",
	    n_parts > 1 && p->first != p->last ? " to " : "", n_parts > 1 && p->first != p->last ? last : "");
	if (s->how == PROPOSE_LOOSE)
		fputs("files: here\n", s->list);
	if (p->after != 0) {
		iso8601_date(bound, p->after * DAY);
		fprintf(s->list, "after: %s\n", bound);
	}
	if (p->before != 0) {
		iso8601_date(bound, p->before * DAY);
		fprintf(s->list, "before: %s\n", bound);
	}
	if (json_array_size(s->proposed) < UNREAD_SHOWN)
		json_push(s->proposed, json_pack("{s:s, s:s, s:b, s:I, s:I, s:s, s:s, s:s, s:I}", "folder", s->open_path, "title", title.p == NULL ? "" : title.p, "deposit", (int)yes,
		    "files", (json_int_t)p->files, "bytes", (json_int_t)p->bytes, "first", first, "last", last, "why", why_text(s), "personalHints", (json_int_t)s->open.n_hints));
	s->proposals++;
	buf_release(&title);
}

static void close_proposal(struct survey *s)
{
	struct part parts[SPLIT_MAX];
	size_t n, i;

	if (s->open_path == NULL)
		return;
	if (s->open.files > 0) {
		n = s->how == PROPOSE_WHOLE && s->seen.describes < 2 ? parts_of(&s->open, parts) : 1;
		if (n == 1)
			parts[0] = (struct part){ 0, 0, s->open.files, s->open.bytes, s->open.first / DAY, s->open.last / DAY };
		if (s->open.n_hints > 0)
			s->hinted++;
		for (i = 0; i < n; i++)
			block(s, &parts[i], n, s->open.n_hints == 0 && s->how != PROPOSE_LOOSE);
	}
	heap_release(&s->open);
	free(s->open_path);
	s->open_path = NULL;
}

/* The row of a folder: to whom do its files belong? */
static st_t folder_add(struct survey *s, const struct survey_row *r)
{
	char *path = slice_dup(r->path);
	enum proposal how;

	if (path == NULL)
		return ST_NOMEM;
	s->folders++;
	if (s->open_path == NULL || s->how == PROPOSE_LOOSE || !path_below(path, s->open_path)) {
		close_proposal(s);
		how = folder_judge(&r->seen);
		if (how != PROPOSE_NO) {
			s->open_path = path;
			path = NULL;
			s->how = how;
			s->seen = r->seen;
		}
	}
	if (s->open_path != NULL) {
		s->open.folders++;
		merge(&s->open, &s->own);
	} else {
		heap_release(&s->own);
	}
	free(path);
	return ST_OK;
}

static st_t judge(struct survey *s, struct err *e)
{
	FILE *in = fopen(s->state, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	st_t st = in == NULL ? err_sys(e, "cannot read '%s'", s->state) : ST_OK;

	while (st == ST_OK && (n = getline(&line, &cap, in)) > 0) {
		struct survey_row r;

		if (!survey_row_read(slice_of(line, (size_t)n - 1), &r))
			continue;
		if (r.what == 'F') {
			file_add(s, &r);
		} else if (r.what == 'D') {
			st = folder_add(s, &r);
		} else if (r.what == 'U') {
			if (s->unread++ < UNREAD_SHOWN)
				json_push(s->unreadable, json_pack("{s:s%, s:s%}", "path", r.path.p, r.path.n, "reason", r.kind.p, r.kind.n));
		} else if (r.what == 'X') {
			s->odd++;
		}
	}
	close_proposal(s);
	free(line);
	if (in != NULL)
		fclose(in);
	return st;
}

/* ---- telling ---- */

struct kind_line { struct slice name; const struct count *n; };

static int by_bytes(const void *a, const void *b)
{
	const struct kind_line *x = a, *y = b;

	return x->n->bytes != y->n->bytes ? (x->n->bytes < y->n->bytes ? 1 : -1) : slice_cmp(x->name, y->name);
}

static struct kind_line *kinds_sorted(const struct survey *s, size_t *n)
{
	struct kind_line *v = calloc(map_count(s->kinds) + 1, sizeof(*v));
	size_t i = 0;
	void *value;

	*n = 0;
	while (v != NULL && map_next(s->kinds, &i, &v[*n].name, &value))
		v[(*n)++].n = value;
	if (v != NULL)
		qsort(v, *n, sizeof(*v), by_bytes);
	return v;
}

static void summary(struct survey *s)
{
	char a[32], b[32];
	size_t n, i;
	struct kind_line *v = kinds_sorted(s, &n);
	json_t *one;

	say(s->c, "%llu files in %llu folders, %s", (unsigned long long)s->files, (unsigned long long)s->folders, human_size(a, s->bytes));
	for (i = 0; i < n && i < KINDS_SHOWN; i++)
		say(s->c, "  %-44.*s %9llu  %s", (int)v[i].name.n, v[i].name.p, (unsigned long long)v[i].n->files, human_size(a, v[i].n->bytes));
	if (n > KINDS_SHOWN)
		say(s->c, "  and %zu kinds more", n - KINDS_SHOWN);
	say(s->c, "same bytes  %llu groups of files, %s in copies", (unsigned long long)s->same.groups, human_size(b, s->same.bytes));
	json_array_foreach(s->same.largest, i, one)
		if (i < 3)
			say(s->c, "  %lld x %s, as %s", (long long)json_integer_value(json_object_get(one, "count")),
			    human_size(a, (uint64_t)json_integer_value(json_object_get(one, "bytes"))), json_string_value(json_array_get(json_object_get(one, "files"), 0)));
	if (s->odd > 0)
		say(s->c, "left out    %llu links, devices and other file systems", (unsigned long long)s->odd);
	if (s->unread > 0)
		say(s->c, "unreadable  %llu", (unsigned long long)s->unread);
	json_array_foreach(s->unreadable, i, one)
		if (i < 10)
			say(s->c, "  %s: %s", json_text(one, "path"), json_text(one, "reason"));
	say(s->c, "datasets    %llu proposed, %llu of them with hints of personal data (those say 'deposit: no')", (unsigned long long)s->proposals, (unsigned long long)s->hinted);
	say(s->c, "next        edit %s, then: azekura deposit --from-survey %s", s->out, s->out);
	free(v);
}

static void report_json(struct survey *s)
{
	json_t *kinds = json_array();
	size_t n, i;
	struct kind_line *v = kinds_sorted(s, &n);

	for (i = 0; i < n; i++)
		json_push(kinds, json_pack("{s:s%, s:I, s:I}", "kind", v[i].name.p, v[i].name.n, "files", (json_int_t)v[i].n->files, "bytes", (json_int_t)v[i].n->bytes));
	say_json(json_pack("{s:I, s:I, s:I, s:o, s:{s:I, s:I, s:I, s:O}, s:I, s:I, s:O, s:I, s:O, s:s}", "files", (json_int_t)s->files, "folders", (json_int_t)s->folders,
	    "bytes", (json_int_t)s->bytes, "kinds", kinds, "same", "groups", (json_int_t)s->same.groups, "files", (json_int_t)s->same.files, "bytes", (json_int_t)s->same.bytes,
	    "largest", s->same.largest, "leftOut", (json_int_t)s->odd, "unreadableCount", (json_int_t)s->unread, "unreadable", s->unreadable, "proposals",
	    (json_int_t)s->proposals, "datasets", s->proposed, "list", s->out));
	free(v);
}

static st_t list_open(struct survey *s, struct err *e)
{
	int fd = open(s->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char now[ISO8601_LEN];
	struct buf b = BUF_INIT(65536);

	if (fd < 0 && errno == EEXIST)
		return err_set(e, ST_CONFLICT, "'%s' is there already and somebody may have edited it: give another name by --out", s->out);
	if (fd < 0)
		return err_sys(e, "cannot make '%s'", s->out);
	if ((s->list = fdopen(fd, "w")) == NULL) {
		close(fd);
		return ST_NOMEM;
	}
	iso8601(now, clock_now());
	list_quote(&b, s->root);
	fprintf(s->list, "# Datasets proposed by 'azekura survey %s', %s.\n#\n"
	    "# Edit this, then: azekura deposit --from-survey %s\n#\n"
	    "# A block is one dataset and begins with 'deposit: yes' or 'deposit: no'. Lines with # are comments. In a block may stand:\n"
	    "#   folder: PATH            what is deposited, with all below it (%%XX stands for a byte that cannot be typed)\n"
	    "#   title: TEXT             else what a README or another description in the folder says, else the folder's name\n"
	    "#   access: WORD            open, embargoed:YYYY-MM-DD, restricted or closed\n"
	    "#   license: ID             SPDX identifier, as CC-BY-4.0\n"
	    "#   publish: yes            at once; else it stays a draft\n"
	    "#   include: PATTERN        only these files, as *.csv or raw/*; may be repeated\n"
	    "#   exclude: PATTERN        but not these; may be repeated\n"
	    "#   after: DAY, before: DAY only files changed from that day on, or before it\n"
	    "#   files: here             only what lies directly in the folder\n", b.p, now, s->out);
	buf_release(&b);
	return ST_OK;
}

/* ---- the command ---- */

static const struct option options[] = {
	{ "out", required_argument, NULL, 'o' }, { "state", required_argument, NULL, 's' }, { "deep", no_argument, NULL, 'd' },
	{ "across", no_argument, NULL, 'x' }, { "restart", no_argument, NULL, 'r' }, { NULL, 0, NULL, 0 }
};

static bool option(void *ctx, int opt, const char *value)
{
	struct survey *s = ctx;

	switch (opt) {
	case 'o': s->out = value; return true;
	case 's': s->state_given = value; return true;
	case 'd': s->deep = true; return true;
	case 'x': s->across = true; return true;
	case 'r': s->restart = true; return true;
	default: return false;
	}
}

static char *state_of(const struct survey *s)
{
	char hex[SHA256_HEX], name[64];

	if (s->state_given != NULL)
		return slice_dup(slice_str(s->state_given));
	sha256_hex(hex, s->root, strlen(s->root));
	snprintf(name, sizeof(name), "survey-%.16s.rows", hex);
	return state_path(true, name);
}

static st_t run(struct survey *s, const char *path, struct err *e)
{
	struct survey_walk w = { .c = s->c, .deep = s->deep, .across = s->across };
	st_t st;

	s->root = realpath(path, NULL);
	if (s->root == NULL)
		return err_set(e, ST_INVALID, "there is no '%s'", path);
	s->state = state_of(s);
	s->kinds = map_new();
	if (s->state == NULL || s->kinds == NULL)
		return s->state == NULL ? err_set(e, ST_IO, "there is no place for the state of this survey: give --state FILE") : ST_NOMEM;
	/* Before hours of walking, not after. */
	if (fs_exists(s->out))
		return err_set(e, ST_CONFLICT, "'%s' is there already and somebody may have edited it: give another name by --out", s->out);
	if (s->restart)
		unlink(s->state);
	w.root = s->root;
	w.state = s->state;
	st = survey_walk(&w, e);
	if (st == ST_OK && w.resumed && !s->c->json)
		say(s->c, "went on with a survey that was cut");
	if (st == ST_OK)
		st = survey_same(s->c, s->root, s->state, &s->same, e);
	if (st == ST_OK)
		st = list_open(s, e);
	if (st == ST_OK) {
		st = judge(s, e);
		if (fclose(s->list) != 0 && st == ST_OK)
			st = err_sys(e, "cannot write '%s'", s->out);
	}
	if (st == ST_OK)
		unlink(s->state);
	return st;
}

int cmd_survey(struct cli *c)
{
	struct survey s = { .c = c, .out = "survey.txt" };
	struct err e = ERR_INIT;
	st_t st;

	if (!cli_options(c, options, option, &s))
		return EX_WRONG_USE;
	if (c->argc != 1)
		return say_wrong_use(c, "say what: azekura survey PATH");
	s.unreadable = json_array();
	s.proposed = json_array();
	st = run(&s, c->argv[0], &e);
	if (st == ST_OK && c->json)
		report_json(&s);
	else if (st == ST_OK)
		summary(&s);
	heap_release(&s.own);
	heap_release(&s.open);
	free(s.open_path);
	map_free(s.kinds, free);
	json_decref(s.unreadable);
	json_decref(s.proposed);
	json_decref(s.same.largest);
	free(s.root);
	free(s.state);
	return st == ST_OK ? EX_FINE : say_failed(c, st, &e);
}
