#ifndef BASE_LOG_H
#define BASE_LOG_H

/* One line an event on standard error: time level subject fact key=value ...  Any thread. Secrets never. */

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_OFF };

void log_level_set(enum log_level least);
bool log_level_parse(const char *s, enum log_level *out);
void log_write(enum log_level lv, const char *subject, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_debug(...)	log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)	log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)	log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...)	log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
