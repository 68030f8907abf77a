#ifndef INDEXER_EXTRACT_PROGRAM_H
#define INDEXER_EXTRACT_PROGRAM_H

/*
 * Foreign programs that read a format for us (PDF: poppler is under the GPL, so it is started, never linked). "azekura-extract run NAME" closes a cell round itself
 * and becomes the program: the file is descriptor 0, text goes to 1. It may read libraries and data of the system, start nothing else, write nothing, reach no network.
 * Without Landlock nothing keeps it from reading other files, so then it is not started.
 */

#include <stdbool.h>

/* Does not come back unless something went wrong: then an exit code (3: no cell, 4: not installed). */
int program_run(const char *name);
/* Close the cell for the program at ${path}; false when it could not be closed. For program_run() and the test that tries to break out. */
bool program_cell(const char *path);

#endif
