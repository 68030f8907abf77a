#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/buf.h"

/* Microseconds since 1970, UTC. clock_set() freezes it for tests (0 = real again); AZEKURA_CLOCK_OFFSET=seconds shifts it. */
int64_t clock_now_us(void);
int64_t clock_now(void);			/* seconds */
int64_t clock_mono_us(void);			/* for durations and deadlines */
void clock_set(int64_t us);

#define ISO8601_LEN 21				/* "2026-11-21T00:00:00Z" with NUL */
void iso8601(char out[ISO8601_LEN], int64_t sec);
void iso8601_us(char out[28], int64_t us);	/* "2026-11-21T00:00:00.123456Z" */
void iso8601_date(char out[11], int64_t sec);
/* "YYYY-MM-DD" or "YYYY-MM-DDThh:mm:ssZ" exactly, a real calendar moment (no leap second). ${day}: only a day was given. */
bool iso8601_parse(struct slice s, int64_t *sec, bool *day);
void http_date(char out[30], int64_t sec);
bool http_date_parse(struct slice s, int64_t *sec);

/* What metadata may hold: YYYY, YYYY-MM, YYYY-MM-DD, with time and zone, or a range a/b with open ends (RKMS-ISO8601). */
bool date_valid(struct slice s);
bool date_is_range(struct slice s);
/* First and last second that ${s} covers. False if not valid. Open ends give INT64_MIN / INT64_MAX. */
bool date_span(struct slice s, int64_t *from, int64_t *until);

#endif
