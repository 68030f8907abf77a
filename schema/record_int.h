#ifndef SCHEMA_RECORD_INT_H
#define SCHEMA_RECORD_INT_H

/* Shared by the files that work on the canonical record: schema/ only. */

#include "schema/lookup.h"
#include "schema/record.h"

#define RECORD_MAX	(8 << 20)	/* bytes of JSON */

#endif
