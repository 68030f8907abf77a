#ifndef T_UNIT_UNIT_H
#define T_UNIT_UNIT_H

/* What every unit test needs: cmocka with what it wants included before, and short words for our own types. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

#define assert_st(want, got) do { \
		st_t st_want_ = (want), st_got_ = (got); \
		if (st_want_ != st_got_) \
			fail_msg("%s: got '%s', want '%s'", #got, st_name(st_got_), st_name(st_want_)); \
	} while (0)

/* Like assert_st, and tells the error's text. */
#define assert_st_e(want, got, e) do { \
		st_t st_want_ = (want), st_got_ = (got); \
		if (st_want_ != st_got_) \
			fail_msg("%s: got '%s' (%s), want '%s'", #got, st_name(st_got_), (e)->text, st_name(st_want_)); \
	} while (0)

#define assert_slice(s, text) do { \
		struct slice slice_ = (s); \
		if (!slice_eq_str(slice_, (text))) \
			fail_msg("%s: got '%.*s' (%zu bytes), want '%s'", #s, (int)slice_.n, slice_.p ? slice_.p : "", slice_.n, (text)); \
	} while (0)

#define assert_buf(b, text) assert_slice(buf_slice(b), text)

#endif
