#ifndef BASE_CONF_H
#define BASE_CONF_H

/* Settings: one table (name, type, default, range, help) read by the parser, --help, the man page and check-config. */

#include "base/buf.h"

enum conf_type { CONF_TEXT, CONF_INT, CONF_SIZE, CONF_BOOL, CONF_TIME /* seconds: 30s 5m 2h 7d */ };
struct conf_opt {
	const char *name;		/* "store.map-size" */
	enum conf_type type;
	const char *def, *min, *max;	/* min and max NULL for text and bool */
	const char *help;
};

struct conf;
struct conf *conf_new(const struct conf_opt *opts, size_t n);		/* ${opts} borrowed for good; defaults set */
void conf_free(struct conf *c);
st_t conf_set(struct conf *c, const char *name, struct slice value, struct err *e);	/* ST_INVALID: unknown name or value */
/* "name = value" lines, '#' comments. Errors: "FILE:LINE: ...". All or nothing. */
st_t conf_load(struct conf *c, const char *path, struct err *e);
const char *conf_text(const struct conf *c, const char *name);	/* borrowed until set again; "" when empty */
int64_t conf_int(const struct conf *c, const char *name);	/* INT, SIZE in bytes, TIME in seconds */
bool conf_bool(const struct conf *c, const char *name);
st_t conf_print(const struct conf *c, struct buf *out);		/* a commented file with every setting */

#endif
