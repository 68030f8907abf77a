#include <errno.h>
#include <stdarg.h>

#include "base/err.h"
#include "base/utf8.h"

static const char *const names[] = {
	[ST_OK] = "ok", [ST_EOF] = "end", [ST_AGAIN] = "again", [ST_NOMEM] = "out-of-memory", [ST_INVALID] = "invalid",
	[ST_ABSENT] = "absent", [ST_GONE] = "gone", [ST_CONFLICT] = "conflict", [ST_STALE] = "stale", [ST_TOOBIG] = "too-big",
	[ST_DENIED] = "denied", [ST_UNAUTH] = "unauthenticated", [ST_BUSY] = "busy", [ST_FULL] = "full", [ST_IO] = "io",
	[ST_TIMEOUT] = "timeout", [ST_CLOSED] = "closed", [ST_UNSUPPORTED] = "unsupported", [ST_CORRUPT] = "corrupt",
	[ST_INTERNAL] = "internal",
};

const char *st_name(st_t st)
{
	if ((size_t)st >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[st];
}

/* snprintf may have cut a character in half. */
static void clip(char *s)
{
	struct slice all = slice_str(s);

	if (all.n + 1 < ERR_TEXT_MAX)
		return;
	s[utf8_clip(all, ERR_TEXT_MAX - 4).n] = '\0';
}

static void vset(struct err *e, st_t st, const char *fmt, va_list ap)
{
	e->st = st;
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
		e->text[0] = '\0';
	clip(e->text);
}

st_t err_set(struct err *e, st_t st, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return st;
	va_start(ap, fmt);
	vset(e, st, fmt, ap);
	va_end(ap);
	return st;
}

static st_t st_of_errno(int no)
{
	switch (no) {
	case ENOSPC:
	case EDQUOT:
		return ST_FULL;
	case ENOMEM:
		return ST_NOMEM;
	case ENOENT:
		return ST_ABSENT;
	default:
		return ST_IO;
	}
}

st_t err_sys(struct err *e, const char *fmt, ...)
{
	int no = errno;
	st_t st = st_of_errno(no);
	va_list ap;
	size_t n;

	if (e == NULL)
		return st;
	va_start(ap, fmt);
	vset(e, st, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror(no));
	clip(e->text);
	return st;
}

st_t err_wrap(struct err *e, const char *fmt, ...)
{
	char was[ERR_TEXT_MAX];
	va_list ap;
	size_t n;

	if (e == NULL)
		return ST_INTERNAL;
	memcpy(was, e->text, sizeof(was));
	va_start(ap, fmt);
	vset(e, e->st, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	if (was[0] != '\0')
		snprintf(e->text + n, sizeof(e->text) - n, ": %s", was);
	clip(e->text);
	return e->st;
}

void err_clear(struct err *e)
{
	if (e == NULL)
		return;
	e->st = ST_OK;
	e->text[0] = '\0';
}
