#ifndef NET_PROGRAM_H
#define NET_PROGRAM_H

/*
 * One run of a foreign program in the cell of "azekura-extract run NAME" (indexer/extract/program.h). Worker threads only (blocking).
 */

#include "base/buf.h"

/* ${helper}: path of azekura-extract. ${fd}: the file, from its beginning, read by the program as its standard input (its offset moves). ${out} gets at most its ceiling of
 * what it writes; more is thrown away. ST_OK; ST_ABSENT: not installed; ST_UNSUPPORTED: the kernel has no Landlock; ST_INVALID: it could not read the file, or
 * crashed; ST_TIMEOUT. */
st_t program_output(const char *helper, const char *name, int fd, int ms, struct buf *out, struct err *e);

#endif
