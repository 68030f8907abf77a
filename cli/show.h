#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "base/json.h"

/* Print what is inside the files of a record (docs/formats/facts.md, "One record", with "sights") as the landing page shows it. ${plain}: in ASCII, but for what
 * the files themselves say. */
void show_inside(const json_t *facts, bool plain);

#endif
