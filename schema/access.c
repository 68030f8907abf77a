/* The rules of DESIGN 2.7 and 5, in one function. The truth table is walked by t/unit/schema/test_access.c. */
#include "base/clock.h"
#include "schema/access.h"

static bool shares_group(const struct principal *who, const struct access_subject *what)
{
	for (size_t i = 0; i < who->n_groups; i++)
		for (size_t k = 0; k < what->n_groups; k++)
			if (who->groups[i] == what->groups[k])
				return true;
	return false;
}

static bool is_owner(const struct principal *who, const struct access_subject *what)
{
	return who->user != 0 && who->user == what->owner;
}

/* Administrators and curators look after every record. */
static bool is_staff(const struct principal *who)
{
	return who->user != 0 && who->role >= ROLE_CURATOR;
}

static bool has(const struct principal *who, unsigned scope)
{
	return (who->scopes & scope) == scope;
}

/* May ${who} know a live record's metadata? What a token without the read scope may see is what everybody may. */
static bool sees(const struct principal *who, const struct access_subject *what)
{
	bool reads = who->user != 0 && has(who, SCOPE_READ);

	if (reads && (is_owner(who, what) || is_staff(who)))
		return true;
	if (what->state != REC_PUBLISHED)
		return false;
	if (what->meta == META_PUBLIC)
		return true;
	return what->meta == META_GROUPS && reads && shares_group(who, what);
}

static bool fetches(const struct principal *who, const struct access_subject *what, int64_t now)
{
	bool reads = who->user != 0 && has(who, SCOPE_READ);

	if (reads && (is_owner(who, what) || is_staff(who)))
		return true;
	if (what->state != REC_PUBLISHED)
		return false;
	switch (what->access) {
	case ACC_OPEN:
		return true;
	case ACC_EMBARGOED:
		/* Without a date an embargo has no end. */
		if (what->embargo_end != 0 && now >= what->embargo_end)
			return true;
		return reads && shares_group(who, what);
	case ACC_RESTRICTED:
		return reads && shares_group(who, what);
	case ACC_CLOSED:
		return false;
	}
	return false;
}

/* Seen, but not this: would logging in (with a wider token) help? */
static st_t refuse(const struct principal *who)
{
	return who->user == 0 ? ST_UNAUTH : ST_DENIED;
}

static st_t may_change(const struct principal *who, const struct access_subject *what, unsigned scope)
{
	if (who->role < ROLE_DEPOSITOR || !has(who, scope))
		return refuse(who);
	return is_owner(who, what) || is_staff(who) ? ST_OK : refuse(who);
}

/* A withdrawn record: its tombstone to those who could know of it, everything to those who look after it. */
static st_t may_withdrawn(const struct principal *who, const struct access_subject *what, enum access_want want)
{
	bool keeper = is_staff(who) && has(who, SCOPE_READ);

	if (!what->was_public && !keeper && !(is_owner(who, what) && has(who, SCOPE_READ)))
		return ST_ABSENT;
	if (keeper && want == WANT_WITHDRAW && has(who, SCOPE_PUBLISH))
		return ST_OK;		/* restore, correct the note */
	return ST_GONE;
}

st_t access_may(const struct principal *who, const struct access_subject *what, enum access_want want, int64_t now)
{
	if (who->system)
		return ST_OK;
	if (want == WANT_ADMIN)
		return who->user != 0 && who->role == ROLE_ADMIN && has(who, SCOPE_ADMIN) ? ST_OK : refuse(who);
	if (what->state == REC_WITHDRAWN)
		return may_withdrawn(who, what, want);
	if (!sees(who, what))	/* taken out of sight after the world knew it: like a withdrawn one */
		return what->state == REC_PUBLISHED && what->was_public ? ST_GONE : ST_ABSENT;
	switch (want) {
	case WANT_SEE:
		return ST_OK;
	case WANT_FILE:
		return fetches(who, what, now) ? ST_OK : refuse(who);
	case WANT_EDIT:
		/* What is in review belongs to the curators until they give it back. */
		if (what->state == REC_REVIEW && !is_staff(who))
			return refuse(who);
		return may_change(who, what, SCOPE_DEPOSIT);
	case WANT_PUBLISH:
		if (what->state == REC_REVIEW && !is_staff(who))
			return refuse(who);
		return may_change(who, what, SCOPE_PUBLISH);
	case WANT_WITHDRAW:
		if (what->state != REC_PUBLISHED)
			return refuse(who);
		return may_change(who, what, SCOPE_PUBLISH);
	case WANT_ADMIN:
		break;
	}
	return refuse(who);
}

static const struct { enum rec_access a; const char *label, *coar, *name; } names[] = {
	{ ACC_OPEN, "open access", "http://purl.org/coar/access_right/c_abf2", "open" },
	{ ACC_EMBARGOED, "embargoed access", "http://purl.org/coar/access_right/c_f1cf", "embargoed" },
	{ ACC_RESTRICTED, "restricted access", "http://purl.org/coar/access_right/c_16ec", "restricted" },
	{ ACC_CLOSED, "metadata only access", "http://purl.org/coar/access_right/c_14cb", "closed" },
};

enum rec_access access_of_file(const char *s)
{
	struct slice v = slice_str(s);

	if (v.n == 0)
		return ACC_OPEN;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_ieq_str(v, names[i].label) || slice_eq_str(v, names[i].coar) || slice_ieq_str(v, names[i].name))
			return names[i].a;
	if (slice_ieq_str(v, "public"))
		return ACC_OPEN;
	if (slice_ieq_str(v, "closed access") || slice_ieq_str(v, "private"))
		return ACC_CLOSED;
	/* A word nobody knows must not open anything. */
	return ACC_RESTRICTED;
}

const char *access_name(enum rec_access a)
{
	return (unsigned)a < sizeof(names) / sizeof(*names) ? names[a].name : "restricted";
}

const char *access_coar(enum rec_access a)
{
	return (unsigned)a < sizeof(names) / sizeof(*names) ? names[a].coar : names[ACC_RESTRICTED].coar;
}

/* First second of the day (or moment) at which content opens: embargoEnd, else a date of type Available. */
static int64_t embargo_end(const json_t *doc, const json_t *rights)
{
	int64_t from = 0, until;
	const json_t *d;
	size_t i;

	if (date_span(json_slice(json_object_get(rights, "embargoEnd")), &from, &until) && from != INT64_MIN)
		return from;
	json_array_foreach(json_object_get(doc, "dates"), i, d) {
		if (!slice_eq_str(json_slice(json_object_get(d, "type")), "Available"))
			continue;
		if (date_span(json_slice(json_object_get(d, "value")), &from, &until) && from != INT64_MIN)
			return from;
	}
	return 0;
}

void access_of_record(const json_t *doc, struct access_subject *out)
{
	const json_t *rights = json_object_get(doc, "accessRights");
	const char *coar = json_text(rights, "coar"), *meta = json_text(rights, "metadata");

	memset(out, 0, sizeof(*out));
	if (coar == NULL || *coar == '\0')
		coar = json_text(rights, "label");
	out->access = access_of_file(coar);
	if (out->access == ACC_EMBARGOED)
		out->embargo_end = embargo_end(doc, rights);
	if (meta == NULL || strcmp(meta, "public") == 0)
		out->meta = META_PUBLIC;
	else
		out->meta = strcmp(meta, "groups") == 0 ? META_GROUPS : META_PRIVATE;
}

size_t access_groups(const json_t *doc, uint32_t *out, size_t max)
{
	const json_t *groups = json_object_get(json_object_get(doc, "accessRights"), "groups"), *g;
	size_t i, n = 0;

	json_array_foreach(groups, i, g) {
		json_int_t v = json_integer_value(g);

		if (!json_is_integer(g) || v <= 0 || v > UINT32_MAX)
			continue;
		if (n < max)
			out[n] = (uint32_t)v;
		n++;
	}
	return n;
}
