/* Patterns of forms. ICU's matcher goes back and forth; the steps it may take are bounded, so that no pattern holds a thread. */

#include <unicode/uregex.h>

#include "schema/form.h"

#define STEPS_MAX	50		/* ICU counts in ten thousands of its own */
#define STACK_MAX	(1 << 20)

static st_t open_pattern(URegularExpression **out, struct slice pattern, struct err *e)
{
	UText *t = NULL;
	UParseError at = { .line = 0 };
	UErrorCode code = U_ZERO_ERROR;

	*out = NULL;
	if (pattern.n > FORM_PATTERN_MAX)
		return err_set(e, ST_INVALID, "a pattern of %zu bytes, at most %d are taken", pattern.n, FORM_PATTERN_MAX);
	t = utext_openUTF8(NULL, pattern.p, (int64_t)pattern.n, &code);
	if (U_SUCCESS(code))
		*out = uregex_openUText(t, 0, &at, &code);
	utext_close(t);
	if (U_FAILURE(code))
		return err_set(e, code == U_MEMORY_ALLOCATION_ERROR ? ST_NOMEM : ST_INVALID, "not a pattern that can be read (character %d: %s)", at.offset, u_errorName(code));
	uregex_setTimeLimit(*out, STEPS_MAX, &code);
	uregex_setStackLimit(*out, STACK_MAX, &code);
	return ST_OK;
}

st_t form_pattern_check(struct slice pattern, struct err *e)
{
	URegularExpression *re = NULL;
	st_t st = open_pattern(&re, pattern, e);

	uregex_close(re);
	return st;
}

st_t form_pattern_find(struct slice pattern, struct slice text)
{
	URegularExpression *re = NULL;
	UErrorCode code = U_ZERO_ERROR;
	UText *t = NULL;
	UBool yes = 0;
	st_t st = open_pattern(&re, pattern, NULL);

	if (st != ST_OK)
		return st;
	t = utext_openUTF8(NULL, text.n > 0 ? text.p : "", (int64_t)text.n, &code);
	uregex_setUText(re, t, &code);
	if (U_SUCCESS(code))
		yes = uregex_find64(re, 0, &code);
	utext_close(t);
	uregex_close(re);
	if (U_FAILURE(code))
		return code == U_MEMORY_ALLOCATION_ERROR ? ST_NOMEM : ST_TOOBIG;
	return yes ? ST_OK : ST_ABSENT;
}
