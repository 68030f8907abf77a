#ifndef NET_LOOP_INT_H
#define NET_LOOP_INT_H

#include "base/buf.h"
#include "net/loop.h"

/* Run what other threads posted to ${l} while nobody runs it; wait up to ${ms} for something. For taking things down in order. */
void loop_run_posted(struct loop *l, int ms);

#endif
