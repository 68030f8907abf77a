#ifndef CLI_OWN_H
#define CLI_OWN_H

/* Values by added metadata schemas (docs/formats/schemas.md). */

#include "cli/cli.h"

/* Put ${sets} ("member=value", no value: away) into the draft ${id} and tell what is wrong or missing by the schema ${name}. */
int own_set(struct cli *c, const char *id, const char *name, const char *const *sets, size_t n);
/* A section for each schema of the server by which ${rec} holds values. */
void own_say(struct cli *c, const json_t *rec);

#endif
