#include "base/hash.h"
#include "base/str.h"
#include "schema/patch.h"

#define DIGEST 17	/* 64 bits in hex: a patch is no proof, only a memory of what it was made for */

static st_t digest(const json_t *v, char out[DIGEST])
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	char hex[SHA256_HEX];
	st_t st = ST_OK;

	out[0] = '\0';
	if (v != NULL && (st = json_dump(&b, v, true)) == ST_OK) {
		sha256_hex(hex, b.p, b.n);
		memcpy(out, hex, DIGEST - 1);
		out[DIGEST - 1] = '\0';
	}
	buf_release(&b);
	return st;
}

static st_t entry(const json_t *truth, const json_t *plain, json_t **out)
{
	char of[DIGEST];
	json_t *o;
	st_t st = digest(plain, of);

	if (st != ST_OK)
		return st;
	if ((o = json_object()) == NULL)
		return ST_NOMEM;
	st = json_put(o, "of", json_string(of));
	if (st == ST_OK && truth != NULL)
		st = json_put(o, "is", json_deep_copy(truth));
	if (st != ST_OK) {
		json_decref(o);
		o = NULL;
	}
	*out = o;
	return st;
}

static st_t list_diff(const json_t *truth, const json_t *plain, json_t **out)
{
	json_t *list = json_array(), *one = NULL;
	st_t st = list != NULL ? ST_OK : ST_NOMEM;

	for (size_t i = 0; st == ST_OK && i < json_array_size(truth); i++) {
		if (json_equal(json_array_get(truth, i), json_array_get(plain, i)))
			continue;
		st = entry(json_array_get(truth, i), json_array_get(plain, i), &one);
		if (st == ST_OK)
			st = json_push(list, json_incref(one));
		if (st == ST_OK)
			st = json_put(one, "at", json_integer((json_int_t)i));
		json_decref(one);
		one = NULL;
	}
	if (st != ST_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return st;
}

static st_t member_diff(json_t *patches, const char *key, const json_t *truth, const json_t *plain)
{
	json_t *p = NULL;
	st_t st;

	if (truth != NULL && plain != NULL && json_equal(truth, plain))
		return ST_OK;
	if (json_is_array(truth) && json_is_array(plain) && json_array_size(truth) == json_array_size(plain))
		st = list_diff(truth, plain, &p);
	else
		st = entry(truth, plain, &p);
	return st == ST_OK ? json_put(patches, key, p) : st;
}

st_t patch_diff(const json_t *truth, const json_t *plain, json_t **out)
{
	json_t *patches = json_object(), *v;
	const char *key;
	st_t st = patches != NULL ? ST_OK : ST_NOMEM;

	*out = NULL;
	json_object_foreach((json_t *)truth, key, v)
		if (st == ST_OK)
			st = member_diff(patches, key, v, json_object_get(plain, key));
	json_object_foreach((json_t *)plain, key, v)
		if (st == ST_OK && json_object_get(truth, key) == NULL)
			st = member_diff(patches, key, NULL, v);
	if (st != ST_OK || json_object_size(patches) == 0) {
		json_decref(patches);
		patches = NULL;
	}
	*out = patches;
	return st;
}

static bool of_is(const json_t *patch, const char *have)
{
	const char *of = json_text(patch, "of");

	return of != NULL && strcmp(of, have) == 0;
}

static st_t set_at(json_t *list, size_t i, const json_t *patch)
{
	json_t *is = json_object_get(patch, "is");

	if (is == NULL)
		return ST_OK;
	is = json_deep_copy(is);
	return is != NULL && json_array_set_new(list, i, is) == 0 ? ST_OK : ST_NOMEM;
}

/* Entries first go to their own place; those whose place has changed look for a twin of what they were made for. */
static st_t list_apply(json_t *list, const json_t *patches)
{
	size_t n = json_array_size(list), k;
	bool *taken = calloc(n + 1, sizeof(*taken)), *used = calloc(json_array_size(patches) + 1, sizeof(*used));
	char (*have)[DIGEST] = calloc(n + 1, sizeof(*have));
	const json_t *p;
	st_t st = taken != NULL && used != NULL && have != NULL ? ST_OK : ST_NOMEM;

	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = digest(json_array_get(list, i), have[i]);
	json_array_foreach(patches, k, p) {
		json_int_t at = json_integer_value(json_object_get(p, "at"));

		if (st != ST_OK || at < 0 || (size_t)at >= n || taken[at] || !of_is(p, have[at]))
			continue;
		st = set_at(list, (size_t)at, p);
		taken[at] = used[k] = true;
	}
	json_array_foreach(patches, k, p) {
		if (st != ST_OK || used[k])
			continue;
		/* A list of ten thousand with every place moved would cost the square of it: look near by only. */
		for (size_t i = 0, tries = 0; i < n && tries < 1000 && st == ST_OK; i++) {
			if (taken[i])
				continue;
			tries++;
			if (!of_is(p, have[i]))
				continue;
			st = set_at(list, i, p);
			taken[i] = true;
			break;
		}
	}
	free(taken);
	free(used);
	free(have);
	return st;
}

st_t patch_apply(json_t *obj, const json_t *patches)
{
	const char *key;
	json_t *p;
	st_t st = ST_OK;

	json_object_foreach((json_t *)patches, key, p) {
		json_t *have = json_object_get(obj, key);
		char now[DIGEST];

		if (st != ST_OK || !patch_is(p))
			continue;
		if (json_is_array(p)) {
			if (json_is_array(have))
				st = list_apply(have, p);
		} else if ((st = digest(have, now)) == ST_OK && of_is(p, now)) {
			if (json_object_get(p, "is") != NULL)
				st = json_put(obj, key, json_deep_copy(json_object_get(p, "is")));
			else
				json_object_del(obj, key);
		}
	}
	return st;
}

static bool is_entry(const json_t *v, bool placed)
{
	size_t want = 1 + (json_object_get(v, "is") != NULL) + placed;

	return json_is_string(json_object_get(v, "of")) && json_object_size(v) == want &&
	       (!placed || json_is_integer(json_object_get(v, "at")));
}

bool patch_is(const json_t *v)
{
	const json_t *x;
	size_t i;

	if (json_is_object(v))
		return is_entry(v, false);
	json_array_foreach(v, i, x)
		if (!is_entry(x, true))
			return false;
	return json_is_array(v) && json_array_size(v) > 0;
}
