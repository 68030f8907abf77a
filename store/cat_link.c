/*
 * Links: 'L' target (cut and marked when long) 0 id type 0 -> the whole target when it was cut, else nothing. Only the direction
 * "who points at this" is stored; the other one is the document itself.
 */

#include "base/str.h"
#include "store/cat_int.h"

#define TYPE_MAX	39
#define BEHIND		(PID_LEN + TYPE_MAX + 1)

struct linker {
	struct kv_txn *t;
	const char *id;
	bool add;
	struct buf uri;
};

/* One spelling for each thing: our own identifiers bare, others as URI where their scheme has one, else "scheme:value". */
static struct slice target_of(struct buf *out, const char *scheme, struct slice value)
{
	char pid[PID_LEN + 1];

	buf_clear(out);
	value = slice_trim(value);
	if (value.n == 0)
		return SLICE_NULL;
	if ((scheme[0] == '\0' || strcmp(scheme, "Local") == 0 || strcmp(scheme, "Azekura") == 0) && pid_parse(pid, value))
		buf_adds(out, pid);
	else if (pid_uri(out, scheme, value) != ST_OK)
		return SLICE_NULL;
	if (out->n == 0 && (slice_starts(value, "https://") || slice_starts(value, "http://")))
		buf_addsl(out, value);
	if (out->n == 0 && scheme[0] != '\0') {
		buf_adds(out, scheme);
		buf_addc(out, ':');
	}
	if (out->n == 0 || out->p[out->n - 1] == ':')
		buf_addsl(out, value);
	return out->st == ST_OK ? buf_slice(out) : SLICE_NULL;
}

static struct key link_key(struct slice target, const char *id, struct slice type)
{
	struct key k;

	key_init(&k, 'L');
	key_text_then(&k, target, BEHIND);
	key_id(&k, id);
	if (type.n > TYPE_MAX)
		type.n = TYPE_MAX;
	key_bytes(&k, type.p, type.n);
	key_u8(&k, 0);
	return k;
}

static bool is_cut(struct slice target)
{
	return target.n > 511 - 1 - BEHIND - 17;
}

static void link_one(struct linker *l, struct slice type, const char *scheme, const json_t *value)
{
	struct slice target = target_of(&l->uri, scheme ? scheme : "", json_slice(value));
	struct key k;

	if (target.n == 0)
		return;
	k = link_key(target, l->id, type);
	if (l->add)
		kv_put(l->t, CAT_LINK, key_slice(&k), is_cut(target) ? target : SLICE_NULL);
	else
		kv_del(l->t, CAT_LINK, key_slice(&k));
}

/* [{"scheme","value"}] or [{"type","value"}], or one such object. */
static void link_ids(struct linker *l, const char *type, const json_t *ids)
{
	const json_t *j;
	const char *scheme;
	size_t i;

	if (json_is_object(ids)) {
		scheme = json_text(ids, "scheme");
		link_one(l, slice_str(type), scheme ? scheme : json_text(ids, "type"), json_object_get(ids, "value"));
	}
	json_array_foreach(ids, i, j) {
		if (!json_is_object(j))
			continue;
		scheme = json_text(j, "scheme");
		link_one(l, slice_str(type), scheme ? scheme : json_text(j, "type"), json_object_get(j, "value"));
	}
}

static void link_agents(struct linker *l, const char *type, const json_t *agents)
{
	const json_t *a, *f;
	size_t i, k;

	json_array_foreach(agents, i, a) {
		link_ids(l, type, json_object_get(a, "nameIdentifiers"));
		json_array_foreach(json_object_get(a, "affiliations"), k, f)
			link_ids(l, "affiliation", json_object_get(f, "identifiers"));
	}
}

static void link_relations(struct linker *l, const json_t *relations)
{
	const json_t *j, *id;
	const char *type;
	size_t i;

	json_array_foreach(relations, i, j) {
		type = json_text(j, "relationType");
		id = json_object_get(j, "identifier");
		link_one(l, slice_str(type && type[0] ? type : "References"), json_text(id, "type"), json_object_get(id, "value"));
	}
}

static void link_funding(struct linker *l, const json_t *funding)
{
	const json_t *j, *award;
	size_t i;

	json_array_foreach(funding, i, j) {
		link_ids(l, "funder", json_object_get(json_object_get(j, "funder"), "identifiers"));
		award = json_object_get(j, "award");
		link_one(l, SLICE("award"), "URL", json_object_get(award, "uri"));
	}
}

static void link_things(struct linker *l, const char *type, const json_t *things)
{
	const json_t *j;
	size_t i;

	json_array_foreach(things, i, j) {
		link_ids(l, type, json_object_get(j, "identifiers"));
		link_ids(l, type, json_object_get(j, "identifier"));
	}
}

static void link_all(struct linker *l, const json_t *doc)
{
	static const char *const things[] = { "instruments", "samples", "software", "methods" };
	static const char *const type[] = { "instrument", "sample", "software", "method" };
	size_t i;

	link_relations(l, json_object_get(doc, "relations"));
	link_agents(l, "creator", json_object_get(doc, "creators"));
	link_agents(l, "contributor", json_object_get(doc, "contributors"));
	link_agents(l, "rightsHolder", json_object_get(doc, "rightsHolders"));
	link_ids(l, "publisher", json_object_get(json_object_get(doc, "publisher"), "identifier"));
	link_funding(l, json_object_get(doc, "funding"));
	link_ids(l, "container", json_object_get(json_object_get(doc, "container"), "identifiers"));
	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		link_things(l, type[i], json_object_get(doc, things[i]));
}

void cat_links_change(struct kv_txn *t, const char *id, const json_t *old, const json_t *now)
{
	struct linker l = { t, id, false, BUF_INIT(1 << 16) };

	if (old != NULL)
		link_all(&l, old);
	l.add = true;
	if (now != NULL)
		link_all(&l, now);
	buf_release(&l.uri);
}

size_t cat_links_to(struct kv_txn *t, struct slice target, char (*ids)[PID_LEN + 1], char (*types)[40], size_t max)
{
	struct key prefix;
	struct kv_cur c;
	size_t n = 0, type;
	bool more;

	if (target.n == 0)
		return 0;
	key_init(&prefix, 'L');
	key_text_then(&prefix, target, BEHIND);
	kv_cur_open(t, CAT_LINK, &c);
	for (more = kv_seek(&c, key_slice(&prefix)); more && n < max; more = kv_next(&c)) {
		if (c.key.n < prefix.n + PID_LEN + 1 || memcmp(c.key.p, prefix.p, prefix.n) != 0)
			break;
		type = c.key.n - prefix.n - PID_LEN - 1;
		if ((c.v.n > 0 && !slice_eq(c.v, target)) || type > TYPE_MAX)
			continue;
		memcpy(ids[n], c.key.p + prefix.n, PID_LEN);
		ids[n][PID_LEN] = '\0';
		memcpy(types[n], c.key.p + prefix.n + PID_LEN, type);
		types[n][type] = '\0';
		n++;
	}
	kv_cur_close(&c);
	return n;
}
