#ifndef SCHEMA_SCHEMA_INT_H
#define SCHEMA_SCHEMA_INT_H

/* The inside of a struct schema: schema/ only. Written while loading by one thread, only read after. */

#include <stdatomic.h>

#include "schema/format.h"
#include "schema/schema.h"
#include "schema/vocab.h"

struct schema {
	atomic_uint refs;
	struct vocab **vocabs;		/* in byte order of names */
	size_t n_vocabs, cap_vocabs;
	struct format *formats;		/* in byte order of file names; strings and map owned */
	size_t n_formats, cap_formats;
};

/* format.c: read every file of ${dir} (schema/formats) into s->formats, and release what it made. An absent folder has no formats. */
st_t format_load_dir(struct schema *s, const char *dir, struct err *e);
void format_release(struct format *f);

/* vocab.c: one file NAME.tsv. First line: column names, the first being "id". Owned. */
st_t vocab_load(struct vocab **out, const char *path, const char *name, struct err *e);
void vocab_free(struct vocab *v);

#endif
