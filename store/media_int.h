#ifndef STORE_MEDIA_INT_H
#define STORE_MEDIA_INT_H

#include "base/buf.h"

/* Media type by the end of a file's name; "application/octet-stream" when it says nothing. Static text. */
const char *media_of_name(struct slice path);

#endif
