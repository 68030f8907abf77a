#ifndef STORE_WRITER_INT_H
#define STORE_WRITER_INT_H

#include "store/writer.h"

/* Call ${fn} in the writer thread after each commit, before the answers go out. Set before the first job; one per writer. */
void writer_on_commit(struct writer *w, void (*fn)(void *arg), void *arg);
/* Hold the thread before it takes its next batch, and let it go: tests fill the queue with it. */
void writer_hold(struct writer *w, bool hold);

#endif
