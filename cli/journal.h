#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

/* What was done, one JSON object a line, appended and synced: survives kills, is read by people, and is what keeps a second run from doing it again. */

#include "base/json.h"
#include "base/map.h"

struct journal;
/* Read ${path} (absent: empty) and open it for more; a last line that was cut is dropped. Lines are known by their members "key". ST_BUSY: another
 * process has it open. */
st_t journal_open(struct journal **out, const char *path, struct err *e);
void journal_close(struct journal *j);
/* The newest line with that key, borrowed until the next add; NULL: none. */
const json_t *journal_get(const struct journal *j, const char *key);
st_t journal_add(struct journal *j, json_t *line /* taken; has "key" */, struct err *e);

#endif
