/*
 * The walk of a survey. Rows go to the state file in the order of the walk: the files of a folder, the folder, then what lies below each of its folders in
 * byte order. The last folder row is therefore all that must be known to go on: what comes before it in that order is done. A folder's names are not kept
 * but for those of its folders.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/place.h"
#include "base/vec.h"
#include "cli/survey.h"
#include "net/helper.h"

#define DEPTH_MAX	400
#define KINDS_MAX	500		/* suffixes of one folder that are told apart */
#define FACTS_EACH	2		/* files of a suffix and folder whose content is read */
#define DETECT_EACH	5		/* and whose first bytes are looked at; the rest are taken for the same */
#define FACTS_BYTES	((uint64_t)16 << 20)
#define LINE_MAX_	16384

static const struct helper_budget quick = { 5000, 0, 1 << 20 };

struct suffix { unsigned n; char kind[100]; };

struct walking {
	struct survey_walk *w;
	struct helpers *helpers;	/* NULL: none can be started; kinds are guessed by suffix */
	struct bar *bar;
	FILE *out;
	int root;
	char *last;			/* last folder of the cut walk, quoted form not: raw; NULL: none */
	struct map *suffixes;		/* of the folder that is being read */
	struct { dev_t dev; ino_t ino; } above[DEPTH_MAX + 1];
	struct err *e;
	st_t st;
};

int survey_open(int root, const char *rel, int flags, bool across)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_NOATIME),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | (across ? 0 : RESOLVE_NO_XDEV) };
	long fd = syscall(SYS_openat2, root, rel[0] == '\0' ? "." : rel, &how, sizeof(how));

	if (fd < 0 && errno == EPERM) {		/* O_NOATIME is the owner's right */
		how.flags &= ~(uint64_t)O_NOATIME;
		fd = syscall(SYS_openat2, root, rel[0] == '\0' ? "." : rel, &how, sizeof(how));
	}
	return (int)fd;
}

static void row(struct walking *k, const char *path, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void row(struct walking *k, const char *path, const char *fmt, ...)
{
	struct buf b = BUF_INIT(LINE_MAX_);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	buf_addc(&b, '\t');
	list_quote(&b, path);
	buf_addc(&b, '\n');
	if (b.st == ST_OK && k->st == ST_OK && fwrite(b.p, 1, b.n, k->out) != b.n)
		k->st = err_sys(k->e, "cannot write '%s'", k->w->state);
	buf_release(&b);
}

static uint64_t number(struct slice s)
{
	uint64_t v = 0;

	return slice_u64(s, UINT64_MAX, &v) ? v : 0;
}

bool survey_row_read(struct slice line, struct survey_row *r)
{
	struct slice what = slice_cut(&line, '\t');

	memset(r, 0, sizeof(*r));
	if (what.n != 1)
		return false;
	r->what = what.p[0];
	switch (r->what) {
	case 'E':
		return true;
	case 'F':
		r->size = number(slice_cut(&line, '\t'));
		r->changed = (int64_t)number(slice_cut(&line, '\t'));
		r->kind = slice_cut(&line, '\t');
		r->hint = slice_cut(&line, '\t');
		break;
	case 'D':
		r->seen.files = number(slice_cut(&line, '\t'));
		r->seen.subfolders = number(slice_cut(&line, '\t'));
		r->seen.series = number(slice_cut(&line, '\t'));
		r->seen.describes = (int)number(slice_cut(&line, '\t'));
		break;
	case 'U': case 'X':
		r->kind = slice_cut(&line, '\t');
		break;
	default:
		return false;
	}
	r->path = line;
	r->seen.root = r->what == 'D' && line.n == 0;
	return line.p != NULL;
}

/* ---- one file ---- */

static const char *suffix_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL || dot == name || strlen(dot) > 16 ? "" : dot + 1;
}

/* "email column" of the first column that hints at people; empty when none does. */
static void column_hint(const json_t *facts, char hint[64])
{
	json_t *table, *column;
	size_t i, j;

	json_array_foreach(json_object_get(facts, "tables"), i, table) {
		json_array_foreach(json_object_get(table, "columns"), j, column) {
			const char *what = json_text(column, "personal");

			if (what != NULL && what[strspn(what, "abcdefghijklmnopqrstuvwxyz-")] == '\0') {
				snprintf(hint, 64, "%.40s column", what);
				return;
			}
		}
	}
}

static bool kind_ok(const char *s)
{
	return s != NULL && s[0] != '\0' && strlen(s) < 100 && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-./_")] == '\0';
}

static void ask(struct walking *k, const char *rel, uint64_t size, bool facts, struct suffix *s, char hint[64])
{
	struct buf answer = BUF_INIT((size_t)2 << 20);
	struct helper_budget budget = quick;
	json_t *j = NULL;
	struct stat sb;
	const char *media;
	int fd = survey_open(k->root, rel, 0, k->w->across);
	st_t st;

	if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		if (fd < 0)
			row(k, rel, "U\t%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	budget.memory = helper_budget_default.memory;
	st = facts ? helper_extract(k->helpers, fd, 0, size, rel, &budget, &answer, NULL) : helper_ask(k->helpers, 'T', fd, 0, size, rel, SLICE_NULL, &budget, &answer, NULL);
	close(fd);
	/* No helper at all: go on by names. */
	if (st == ST_UNSUPPORTED || st == ST_ABSENT) {
		helpers_free(k->helpers);
		k->helpers = NULL;
	} else if (json_load(&j, buf_slice(&answer), NULL) == ST_OK) {
		media = json_text(j, "media");
		if (kind_ok(media))
			snprintf(s->kind, sizeof(s->kind), "%s", media);
		if (facts)
			column_hint(j, hint);
	}
	json_decref(j);
	buf_release(&answer);
}

static struct suffix *suffix_get(struct walking *k, const char *name)
{
	const char *suffix = suffix_of(name);
	struct suffix *s = map_get(k->suffixes, slice_str(suffix));

	if (s != NULL || map_count(k->suffixes) >= KINDS_MAX || (s = calloc(1, sizeof(*s))) == NULL)
		return s;
	snprintf(s->kind, sizeof(s->kind), "%s", "application/octet-stream");
	if (map_put(k->suffixes, slice_str(suffix), s, NULL) != ST_OK) {
		free(s);
		return NULL;
	}
	return s;
}

static void one_file(struct walking *k, const char *rel, const char *name, const struct stat *sb)
{
	uint64_t size = (uint64_t)sb->st_size;
	struct suffix *s = suffix_get(k, name);
	const char *by_name = name_personal(name);
	char hint[64] = "";
	bool facts;

	if (s != NULL && k->helpers != NULL && size > 0 && (k->w->deep || s->n < DETECT_EACH)) {
		facts = k->w->deep || (s->n < FACTS_EACH && size <= FACTS_BYTES);
		s->n++;
		ask(k, rel, size, facts, s, hint);
	}
	if (hint[0] == '\0' && by_name != NULL)
		snprintf(hint, sizeof(hint), "%s name", by_name);
	row(k, rel, "F\t%llu\t%lld\t%s\t%s", (unsigned long long)size, sb->st_mtime < 0 ? 0LL : (long long)sb->st_mtime,
	    size == 0 ? "inode/x-empty" : s == NULL ? "application/octet-stream" : s->kind, hint);
	k->w->files++;
	k->w->bytes += size;
	bar_add(k->bar, size);
}

/* ---- one folder ---- */

typedef VEC(char *) names;

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(names *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		free(v->v[i]);
	VEC_RELEASE(v);
}

/* How many of the sorted folders share the commonest pattern? */
static uint64_t series(const names *v)
{
	struct map *seen = map_new();
	uint64_t most = 0;
	char pattern[300];
	size_t i;

	for (i = 0; seen != NULL && i < v->n; i++) {
		uint64_t n;

		if (strlen(v->v[i]) > 255 || !name_pattern(slice_str(v->v[i]), pattern) || map_count(seen) > KINDS_MAX)
			continue;
		n = (uint64_t)(uintptr_t)map_get(seen, slice_str(pattern)) + 1;
		(void)!map_put(seen, slice_str(pattern), (void *)(uintptr_t)n, NULL);
		if (n > most)
			most = n;
	}
	map_free(seen, NULL);
	return most;
}

static const char *left_out(mode_t m)
{
	return S_ISLNK(m) ? "link" : S_ISFIFO(m) ? "pipe" : S_ISSOCK(m) ? "socket" : "device";
}

/* ${skip}: its files are in the table already. */
static void read_folder(struct walking *k, int fd, const char *rel, bool skip, names *subs, struct folder_seen *seen)
{
	DIR *d = fdopendir(dup(fd));
	struct dirent *x;

	if (d == NULL) {
		row(k, rel, "U\t%s", strerror(errno));
		return;
	}
	while (k->st == ST_OK && (errno = 0, x = readdir(d)) != NULL) {
		char *path;
		struct stat sb;
		int describes;

		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		path = rel[0] == '\0' ? slice_dup(slice_str(x->d_name)) : fs_join(rel, x->d_name);
		if (path == NULL) {
			k->st = ST_NOMEM;
		} else if (fstatat(fd, x->d_name, &sb, AT_SYMLINK_NOFOLLOW) != 0) {
			if (!skip)
				row(k, path, "U\t%s", strerror(errno));
		} else if (S_ISDIR(sb.st_mode)) {
			char *name = slice_dup(slice_str(x->d_name));

			if (name == NULL || VEC_PUSH(subs, name) != ST_OK) {
				free(name);
				k->st = ST_NOMEM;
			}
		} else if (!skip && S_ISREG(sb.st_mode)) {
			describes = name_describes(x->d_name);
			if (describes > seen->describes)
				seen->describes = describes;
			seen->files++;
			one_file(k, path, x->d_name, &sb);
		} else if (!skip) {
			row(k, path, "X\t%s", left_out(sb.st_mode));
		}
		free(path);
	}
	if (errno != 0 && !skip)
		row(k, rel, "U\t%s", strerror(errno));
	closedir(d);
}

static bool loops(struct walking *k, int fd, unsigned depth)
{
	struct stat sb;
	unsigned i;

	if (fstat(fd, &sb) != 0)
		return false;
	for (i = 0; i < depth; i++)
		if (k->above[i].dev == sb.st_dev && k->above[i].ino == sb.st_ino)
			return true;
	k->above[depth].dev = sb.st_dev;
	k->above[depth].ino = sb.st_ino;
	return false;
}

static void walk(struct walking *k, const char *rel, unsigned depth)
{
	int order = k->last == NULL ? 1 : walk_order(rel, k->last);
	names subs = VEC_INIT;
	struct folder_seen seen = { .files = 0 };
	size_t i;
	int fd;

	/* Before the place where a cut walk stopped, and not on the way to it: all of it is done. */
	if (order < 0 && !path_below(k->last, rel))
		return;
	fd = depth > DEPTH_MAX ? (errno = ENAMETOOLONG, -1) : survey_open(k->root, rel, O_DIRECTORY, k->w->across);
	if (fd < 0) {
		/* Of a folder on the way to the place it stands there already. */
		if (order > 0 && errno == EXDEV)
			row(k, rel, "X\tother file system");
		else if (order > 0)
			row(k, rel, "U\t%s", strerror(errno));
		return;
	}
	if (loops(k, fd, depth)) {
		row(k, rel, "X\tloop");
		close(fd);
		return;
	}
	k->suffixes = map_new();
	if (k->suffixes == NULL)
		k->st = ST_NOMEM;
	else
		read_folder(k, fd, rel, order <= 0, &subs, &seen);
	map_free(k->suffixes, free);
	close(fd);
	if (subs.n > 1)
		qsort(subs.v, subs.n, sizeof(*subs.v), by_bytes);
	if (order > 0) {
		row(k, rel, "D\t%llu\t%zu\t%llu\t%d", (unsigned long long)seen.files, subs.n, (unsigned long long)series(&subs), seen.describes);
		k->w->folders++;
		if (k->w->folders % 16 == 0 && fflush(k->out) != 0)
			k->st = err_sys(k->e, "cannot write '%s'", k->w->state);
	}
	for (i = 0; i < subs.n && k->st == ST_OK; i++) {
		char *path = rel[0] == '\0' ? slice_dup(slice_str(subs.v[i])) : fs_join(rel, subs.v[i]);

		if (path == NULL)
			k->st = ST_NOMEM;
		else
			walk(k, path, depth + 1);
		free(path);
	}
	names_free(&subs);
}

/* ---- the state file ---- */

static void head_line(const struct survey_walk *w, struct buf *b)
{
	buf_addf(b, "azekura-survey 1 %s %s ", w->deep ? "deep" : "sampled", w->across ? "across" : "one");
	list_quote(b, w->root);
	buf_addc(b, '\n');
}

/* Where a cut walk stopped: the last folder row; what stands behind it is cut off. ${ended}: it had not been cut. */
static st_t place_of(struct walking *k, int fd, const char *head, bool *ended)
{
	FILE *in = fdopen(dup(fd), "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	off_t at = 0, keep = (off_t)strlen(head);
	st_t st = ST_OK;

	if (in == NULL)
		return ST_NOMEM;
	rewind(in);
	while (st == ST_OK && (n = getline(&line, &cap, in)) > 0 && line[n - 1] == '\n') {
		struct survey_row r;

		if (at == 0 && strcmp(line, head) != 0)
			st = err_set(k->e, ST_CONFLICT, "'%s' is the state of another survey; --restart begins anew", k->w->state);
		at += n;
		line[n - 1] = '\0';
		if (st != ST_OK || at == (off_t)strlen(head) || !survey_row_read(slice_of(line, (size_t)n - 1), &r))
			continue;
		if (r.what == 'E') {
			*ended = true;
			keep = at;
		} else if (r.what == 'D') {
			struct buf b = BUF_INIT(LINE_MAX_);

			keep = at;
			st = list_unquote(&b, r.path);
			free(k->last);
			k->last = b.n == 0 ? slice_dup(SLICE("")) : buf_take(&b, NULL);
			buf_release(&b);
		}
	}
	free(line);
	fclose(in);
	/* Not even a whole first line: nothing was kept. */
	if (st == ST_OK && ftruncate(fd, at > 0 ? keep : 0) != 0)
		st = err_sys(k->e, "cannot cut '%s'", k->w->state);
	if (st == ST_OK && at > 0) {
		k->w->resumed = true;
		lseek(fd, 0, SEEK_END);
	}
	return st;
}

static st_t state_open(struct walking *k, bool *ended)
{
	struct buf head = BUF_INIT(LINE_MAX_);
	int fd = open(k->w->state, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	st_t st = ST_OK;

	head_line(k->w, &head);
	if (fd < 0)
		st = err_sys(k->e, "cannot open '%s'", k->w->state);
	if (st == ST_OK && flock(fd, LOCK_EX | LOCK_NB) != 0)
		st = err_set(k->e, ST_BUSY, "another survey works with '%s'", k->w->state);
	if (st == ST_OK && head.st == ST_OK)
		st = place_of(k, fd, head.p, ended);
	if (st == ST_OK && (k->out = fdopen(fd, "a")) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK && !k->w->resumed && (fwrite(head.p, 1, head.n, k->out) != head.n || fflush(k->out) != 0))
		st = err_sys(k->e, "cannot write '%s'", k->w->state);
	if (k->out == NULL && fd >= 0)
		close(fd);
	buf_release(&head);
	return st;
}

st_t survey_walk(struct survey_walk *w, struct err *e)
{
	struct walking k = { .w = w, .root = -1, .e = e };
	char *program = place_program("azekura-extract");
	bool ended = false;

	k.st = state_open(&k, &ended);
	if (k.st == ST_OK && !ended && (k.root = open(w->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		k.st = err_sys(e, "cannot open '%s'", w->root);
	if (k.st == ST_OK && !ended) {
		if (program == NULL || helpers_new(&k.helpers, program, 1, NULL) != ST_OK)
			say_warning(w->c, "'azekura-extract' was not found: contents are not looked at");
		k.bar = bar_new(w->c, "looking", 0);
		walk(&k, "", 0);
		bar_free(k.bar);
		if (k.st == ST_OK)
			row(&k, "", "E");
	}
	if (k.out != NULL && fclose(k.out) != 0 && k.st == ST_OK)
		k.st = err_sys(e, "cannot write '%s'", w->state);
	if (k.root >= 0)
		close(k.root);
	helpers_free(k.helpers);
	free(k.last);
	free(program);
	return k.st;
}
