#ifndef INDEXER_EXTRACT_LANGUAGE_H
#define INDEXER_EXTRACT_LANGUAGE_H

#include "base/buf.h"

/* ISO 639-1 code of running text in UTF-8, guessed by script and by the commonest words; NULL when not clear. */
const char *language_of(struct slice s);

#endif
