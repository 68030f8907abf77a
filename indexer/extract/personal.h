#ifndef INDEXER_EXTRACT_PERSONAL_H
#define INDEXER_EXTRACT_PERSONAL_H

/*
 * Does this look like personal data? Hints for the person who deposits, never a verdict: patterns of values (with check digits where there are
 * any) and names of columns in English and Japanese. No value is kept, only counts.
 */

#include "base/buf.h"

enum personal { PD_NONE, PD_EMAIL, PD_PHONE, PD_ADDRESS, PD_MYNUMBER, PD_NAME, PD_BIRTH, PD_IP, PD_CARD, PD_COUNT };

const char *personal_name(enum personal p);		/* as facts.md writes it; NULL for PD_NONE */
enum personal personal_value(struct slice s);		/* of one value; never PD_NAME, PD_BIRTH */
enum personal personal_header(struct slice name);	/* of a column's name or label */

#define PERSONAL_SAMPLE	2000				/* values looked at in a column */
struct personal_count { uint16_t n[PD_COUNT], seen; };
static inline void personal_add(struct personal_count *c, struct slice s)
{
	if (c->seen < PERSONAL_SAMPLE) {
		c->seen++;
		c->n[personal_value(s)]++;
	}
}
/* What to say of a column. ${text}: its values are text; ${dates}: they are dates. */
enum personal personal_column(const struct personal_count *c, struct slice name, struct slice label, bool text, bool dates);

#endif
