#ifndef INDEXER_EXTRACT_SANDBOX_H
#define INDEXER_EXTRACT_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"

struct sandbox { bool rlimits, landlock, seccomp, memory; };	/* what holds after sandbox_enter() */

/*
 * Give up everything but memory, descriptors 0 and 1, and time. From here on nothing can be opened, connected, started or signalled;
 * starting a program or a thread, opening a socket, and tracing end the process at once, other calls fail with EPERM.
 * ${memory}: ceiling on address space in bytes, 0 = none (sanitizers need more than any ceiling).
 * ST_UNSUPPORTED when the kernel lacks seccomp: the caller decides.
 */
st_t sandbox_enter(unsigned long memory, struct sandbox *out, struct err *e);

#endif
