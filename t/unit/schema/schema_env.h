#ifndef T_UNIT_SCHEMA_SCHEMA_ENV_H
#define T_UNIT_SCHEMA_SCHEMA_ENV_H

/* What the tests of the record share: the loaded schema, small JSON, the shared fixtures. Include cmocka.h before. */

#include <stdlib.h>

#include "base/fs.h"
#include "base/json.h"
#include "schema/schema.h"

static struct schema *schema;

static int load_schema(void **state)
{
	const char *dir = getenv("AZEKURA_SCHEMA");
	struct err e = ERR_INIT;

	(void)state;
	if (schema_load(&schema, dir != NULL ? dir : "../schema", &e) == ST_OK)
		return 0;
	print_error("%s\n", e.text);
	return -1;
}

static int drop_schema(void **state)
{
	(void)state;
	schema_drop(schema);
	schema = NULL;
	return 0;
}

/* Single quotes stand for double ones. */
__attribute__((unused)) static json_t *js(const char *text)
{
	json_t *j = NULL;
	char *copy = strdup(text);
	json_error_t je;

	assert_non_null(copy);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, 0, &je);
	if (j == NULL)
		fail_msg("%s: %s", copy, je.text);
	free(copy);
	return j;
}

/* Go down to the first place where two values differ; ${path} grows on the way. */
static void first_difference(const json_t **a, const json_t **b, struct buf *path)
{
	const json_t *v, *x = *a, *y = *b;
	const char *key;
	size_t i;

	if (json_is_object(x) && json_is_object(y)) {
		for (int turn = 0; turn < 2; turn++)
			json_object_foreach((json_t *)(turn ? y : x), key, v)
				if (!json_equal(json_object_get(x, key), json_object_get(y, key))) {
					buf_addf(path, ".%s", key);
					*a = json_object_get(x, key);
					*b = json_object_get(y, key);
					first_difference(a, b, path);
					return;
				}
	}
	if (json_is_array(x) && json_is_array(y) && json_array_size(x) == json_array_size(y))
		json_array_foreach(x, i, v)
			if (!json_equal(v, json_array_get(y, i))) {
				buf_addf(path, "[%zu]", i);
				*a = v;
				*b = json_array_get(y, i);
				first_difference(a, b, path);
				return;
			}
}

__attribute__((unused)) static void same(const json_t *a, const json_t *b, const char *what)
{
	struct buf path = BUF_INIT(10000), x = BUF_INIT(BUF_NOMAX), y = BUF_INIT(BUF_NOMAX);

	if (json_equal(a, b))
		return;
	first_difference(&a, &b, &path);
	if (a != NULL)
		json_dump(&x, a, true);
	if (b != NULL)
		json_dump(&y, b, true);
	fail_msg("%s at %s:\n %.300s\n %.300s", what, path.p != NULL ? path.p : "top", x.p != NULL ? x.p : "(absent)", y.p != NULL ? y.p : "(absent)");
}

/* A file of the shared fixtures; skips the test when they are not there. */
__attribute__((unused)) static void fixture(const char *path, struct buf *out)
{
	const char *shared = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");
	char full[2000];
	struct err e = ERR_INIT;

	if (shared != NULL)
		snprintf(full, sizeof(full), "%s/fixtures/%s", shared, path);
	else
		snprintf(full, sizeof(full), "%s/../shared/fixtures/%s", src != NULL ? src : "..", path);
	if (fs_read_file(full, out, &e) == ST_OK)
		return;
	if (ci != NULL && strcmp(ci, "true") == 0)
		fail_msg("%s", e.text);
	skip();
}

#endif
