#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* Calls whose misuse has no limit. Included by every .c file of ours, last (see local.mk: -include). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncat sprintf vsprintf strtok gets gmtime localtime ctime asctime atoi atol atof

#endif
