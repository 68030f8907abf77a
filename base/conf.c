#include "base/conf.h"

#include <stdlib.h>

#include "base/fs.h"

#define CONF_FILE_MAX 65536

struct conf {
	const struct conf_opt *opts;
	size_t n;
	char **text;		/* owned values, one an option */
};

static st_t parse_number(const struct conf_opt *o, struct slice v, int64_t *out)
{
	int64_t mul = 1;
	uint64_t u;
	char unit = v.n > 0 ? v.p[v.n - 1] : '\0';

	if (o->type == CONF_SIZE) {
		switch (unit) {
		case 'k': case 'K': mul = (int64_t)1 << 10; break;
		case 'M': mul = (int64_t)1 << 20; break;
		case 'G': mul = (int64_t)1 << 30; break;
		case 'T': mul = (int64_t)1 << 40; break;
		}
	} else if (o->type == CONF_TIME) {
		switch (unit) {
		case 's': v.n--; break;
		case 'm': mul = 60; break;
		case 'h': mul = 3600; break;
		case 'd': mul = 86400; break;
		}
	}
	if (mul != 1)
		v.n--;
	if (!slice_u64(v, (uint64_t)INT64_MAX / (uint64_t)mul, &u))
		return ST_INVALID;
	*out = (int64_t)u * mul;
	return ST_OK;
}

static bool is_number(enum conf_type t)
{
	return t == CONF_INT || t == CONF_SIZE || t == CONF_TIME;
}

static st_t check(const struct conf_opt *o, struct slice v, struct err *e)
{
	int64_t x, lim;

	if (o->type == CONF_BOOL && !slice_eq_str(v, "yes") && !slice_eq_str(v, "no"))
		return err_set(e, ST_INVALID, "'%s' is yes or no", o->name);
	if (!is_number(o->type))
		return ST_OK;
	if (parse_number(o, v, &x) != ST_OK)
		return err_set(e, ST_INVALID, "'%s' is a number%s", o->name,
		    o->type == CONF_SIZE ? " with k, M, G or T" : o->type == CONF_TIME ? " with s, m, h or d" : "");
	if (o->min != NULL && parse_number(o, slice_str(o->min), &lim) == ST_OK && x < lim)
		return err_set(e, ST_INVALID, "'%s' is at least %s", o->name, o->min);
	if (o->max != NULL && parse_number(o, slice_str(o->max), &lim) == ST_OK && x > lim)
		return err_set(e, ST_INVALID, "'%s' is at most %s", o->name, o->max);
	return ST_OK;
}

struct conf *conf_new(const struct conf_opt *opts, size_t n)
{
	struct conf *c = calloc(1, sizeof(*c));
	size_t i;

	if (c == NULL)
		return NULL;
	c->opts = opts;
	c->n = n;
	c->text = calloc(n == 0 ? 1 : n, sizeof(*c->text));
	for (i = 0; c->text != NULL && i < n; i++) {
		c->text[i] = slice_dup(slice_str(opts[i].def));
		if (c->text[i] == NULL)
			break;
	}
	if (c->text == NULL || i < n) {
		conf_free(c);
		return NULL;
	}
	return c;
}

void conf_free(struct conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; c->text != NULL && i < c->n; i++)
		free(c->text[i]);
	free(c->text);
	free(c);
}

static size_t find(const struct conf *c, struct slice name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (slice_eq_str(name, c->opts[i].name))
			break;
	return i;
}

st_t conf_set(struct conf *c, const char *name, struct slice value, struct err *e)
{
	size_t i = find(c, slice_str(name));
	char *copy;
	st_t st;

	if (i == c->n)
		return err_set(e, ST_INVALID, "no setting is named '%s'", name);
	st = check(&c->opts[i], value, e);
	if (st != ST_OK)
		return st;
	copy = slice_dup(value);
	if (copy == NULL)
		return ST_NOMEM;
	free(c->text[i]);
	c->text[i] = copy;
	return ST_OK;
}

/* One "name = value" line; empty ones and comments are nothing. */
static st_t one_line(struct conf *c, struct slice line, struct err *e)
{
	struct slice name, value;
	char *key;
	st_t st;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return ST_OK;
	value = line;
	name = slice_trim(slice_cut(&value, '='));
	if (value.p == NULL)
		return err_set(e, ST_INVALID, "no '=' behind '%.*s'", (int)(name.n > 60 ? 60 : name.n), name.p);
	key = slice_dup(name);
	if (key == NULL)
		return ST_NOMEM;
	st = conf_set(c, key, slice_trim(value), e);
	free(key);
	return st;
}

st_t conf_load(struct conf *c, const char *path, struct err *e)
{
	struct conf *next = conf_new(c->opts, c->n);
	struct buf file = BUF_INIT(CONF_FILE_MAX);
	struct slice rest;
	unsigned line = 0;
	char **swap;
	size_t i;
	st_t st;

	if (next == NULL)
		return ST_NOMEM;
	for (i = 0; i < c->n; i++) {
		free(next->text[i]);
		next->text[i] = slice_dup(slice_str(c->text[i]));
	}
	st = fs_read_file(path, &file, e);
	for (rest = buf_slice(&file); st == ST_OK && rest.p != NULL;) {
		line++;
		st = one_line(next, slice_cut(&rest, '\n'), e);
		if (st != ST_OK)
			err_wrap(e, "%s:%u", path, line);
	}
	if (st == ST_OK) {
		swap = c->text;
		c->text = next->text;
		next->text = swap;
	}
	buf_release(&file);
	conf_free(next);
	return st;
}

const char *conf_text(const struct conf *c, const char *name)
{
	size_t i = find(c, slice_str(name));

	return i == c->n ? "" : c->text[i];
}

int64_t conf_int(const struct conf *c, const char *name)
{
	size_t i = find(c, slice_str(name));
	int64_t v = 0;

	if (i < c->n)
		(void)!parse_number(&c->opts[i], slice_str(c->text[i]), &v);
	return v;
}

bool conf_bool(const struct conf *c, const char *name)
{
	return strcmp(conf_text(c, name), "yes") == 0;
}

st_t conf_print(const struct conf *c, struct buf *out)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct conf_opt *o = &c->opts[i];

		buf_addf(out, "# %s", o->help);
		if (o->min != NULL && o->max != NULL)
			buf_addf(out, " (%s to %s)", o->min, o->max);
		buf_addf(out, "\n%s%s = %s\n\n", strcmp(c->text[i], o->def) == 0 ? "# " : "", o->name, c->text[i]);
	}
	return out->st;
}
