#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

static atomic_int least = LOG_LEVEL_INFO;
static const char *const names[] = { "debug", "info", "warn", "error", "off" };

void log_level_set(enum log_level lv)
{
	atomic_store(&least, (int)lv);
}

bool log_level_parse(const char *s, enum log_level *out)
{
	int i;

	for (i = 0; i <= LOG_LEVEL_OFF; i++) {
		if (strcmp(s, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* One line is one line: what came from outside must not start another. */
static void flatten(char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = ' ';
}

void log_write(enum log_level lv, const char *subject, const char *fmt, ...)
{
	char line[2048], when[28];
	va_list ap;
	ssize_t put;
	int n, m;

	if ((int)lv < atomic_load_explicit(&least, memory_order_relaxed))
		return;
	iso8601_us(when, clock_now_us());
	n = snprintf(line, sizeof(line), "%s %s %s ", when, names[lv], subject);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	n += m;
	if ((size_t)n >= sizeof(line) - 1)	/* cut, perhaps inside a character: back to where one ends */
		n = (int)utf8_clip(slice_str(line), sizeof(line) - 6).n;
	flatten(line, (size_t)n);
	line[n++] = '\n';
	/* One write: lines of threads do not mix. A log that cannot be written must not stop the server. */
	do
		put = write(STDERR_FILENO, line, (size_t)n);
	while (put < 0 && errno == EINTR);
}
