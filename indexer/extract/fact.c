#include "indexer/extract/fact.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/fact_int.h"

#define CHECKS_MOST	100

static const uint16_t cp1252[32] = {
	0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
};

struct fact *fact_new(size_t ceiling)
{
	struct fact *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->ceiling = ceiling;
	buf_init(&f->tables, ceiling);
	if ((f->root = json_object()) == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void fact_free(struct fact *f)
{
	if (f == NULL)
		return;
	json_decref(f->root);
	buf_release(&f->tables);
	free(f->media);
	free(f);
}

json_t *fact_root(struct fact *f)
{
	return f->root;
}

static json_t *member(struct fact *f, const char *key, json_t *fresh)
{
	json_t *j = json_object_get(f->root, key);

	if (j) {
		json_decref(fresh);
		return j;
	}
	fact_put(f, f->root, key, fresh);
	return json_object_get(f->root, key);
}

json_t *fact_object(struct fact *f, const char *key)
{
	return member(f, key, json_object());
}

json_t *fact_array(struct fact *f, const char *key)
{
	return member(f, key, json_array());
}

static struct slice trimmed(struct slice s)
{
	while (s.n && ((uint8_t)s.p[s.n - 1] <= ' '))
		s.n--;
	while (s.n && ((uint8_t)s.p[0] <= ' ')) {
		s.p++;
		s.n--;
	}
	return s;
}

json_t *fact_text(struct slice s, size_t max)
{
	struct buf b;
	json_t *j;
	size_t i;
	bool utf8;

	s = trimmed(s);
	utf8 = utf8_valid(s, NULL);
	if (utf8 && (s.n == 0 || memchr(s.p, '\0', s.n) == NULL)) {
		s = utf8_clip(s, max);
		return json_stringn(s.n ? s.p : "", s.n);
	}
	buf_init(&b, max * 3 + 16);
	for (i = 0; i < s.n && b.n < max; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c == 0)	/* no JSON that we read may hold one */
			utf8_put(&b, 0xFFFD);
		else if (utf8)
			buf_addc(&b, (char)c);
		else
			utf8_put(&b, c >= 0x80 && c < 0xA0 ? cp1252[c - 0x80] : c);
	}
	s = utf8_clip(buf_slice(&b), max);
	j = b.st == ST_OK ? json_stringn(s.n ? s.p : "", s.n) : NULL;
	buf_release(&b);
	return j;
}

void fact_put(struct fact *f, json_t *object, const char *key, json_t *value)
{
	if (object == NULL)
		json_decref(value);
	if (object == NULL || json_put(object, key, value) != ST_OK)
		f->nomem = true;
}

void fact_put_text(struct fact *f, json_t *object, const char *key, struct slice s)
{
	if (trimmed(s).n)
		fact_put(f, object, key, fact_text(s, FACT_VALUE));
}

void fact_put_real(struct fact *f, json_t *object, const char *key, double v)
{
	if (isfinite(v))
		fact_put(f, object, key, json_real(v));
}

void fact_put_int(struct fact *f, json_t *object, const char *key, int64_t v)
{
	fact_put(f, object, key, json_integer(v));
}

void fact_media(struct fact *f, const char *media)
{
	free(f->media);
	if ((f->media = slice_dup(slice_str(media))) == NULL)
		f->nomem = true;
}

void fact_format(struct fact *f, const char *name, const char *version, const char *pronom)
{
	fact_put(f, f->root, "format", json_pack("{s:s,s:s*,s:s*}", "name", name, "version", version, "pronom", pronom));
}

static void fact_say(struct fact *f, int level, const char *fmt, va_list ap)
{
	struct buf b = BUF_INIT(ERR_TEXT_MAX);
	struct slice s;

	if (f->level >= level)
		return;
	f->level = level;
	buf_vaddf(&b, fmt, ap);
	/* A reason may quote the file: it must be text. */
	s = utf8_valid(buf_slice(&b), NULL) ? utf8_clip(buf_slice(&b), sizeof(f->reason) - 1) : slice_str("damaged");
	memcpy(f->reason, s.n ? s.p : "", s.n);
	f->reason[s.n] = '\0';
	buf_release(&b);
}

void fact_partial(struct fact *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fact_say(f, 1, fmt, ap);
	va_end(ap);
}

void fact_unreadable(struct fact *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fact_say(f, 2, fmt, ap);
	va_end(ap);
}

bool fact_is_unreadable(const struct fact *f)
{
	return f->level == 2;
}

void fact_check(struct fact *f, const char *code, bool warning, const char *fmt, ...)
{
	struct buf b = BUF_INIT(4096);
	json_t *list = fact_array(f, "checks");
	va_list ap;

	if (list == NULL || json_array_size(list) >= CHECKS_MOST)
		return;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (json_push(list, json_pack("{s:s,s:s,s:o}", "code", code, "level", warning ? "warning" : "note", "text",
	    fact_text(buf_slice(&b), 1000))) != ST_OK)
		f->nomem = true;
	buf_release(&b);
}

json_t *fact_variable(struct fact *f, struct slice name)
{
	json_t *list = fact_array(f, "variables"), *v;

	if (list == NULL)
		return NULL;
	if (f->columns >= FACT_COLUMNS) {
		fact_partial(f, "more than %d variables", FACT_COLUMNS);
		return NULL;
	}
	f->columns++;
	v = json_object();
	fact_put(f, v, "name", fact_text(name, 1000));
	if (v == NULL || json_array_append_new(list, v) != 0) {
		f->nomem = true;
		return NULL;
	}
	return v;
}

const char *fact_status(const struct fact *f)
{
	return f->level == 2 ? "unreadable" : f->level == 1 ? "partial" : "ok";
}

const char *fact_reason(const struct fact *f)
{
	return f->level ? f->reason : NULL;
}

const char *fact_media_get(const struct fact *f)
{
	return f->media;
}

/* What is given up, first to last, when the document is too long. */
static void shed(struct fact *f, unsigned step)
{
	static const char *const whole[] = { "thumbnail", "plot", "text", "attributes" };
	static const char *const each[] = { "attributes", "histogram", "top" };
	json_t *v, *list = json_object_get(f->root, "variables");
	size_t i, k;

	if (step < 4)
		json_object_del(f->root, whole[step]);
	else if (step == 4)
		json_array_foreach(list, i, v)
			for (k = 0; k < 3; k++)
				json_object_del(v, each[k]);
	else if (step == 5)
		json_object_del(f->root, "variables");
	else if (step == 6)
		buf_clear(&f->tables);
	else
		json_object_clear(f->root);
}

st_t fact_write(struct fact *f, struct buf *out)
{
	struct buf b = BUF_INIT(f->ceiling + 2);
	unsigned step;
	size_t from = out->n;
	st_t st = f->nomem ? ST_NOMEM : ST_TOOBIG;

	for (step = 0; step < 8 && st == ST_TOOBIG; step++) {
		buf_clear(&b);
		out->n = from;
		out->st = ST_OK;
		if (f->level == 2)	/* what was found before it broke is of no use, but what was noticed is */
			buf_clear(&f->tables);
		st = json_dump(&b, f->root, false);
		if (st == ST_OK && b.n > 2) {
			buf_addc(out, ',');
			st = buf_add(out, b.p + 1, b.n - 2);
		}
		if (st == ST_OK && f->tables.n) {
			buf_adds(out, ",\"tables\":[");
			buf_addsl(out, buf_slice(&f->tables));
			st = buf_addc(out, ']');
		}
		if (st == ST_TOOBIG) {
			shed(f, step);
			fact_partial(f, "more was found than the description of one file may hold");
		}
	}
	buf_release(&b);
	return st;
}
