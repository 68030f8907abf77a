/* Says what units on standard input, one a line, are read as: text, kind, UCUM code, factor, offset. For t/clients/units.sh. */
#include <stdio.h>
#include <string.h>

#include "schema/unit.h"

int main(void)
{
	static const char *const kinds[] = { "linear", "instant", "other", "label" };
	char line[512];
	struct unit u;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (unit_parse(&u, slice_str(line), NULL))
			printf("%s\t%s\t%s\t%.17g\t%.17g\n", line, kinds[u.kind], u.ucum, u.factor, u.offset);
		else
			printf("%s\t-\t\t0\t0\n", line);
	}
	return 0;
}
