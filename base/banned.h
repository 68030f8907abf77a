#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* Calls whose misuse has no limit. Included by every .c file of ours, last (see local.mk: -include). ctime is banned in t/src/layers.txt: hdf5.h has a member of that name. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncat sprintf vsprintf strtok gets gmtime localtime asctime atoi atol atof

#endif
