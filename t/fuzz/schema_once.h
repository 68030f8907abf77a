#ifndef T_FUZZ_SCHEMA_ONCE_H
#define T_FUZZ_SCHEMA_ONCE_H

#include "schema/schema.h"
#include "t/fuzz/fuzz.h"

/* The schema folder, loaded at the first input and kept. */
static inline struct schema *schema_once(void)
{
	static struct schema *s;
	const char *dir = getenv("AZEKURA_SCHEMA");
	struct err e = ERR_INIT;

	if (s == NULL && schema_load(&s, dir != NULL ? dir : "../schema", &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return s;
}

#endif
