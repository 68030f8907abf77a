#ifndef BASE_PLACE_H
#define BASE_PLACE_H

/* Where the program's own parts lie: beside the build, else installed; the environment overrides. Owned paths; NULL when not found. */

#include "base/buf.h"

char *place_schema(void);		/* folder with formats/ and vocab/; AZEKURA_SCHEMA */
char *place_program(const char *name);	/* "azekura-extract": AZEKURA_LIBEXEC, beside this program, libexec */

#endif
