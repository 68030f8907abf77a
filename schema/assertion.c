#include "schema/assertion.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"

#define NEAR 1000			/* list items that are looked at for one that moved */
#define WORK_MAX ((size_t)64 << 20)	/* bytes that one tidying may digest: entries are the sender's, and may all name the whole record */

/* ${work}: what may still be digested; NULL: anything. Past it no digest is like another. */
static st_t digest(const json_t *v, char out[ASSERTION_DIGEST], size_t *work)
{
	struct buf b = BUF_INIT(BUF_NOMAX);
	char hex[SHA256_HEX];
	st_t st;

	out[0] = '\0';
	if (work != NULL && *work == 0)
		return ST_TOOBIG;
	st = json_dump(&b, v, true);
	if (work != NULL)
		*work -= b.n + 64 < *work ? b.n + 64 : *work;
	if (st == ST_OK) {
		sha256_hex(hex, b.p, b.n);
		memcpy(out, hex, ASSERTION_DIGEST - 1);
		out[ASSERTION_DIGEST - 1] = '\0';
	}
	buf_release(&b);
	return st;
}

/* ---- JSON pointers (RFC 6901) ---- */

/* The next step of ${*at}, unescaped into ${out}; false at the end or when it is no pointer. */
static bool next_step(const char **at, char *out, size_t size)
{
	const char *p = *at;
	size_t n = 0;

	if (*p != '/')
		return false;
	for (p++; *p != '\0' && *p != '/'; p++) {
		if (n + 1 >= size)
			return false;
		if (p[0] == '~' && (p[1] == '0' || p[1] == '1'))
			out[n++] = *++p == '0' ? '~' : '/';
		else
			out[n++] = *p;
	}
	out[n] = '\0';
	*at = p;
	return true;
}

static json_t *step_down(const json_t *v, const char *step)
{
	uint64_t i;

	if (json_is_object(v))
		return json_object_get(v, step);
	if (json_is_array(v) && slice_u64(slice_str(step), SIZE_MAX, &i))
		return json_array_get(v, (size_t)i);
	return NULL;
}

json_t *assertion_value(const json_t *doc, const char *at)
{
	char step[1024];

	while (doc != NULL && next_step(&at, step, sizeof(step)))
		doc = step_down(doc, step);
	return *at == '\0' ? (json_t *)doc : NULL;
}

/* ---- Entries ---- */

static bool holds(const json_t *doc, const json_t *entry, size_t *work)
{
	const char *at = json_text(entry, "at"), *of = json_text(entry, "of");
	const json_t *v = at != NULL && *at != '\0' ? assertion_value(doc, at) : NULL;
	char now[ASSERTION_DIGEST];

	return v != NULL && of != NULL && digest(v, now, work) == ST_OK && strcmp(now, of) == 0;
}

static void put_opt(json_t *o, const char *key, const char *v, st_t *st)
{
	if (v != NULL && *st == ST_OK)
		*st = json_put(o, key, json_string(v));
}

st_t assertion_add(json_t *doc, const char *at, const struct assertion *a)
{
	json_t *list = json_object_get(doc, "assertions"), *one, *by, *source;
	const json_t *v = assertion_value(doc, at);
	char of[ASSERTION_DIGEST];
	st_t st;

	if (v == NULL)
		return ST_ABSENT;
	if ((st = digest(v, of, NULL)) != ST_OK)
		return st;
	if (!json_is_array(list)) {
		if ((st = json_put(doc, "assertions", json_array())) != ST_OK)
			return st;
		list = json_object_get(doc, "assertions");
	}
	by = json_object();
	source = json_object();
	put_opt(by, "program", a->program, &st);
	put_opt(by, "version", a->version, &st);
	put_opt(by, "reader", a->reader, &st);
	put_opt(source, "path", a->path, &st);
	put_opt(source, "place", a->place, &st);
	put_opt(source, "sha256", a->sha256, &st);
	one = json_pack("{s:s, s:s, s:o, s:i}", "at", at, "of", of, "by", by, "score", (int)a->score);
	if (one == NULL) {
		json_decref(source);
		return ST_NOMEM;
	}
	if (json_object_size(source) > 0)
		st = st == ST_OK ? json_put(one, "source", source) : st;
	else
		json_decref(source);
	if (st != ST_OK) {
		json_decref(one);
		return st;
	}
	return json_push(list, one);
}

const json_t *assertion_of(const json_t *doc, const char *at)
{
	const json_t *list = json_object_get(doc, "assertions"), *one, *best = NULL;
	size_t i, best_n = 0;

	json_array_foreach(list, i, one) {
		const char *there = json_text(one, "at");
		size_t n = there != NULL ? strlen(there) : 0;

		if (n > best_n && strncmp(at, there, n) == 0 && (at[n] == '\0' || at[n] == '/') && holds(doc, one, NULL)) {
			best = one;
			best_n = n;
		}
	}
	return best;
}

size_t assertions_open(const json_t *doc)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(json_object_get(doc, "assertions"), i, one)
		n += json_object_get(one, "confirmed") == NULL;
	return n;
}

/* ---- Keeping them true ---- */

/* An item of a list that went to another place: no other entry may speak of it already. */
static bool follow(const json_t *doc, json_t *list, size_t self, json_t *entry, size_t *work)
{
	const char *at = json_text(entry, "at"), *of = json_text(entry, "of"), *slash;
	char parent[1000], where[1030], now[ASSERTION_DIGEST];
	const json_t *items, *v, *other;
	uint64_t was;
	size_t i, k;

	slash = at != NULL ? strrchr(at, '/') : NULL;
	if (slash == NULL || of == NULL || (size_t)(slash - at) >= sizeof(parent) || !slice_u64(slice_str(slash + 1), SIZE_MAX, &was))
		return false;
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - at), at);
	items = assertion_value(doc, parent);
	json_array_foreach(items, i, v) {
		bool taken = false;

		if (i >= NEAR || *work == 0)
			break;
		if (digest(v, now, work) != ST_OK || strcmp(now, of) != 0)
			continue;
		snprintf(where, sizeof(where), "%s/%zu", parent, i);
		*work -= json_array_size(list) * 16 < *work ? json_array_size(list) * 16 : *work;
		json_array_foreach(list, k, other) {
			const char *there = k != self ? json_text(other, "at") : NULL;

			taken |= there != NULL && strcmp(there, where) == 0 && json_text(other, "of") != NULL && strcmp(json_text(other, "of"), of) == 0;
		}
		if (!taken)
			return json_put(entry, "at", json_string(where)) == ST_OK;
	}
	return false;
}

st_t assertions_tidy(json_t *doc)
{
	json_t *list = json_object_get(doc, "assertions"), *entry;
	size_t i, work = WORK_MAX;

	if (!json_is_array(list))
		return ST_OK;
	for (i = json_array_size(list); i-- > 0;) {
		entry = json_array_get(list, i);
		/* What is no entry is left to validation. */
		if (!json_is_object(entry) || json_text(entry, "at") == NULL || json_text(entry, "of") == NULL)
			continue;
		if (!holds(doc, entry, &work) && !follow(doc, list, i, entry, &work) && json_array_remove(list, i) != 0)
			return ST_NOMEM;
	}
	if (json_array_size(list) == 0)
		json_object_del(doc, "assertions");
	return ST_OK;
}

st_t assertions_confirm(json_t *doc, const char *at, const char *who, const char *when, size_t *n)
{
	json_t *one;
	size_t i, done = 0;
	st_t st = ST_OK;

	json_array_foreach(json_object_get(doc, "assertions"), i, one) {
		const char *there = json_text(one, "at");

		if (!json_is_object(one) || json_object_get(one, "confirmed") != NULL || (at != NULL && (there == NULL || strcmp(at, there) != 0)))
			continue;
		if ((st = json_put(one, "confirmed", json_pack("{s:s, s:s}", "by", who, "at", when))) != ST_OK)
			break;
		done++;
	}
	if (n != NULL)
		*n = done;
	return st;
}

/* Does the confirmation of ${old} stand for ${entry} too? A client that read the public form gives it back without a name, one that knows nothing of it without it. */
static bool still_confirmed(const json_t *entry, const json_t *old)
{
	const json_t *mine = json_object_get(entry, "confirmed"), *ok = json_object_get(old, "confirmed");

	return json_is_object(ok) && json_equal(json_object_get(old, "by"), json_object_get(entry, "by")) &&
	       (mine == NULL || json_equal(json_object_get(ok, "at"), json_object_get(mine, "at"))) &&
	       (json_object_get(mine, "by") == NULL || json_equal(json_object_get(ok, "by"), json_object_get(mine, "by")));
}

st_t assertions_guard(json_t *doc, const json_t *was)
{
	struct map *old = map_new();
	json_t *entry;
	size_t i;
	st_t st = old != NULL ? ST_OK : ST_NOMEM;

	/* By digest: what was said of the same value. */
	json_array_foreach(json_object_get(was, "assertions"), i, entry) {
		struct slice of = json_slice(json_object_get(entry, "of"));

		if (st == ST_OK && of.n > 0 && !map_has(old, of))
			st = map_put(old, of, entry, NULL);
	}
	json_array_foreach(json_object_get(doc, "assertions"), i, entry) {
		const json_t *before = st == ST_OK ? map_get(old, json_slice(json_object_get(entry, "of"))) : NULL;
		bool holds_on = before != NULL && still_confirmed(entry, before);

		json_object_del(entry, "confirmed");
		if (holds_on && json_object_set(entry, "confirmed", json_object_get(before, "confirmed")) != 0)
			st = ST_NOMEM;
	}
	map_free(old, NULL);
	return st;
}

/* ---- Showing ---- */

st_t assertion_words(const json_t *a, bool names, struct buf *out)
{
	const json_t *by = json_object_get(a, "by"), *source = json_object_get(a, "source"), *ok = json_object_get(a, "confirmed");
	const char *path = json_text(source, "path"), *place = json_text(source, "place"), *program = json_text(by, "program");
	json_int_t score = json_integer_value(json_object_get(a, "score"));

	if (path != NULL)
		buf_addf(out, "from %s%s%s ", path, place != NULL ? " " : "", place != NULL ? place : "");
	else if (place != NULL)
		buf_addf(out, "from %s ", place);
	buf_addf(out, "(%s %s, %lld.%02lld", program != NULL ? program : "?", json_text(by, "version") != NULL ? json_text(by, "version") : "?",
	    (long long)(score / 100), (long long)(score % 100 < 0 ? 0 : score % 100));
	if (out->n > 0 && out->st == ST_OK && out->p[out->n - 1] == '0') {
		out->n--;
		out->p[out->n] = '\0';
	}
	buf_addc(out, ')');
	if (ok != NULL)
		buf_adds(out, ", confirmed");
	if (names && json_text(ok, "by") != NULL)
		buf_addf(out, " by %s", json_text(ok, "by"));
	if (json_text(ok, "at") != NULL)
		buf_addf(out, " on %.10s", json_text(ok, "at"));
	return out->st;
}

json_t *assertions_public(const json_t *list)
{
	json_t *out = json_deep_copy(list), *one;
	size_t i;

	json_array_foreach(out, i, one)
		json_object_del(json_object_get(one, "confirmed"), "by");
	return out;
}
