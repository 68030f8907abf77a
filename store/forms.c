/*
 * Database "form": 'n' name -> newest version (4 bytes, 0 when removed), highest version ever (4); 'v' name, version (4) -> the form as JSON; 'u' name, record id -> nothing;
 * 'c' number of the change (8) -> name. The changes are a row of their own beside the log of records: they concern search only, and nothing that is harvested.
 */

#include "store/forms.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/place.h"
#include "net/helper.h"
#include "schema/vocab.h"
#include "store/cat_int.h"
#include "store/vocabs.h"

#define COUNT_MAX	10000
#define FORM_BYTES_MAX	((size_t)8 << 20)
#define USED_MAX	50	/* schemas of one record */

static struct key key_name(char letter, struct slice name)
{
	struct key k;

	key_init(&k, letter);
	key_text(&k, name);
	return k;
}

static struct key key_version(struct slice name, uint32_t version)
{
	struct key k = key_name('v', name);

	key_u32(&k, version);
	return k;
}

static bool versions_of(struct kv_txn *t, struct slice name, uint32_t *now, uint32_t *highest)
{
	struct key k = key_name('n', name);
	struct slice v;

	*now = *highest = 0;
	if (name.n > FORM_NAME_MAX || !kv_get(t, CAT_FORM, key_slice(&k), &v) || v.n != 8)
		return false;
	*now = get_u32(v.p);
	*highest = get_u32(v.p + 4);
	return true;
}

/* ---- reading ---- */

json_t *forms_get(struct kv_txn *t, struct slice name, uint32_t version)
{
	uint32_t now, highest;
	json_t *j = NULL;
	struct slice v;
	struct key k;

	if (!versions_of(t, name, &now, &highest) || (version == 0 && (version = now) == 0))
		return NULL;
	k = key_version(name, version);
	if (!kv_get(t, CAT_FORM, key_slice(&k), &v) || json_load(&j, v, NULL) != ST_OK)
		return NULL;
	return j;
}

size_t forms_users(struct kv_txn *t, struct slice name, struct slice after, char (*ids)[PID_LEN + 1], size_t max)
{
	struct key k = key_name('u', name);
	size_t head = k.n, n = 0;
	struct kv_cur c;
	bool more;

	key_bytes(&k, after.p, after.n);
	kv_cur_open(t, CAT_FORM, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < max && c.key.n == head + PID_LEN && memcmp(c.key.p, k.p, head) == 0; more = kv_next(&c)) {
		if (after.n > 0 && memcmp(c.key.p + head, after.p, after.n) == 0)
			continue;
		memcpy(ids[n], c.key.p + head, PID_LEN);
		ids[n++][PID_LEN] = '\0';
	}
	kv_cur_close(&c);
	return n;
}

static uint64_t count_users(struct kv_txn *t, struct slice name)
{
	struct key k = key_name('u', name);
	struct kv_cur c;
	uint64_t n = 0;
	bool more;

	kv_cur_open(t, CAT_FORM, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < COUNT_MAX && c.key.n > k.n && memcmp(c.key.p, k.p, k.n) == 0; more = kv_next(&c))
		n++;
	kv_cur_close(&c);
	return n;
}

json_t *forms_about(struct kv_txn *t, struct slice name)
{
	static const char *const taken[] = { "title", "source", "community", "added" };
	json_t *form = forms_get(t, name, 0), *j;

	if (form == NULL)
		return NULL;
	j = json_pack("{s:O, s:O, s:I, s:I}", "id", json_object_get(form, "name"), "version", json_object_get(form, "version"),
	    "members", (json_int_t)json_array_size(json_object_get(form, "members")), "records", (json_int_t)count_users(t, name));
	for (size_t i = 0; j != NULL && i < sizeof(taken) / sizeof(taken[0]); i++)
		if (json_object_get(form, taken[i]) != NULL)
			json_put(j, taken[i], json_incref(json_object_get(form, taken[i])));
	json_decref(form);
	return j;
}

size_t forms_names(struct kv_txn *t, struct slice after, char (*names)[FORM_NAME_MAX + 1], size_t max)
{
	struct key k = key_name('n', after);
	struct kv_cur c;
	size_t n = 0;
	bool more;

	kv_cur_open(t, CAT_FORM, &c);
	for (more = kv_seek(&c, key_slice(&k)); more && n < max && c.key.p[0] == 'n'; more = kv_next(&c)) {
		size_t len = c.key.n - 2;

		if (len > FORM_NAME_MAX || slice_eq(slice_of(c.key.p + 1, len), after) || c.v.n != 8 || get_u32(c.v.p) == 0)
			continue;
		memcpy(names[n], c.key.p + 1, len);
		names[n++][len] = '\0';
	}
	kv_cur_close(&c);
	return n;
}

uint64_t forms_change_after(struct kv_txn *t, uint64_t after, char name[FORM_NAME_MAX + 1])
{
	struct key k = key_u64_of('c', after + 1);
	struct kv_cur c;
	uint64_t no = 0;

	kv_cur_open(t, CAT_FORM, &c);
	if (kv_seek(&c, key_slice(&k)) && c.key.n == 9 && c.key.p[0] == 'c' && c.v.n <= FORM_NAME_MAX) {
		no = get_u64(c.key.p + 1);
		memcpy(name, c.v.p, c.v.n);
		name[c.v.n] = '\0';
	}
	kv_cur_close(&c);
	return no;
}

/* ---- changing ---- */

struct put_job { const char *name; json_t *form; struct buf text; uint32_t version; bool same, absent; };

static void change_note(struct kv_txn *t, struct slice name)
{
	struct key k = key_u64_of('c', cat_meta_next(t, "form-change"));

	kv_put(t, CAT_FORM, key_slice(&k), name);
}

/* But for version and day. */
static bool same_form(struct kv_txn *t, struct slice name, const json_t *form)
{
	json_t *old = forms_get(t, name, 0), *new = json_copy((json_t *)(uintptr_t)form);
	bool same;

	if (old != NULL) {
		json_object_del(old, "version");
		json_object_del(old, "added");
	}
	json_object_del(new, "version");
	json_object_del(new, "added");
	same = old != NULL && new != NULL && json_equal(old, new);
	json_decref(old);
	json_decref(new);
	return same;
}

static st_t put_apply(void *arg, struct kv_txn *t)
{
	struct put_job *j = arg;
	struct slice name = slice_str(j->name);
	uint32_t now, highest;
	uint8_t v[8];
	struct key k;

	versions_of(t, name, &now, &highest);
	if ((j->same = same_form(t, name, j->form)))
		return ST_OK;
	j->version = highest + 1;
	buf_clear(&j->text);
	json_put(j->form, "version", json_integer(j->version));
	if (json_dump(&j->text, j->form, false) != ST_OK)
		return kv_fail(t, j->text.st, "the schema does not fit"), t->st;
	k = key_version(name, j->version);
	kv_put(t, CAT_FORM, key_slice(&k), buf_slice(&j->text));
	put_u32(v, j->version);
	put_u32(v + 4, j->version);
	k = key_name('n', name);
	kv_put(t, CAT_FORM, key_slice(&k), slice_of(v, 8));
	change_note(t, name);
	return t->st;
}

static st_t remove_apply(void *arg, struct kv_txn *t)
{
	struct put_job *j = arg;
	struct key k = key_name('n', slice_str(j->name));
	uint32_t now, highest;
	uint8_t v[8];

	j->absent = !versions_of(t, slice_str(j->name), &now, &highest) || now == 0;
	if (j->absent)
		return ST_OK;
	put_u32(v, 0);
	put_u32(v + 4, highest);
	kv_put(t, CAT_FORM, key_slice(&k), slice_of(v, 8));
	change_note(t, slice_str(j->name));
	return t->st;
}

st_t forms_add(struct repo *r, const json_t *form, const char *name, const char *community, json_t **out, struct err *e)
{
	struct put_job j = { .name = name, .form = json_copy((json_t *)(uintptr_t)form), .text = BUF_INIT(FORM_BYTES_MAX) };
	char when[ISO8601_LEN];
	struct kv_txn t;
	st_t st = j.form == NULL ? ST_NOMEM : ST_OK;

	*out = NULL;
	if (st == ST_OK && (name == NULL || !form_name_ok(slice_str(name))))
		st = err_set(e, ST_INVALID, "name: small letters, digits, '-' and '_', a letter first, at most %d; not azekura, rde or cell", FORM_NAME_MAX);
	if (st == ST_OK)
		st = form_check(j.form, e);
	if (st == ST_OK && community != NULL) {
		kv_read(r->catalog, &t);
		if (cat_set_no(&t, slice_str(community)) == 0)
			st = err_set(e, ST_ABSENT, "there is no community '%.60s'", community);
		kv_end(&t, NULL);
	}
	iso8601(when, clock_now());
	if (st == ST_OK)
		st = json_put_str(j.form, "name", slice_str(name));
	if (st == ST_OK && community != NULL)
		st = json_put_str(j.form, "community", slice_str(community));
	if (st == ST_OK)
		st = json_put_str(j.form, "added", slice_str(when));
	if (st == ST_OK)
		st = writer_do(r->cat_w, put_apply, &j, e);
	if (st == ST_OK) {
		if (!j.same)
			changes_tell(r);
		kv_read(r->catalog, &t);
		*out = forms_about(&t, slice_str(name));
		st = kv_end(&t, e);
	}
	json_decref(j.form);
	buf_release(&j.text);
	return st == ST_OK && *out == NULL ? ST_NOMEM : st;
}

st_t forms_remove(struct repo *r, const char *name, struct err *e)
{
	struct put_job j = { .name = name };
	st_t st = form_name_ok(slice_str(name)) ? writer_do(r->cat_w, remove_apply, &j, e) : ST_OK;

	if (st == ST_OK && (j.absent || !form_name_ok(slice_str(name))))
		return err_set(e, ST_ABSENT, "no schema of that name was added");
	if (st == ST_OK)
		changes_tell(r);
	return st;
}

static st_t read_through(const char *path, struct buf *answer, struct err *e)
{
	char *program = place_program("azekura-extract");
	struct helpers *h = NULL;
	struct stat sb;
	int fd = -1;
	st_t st;

	if (program == NULL)
		st = err_set(e, ST_ABSENT, "azekura-extract was not found");
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0 || fstat(fd, &sb) != 0)
		st = err_sys(e, "cannot open '%s'", path);
	else if (!S_ISREG(sb.st_mode))
		st = err_set(e, ST_INVALID, "'%s' is no file", path);
	else
		st = helpers_new(&h, program, 1, e);
	if (st == ST_OK)
		st = helper_ask(h, 'S', fd, 0, (uint64_t)sb.st_size, "schema", SLICE_NULL, &helper_budget_default, answer, e);
	helpers_free(h);
	if (fd >= 0)
		close(fd);
	free(program);
	return st;
}

st_t forms_add_file(struct repo *r, const char *path, const char *name, const char *community, json_t **out, struct err *e)
{
	struct buf answer = BUF_INIT(FORM_BYTES_MAX);
	json_t *j = NULL;
	st_t st = read_through(path, &answer, e);

	*out = NULL;
	if (st == ST_OK)
		st = json_load(&j, buf_slice(&answer), e);
	if (st == ST_OK && json_text(j, "error") != NULL)
		st = err_set(e, ST_INVALID, "'%s': %s", path, json_text(j, "error"));
	if (st == ST_OK)
		st = forms_add(r, json_object_get(j, "form"), name, community, out, e);
	if (st == ST_OK)
		st = json_put(*out, "warnings", json_incref(json_object_get(j, "warnings")));
	json_decref(j);
	buf_release(&answer);
	return st;
}

/* ---- records ---- */

/* Names of schemas under which the record holds something, each once. */
static size_t used(const json_t *doc, struct slice *names, size_t max)
{
	struct slice name, member;
	const char *key;
	size_t n = 0, i;
	json_t *v;

	json_object_foreach(json_object_get((json_t *)(uintptr_t)doc, "customFields"), key, v) {
		if (json_is_null(v) || !form_key(slice_str(key), &name, &member))
			continue;
		for (i = 0; i < n && !slice_eq(names[i], name); i++)
			;
		if (i == n && n < max)
			names[n++] = name;
	}
	return n;
}

/* The 'u' rows of a published record; beside cat_links_change(), and as often. */
void cat_forms_change(struct kv_txn *t, const char *id, const json_t *old, const json_t *now)
{
	struct slice before[USED_MAX], after[USED_MAX];
	size_t n = used(old, before, USED_MAX), m = used(now, after, USED_MAX), i;
	struct key k;

	for (i = 0; i < n; i++) {
		k = key_name('u', before[i]);
		key_id(&k, id);
		kv_del(t, CAT_FORM, key_slice(&k));
	}
	for (i = 0; i < m; i++) {
		k = key_name('u', after[i]);
		key_id(&k, id);
		kv_put(t, CAT_FORM, key_slice(&k), SLICE_NULL);
	}
}

static json_t *shipped_term(const struct vocab *v, struct slice term)
{
	static const char *const columns[] = { "id", "iri", "coar", "uri", "url", "label", "label_ja" }, *const uris[] = { "iri", "coar", "uri", "url" };
	json_t *j;
	size_t row, i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (vocab_find(v, columns[i], term, &row))
			break;
	if (i == sizeof(columns) / sizeof(columns[0]))
		return NULL;
	j = json_pack("{s:s, s:{s:s}}", "id", vocab_get(v, row, "id"), "label", "en", vocab_get(v, row, "label")[0] != '\0' ? vocab_get(v, row, "label") : vocab_get(v, row, "id"));
	if (vocab_get(v, row, "label_ja")[0] != '\0')
		json_put_str(json_object_get(j, "label"), "ja", slice_str(vocab_get(v, row, "label_ja")));
	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		if (json_text(j, "uri") == NULL && strncmp(vocab_get(v, row, uris[i]), "http", 4) == 0)
			json_put_str(j, "uri", slice_str(vocab_get(v, row, uris[i])));
	return j;
}

static json_t *loaded_term(struct kv_txn *t, uint32_t gen, struct slice term)
{
	uint32_t no = vocabs_resolve(t, gen, term), few[2];
	json_t *c, *j, *one;
	size_t i;

	if (no == 0 && vocabs_labelled(t, gen, term, few, 2) > 0)
		no = few[0];
	if (no == 0 || (c = vocabs_concept(t, gen, no)) == NULL)
		return NULL;
	j = json_pack("{s:O, s:{}}", "id", json_object_get(c, "id"), "label");
	if (json_object_get(c, "iri") != NULL)
		json_put(j, "uri", json_incref(json_object_get(c, "iri")));
	json_array_foreach(json_object_get(c, "label"), i, one) {
		const char *lang = json_string_value(json_array_get(one, 0));

		lang = lang == NULL || lang[0] == '\0' ? "en" : lang;
		if (json_object_get(json_object_get(j, "label"), lang) == NULL)
			json_put(json_object_get(j, "label"), lang, json_incref(json_array_get(one, 1)));
	}
	json_decref(c);
	return j;
}

json_t *forms_term(struct kv_txn *t, const struct schema *s, const char *vocabulary, struct slice term, bool *known)
{
	const struct vocab *v = schema_vocab(s, vocabulary);
	uint32_t gen = v == NULL ? vocabs_find(t, slice_str(vocabulary)) : 0;

	*known = v != NULL || gen != 0;
	if (term.n == 0 || !*known)
		return NULL;
	return v != NULL ? shipped_term(v, term) : loaded_term(t, gen, term);
}

struct terms { struct kv_txn *t; const struct schema *s; };

static int is_term(void *ctx, const char *vocabulary, struct slice term)
{
	struct terms *x = ctx;
	bool known;
	json_t *j = forms_term(x->t, x->s, vocabulary, term, &known);
	int there = j != NULL ? 1 : known ? 0 : -1;

	json_decref(j);
	return there;
}

st_t forms_check(struct repo *r, const json_t *doc, enum record_check what, struct findings *out)
{
	struct slice names[USED_MAX];
	size_t n = used(doc, names, USED_MAX), i;
	struct terms x = { NULL, r->schema };
	struct kv_txn t;
	json_t *form;
	st_t st = ST_OK;

	if (n == 0)
		return ST_OK;
	kv_read(r->catalog, &t);
	x.t = &t;
	for (i = 0; i < n && st == ST_OK; i++) {
		if ((form = forms_get(&t, names[i], 0)) != NULL)
			st = form_validate(form, json_object_get(doc, "customFields"), what, is_term, &x, out);
		json_decref(form);
	}
	kv_end(&t, NULL);
	return st;
}

st_t forms_stamp(struct repo *r, json_t *doc)
{
	struct slice names[USED_MAX];
	size_t n = used(doc, names, USED_MAX), i;
	uint32_t now, highest;
	char name[FORM_NAME_MAX + 1];
	json_t *stamp = json_object();
	struct kv_txn t;
	st_t st = stamp == NULL ? ST_NOMEM : ST_OK;

	kv_read(r->catalog, &t);
	for (i = 0; i < n && st == ST_OK; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)names[i].n, names[i].p);
		if (versions_of(&t, names[i], &now, &highest) && now != 0)
			st = json_put(stamp, name, json_integer(now));
	}
	kv_end(&t, NULL);
	if (st == ST_OK && json_object_size(stamp) > 0)
		return json_put(doc, "customSchemas", stamp);
	json_object_del(doc, "customSchemas");
	json_decref(stamp);
	return st;
}

/* ---- what a record holds ---- */

static json_t *values_of(struct kv_txn *t, const struct schema *s, const json_t *m, const json_t *v)
{
	const char *vocabulary = json_text(m, "vocabulary");
	json_t *list = json_array(), *one, *term, *known;
	size_t i, k, n = json_is_array(v) ? json_array_size(v) : 1;
	bool there;

	for (i = 0; i < n && i < FORM_VALUES_MAX; i++) {
		json_t *value = json_is_array(v) ? json_array_get(v, i) : (json_t *)(uintptr_t)v;

		one = json_pack("{s:O}", "value", value);
		if (vocabulary != NULL && json_is_string(value) && (term = forms_term(t, s, vocabulary, json_slice(value), &there)) != NULL)
			json_put(one, "term", term);
		json_array_foreach(json_object_get(m, "values"), k, known)
			if (json_equal(json_object_get(known, "value"), value) && json_object_get(known, "label") != NULL)
				json_put(one, "term", json_pack("{s:O}", "label", json_object_get(known, "label")));
		json_push(list, one);
	}
	return list;
}

static json_t *view_of(struct kv_txn *t, const struct schema *s, const json_t *form, const json_t *custom_fields)
{
	char key[FORM_NAME_MAX + FORM_MEMBER_MAX + 2];
	json_t *fields = json_array(), *view, *m, *v;
	size_t i;

	json_array_foreach(json_object_get(form, "members"), i, m) {
		snprintf(key, sizeof(key), "%s:%s", json_text(form, "name"), json_text(m, "name"));
		if ((v = json_object_get(custom_fields, key)) != NULL && !json_is_null(v))
			json_push(fields, json_pack("{s:O, s:o}", "member", m, "values", values_of(t, s, m, v)));
	}
	view = json_pack("{s:O, s:O, s:O*, s:o}", "name", json_object_get(form, "name"), "version", json_object_get(form, "version"), "title", json_object_get(form, "title"),
	    "fields", fields);
	return view;
}

json_t *forms_view(struct kv_txn *t, const struct schema *s, const json_t *doc, bool newest)
{
	struct slice names[USED_MAX];
	size_t n = used(doc, names, USED_MAX), i;
	char name[FORM_NAME_MAX + 1];
	json_t *list = NULL, *form;

	for (i = 0; i < n; i++) {
		const json_t *stamp;

		snprintf(name, sizeof(name), "%.*s", (int)names[i].n, names[i].p);
		stamp = json_object_get(json_object_get(doc, "customSchemas"), name);
		form = !newest && json_is_integer(stamp) && json_integer_value(stamp) > 0 ? forms_get(t, names[i], (uint32_t)json_integer_value(stamp)) : NULL;
		if (form == NULL)
			form = forms_get(t, names[i], 0);
		if (form != NULL && (list != NULL || (list = json_array()) != NULL))
			json_push(list, view_of(t, s, form, json_object_get(doc, "customFields")));
		json_decref(form);
	}
	return list;
}
