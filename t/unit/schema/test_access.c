/*
 * The access function against a second statement of the same promises, written as plain sentences below, over the whole product of roles, scopes,
 * owners, groups, states, access kinds, visibility, embargo dates and wishes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/access.h"
#include "t/unit/schema/schema_env.h"

#define NOW 1000

static const char *const wants[] = { "see", "file", "edit", "publish", "withdraw", "admin" };

/* The promises (DESIGN 2.7 and 5), one sentence each. */
static st_t promised(const struct principal *p, const struct access_subject *s, enum access_want want)
{
	bool known = p->user != 0, reads = known && (p->scopes & SCOPE_READ), owner = known && p->user == s->owner;
	bool staff = known && (p->role == ROLE_CURATOR || p->role == ROLE_ADMIN), shares = p->n_groups > 0 && s->n_groups > 0;
	bool insider = reads && (owner || staff);
	st_t no = known ? ST_DENIED : ST_UNAUTH;
	bool sees, opened;

	if (p->system)
		return ST_OK;				/* the program itself may do everything */
	if (want == WANT_ADMIN)				/* administration needs the role and the scope */
		return known && p->role == ROLE_ADMIN && (p->scopes & SCOPE_ADMIN) ? ST_OK : no;
	if (s->state == REC_WITHDRAWN) {
		if (!s->was_public && !insider)		/* what the world never saw does not exist */
			return ST_ABSENT;
		return insider && staff && want == WANT_WITHDRAW && (p->scopes & SCOPE_PUBLISH) ? ST_OK : ST_GONE;
	}
	/* drafts are for insiders; published metadata for everybody, for groups, or for insiders */
	sees = insider || (s->state == REC_PUBLISHED && (s->meta == META_PUBLIC || (s->meta == META_GROUPS && reads && shares)));
	if (!sees)
		return s->state == REC_PUBLISHED && s->was_public ? ST_GONE : ST_ABSENT;
	if (want == WANT_SEE)
		return ST_OK;
	if (want == WANT_FILE) {
		opened = s->access == ACC_OPEN || (s->access == ACC_EMBARGOED && s->embargo_end != 0 && s->embargo_end <= NOW);
		if (insider || (s->state == REC_PUBLISHED && opened))
			return ST_OK;
		if (s->state == REC_PUBLISHED && reads && shares && s->access != ACC_CLOSED)
			return ST_OK;
		return no;
	}
	if (s->state == REC_REVIEW && !staff)		/* under review nobody but curators changes anything */
		return no;
	if (want == WANT_WITHDRAW && s->state != REC_PUBLISHED)
		return no;
	if (p->role == ROLE_NONE || !(p->scopes & (want == WANT_EDIT ? SCOPE_DEPOSIT : SCOPE_PUBLISH)))
		return no;				/* changing needs a role and the scope */
	return owner || staff ? ST_OK : no;		/* and one's own record, or the duty to care for all */
}

static void the_truth_table_holds(void **state)
{
	static const uint32_t group[] = { 5 }, others[] = { 6, 5 };
	static const int64_t ends[] = { 0, NOW - 1, NOW, NOW + 1 };
	unsigned long tried = 0, allowed = 0;

	for (unsigned i = 0; i < 4u * 16 * 2 * 2 * 2 * 4 * 4 * 3 * 4 * 2 * 2 * 6; i++) {
		unsigned k = i;
		struct principal p = { 0 };
		struct access_subject s = { 0 };
		enum access_want want;
		st_t got, should;

#define TAKE(n) (k % (n)); k /= (n)
		unsigned role = TAKE(4);
		unsigned scopes = TAKE(16);
		unsigned own = TAKE(2);
		unsigned anonymous = TAKE(2);
		unsigned in_group = TAKE(2);
		unsigned st = TAKE(4);
		unsigned acc = TAKE(4);
		unsigned meta = TAKE(3);
		unsigned end = TAKE(4);
		unsigned shared = TAKE(2);
		unsigned was = TAKE(2);
		want = (enum access_want)(k % 6);
#undef TAKE
		p.role = (enum role)role;
		p.scopes = scopes;
		p.user = anonymous ? 0 : 7;
		p.groups = group;
		p.n_groups = in_group && !anonymous;
		if (anonymous)
			p.role = ROLE_NONE;
		s.state = (enum rec_state)st;
		s.access = (enum rec_access)acc;
		s.meta = (enum rec_meta)meta;
		s.embargo_end = ends[end];
		s.owner = own ? 7 : 8;
		s.groups = others;
		s.n_groups = shared ? 2 : 0;
		s.was_public = was;
		got = access_may(&p, &s, want, NOW);
		should = promised(&p, &s, want);
		if (got != should)
			fail_msg("role %u scopes %u user %u owner %u group %u/%u state %u access %u meta %u end %ld was %u, %s: %s instead of %s", role, scopes,
			         p.user, s.owner, in_group, shared, st, acc, meta, (long)s.embargo_end, was, wants[want], st_name(got), st_name(should));
		tried++;
		allowed += got == ST_OK;
	}
	assert_true(tried > 1000000);
	assert_true(allowed > tried / 20 && allowed < tried / 2);
}

static void a_stranger_learns_nothing(void **state)
{
	struct principal nobody = { 0 };
	struct access_subject s = { .state = REC_DRAFT, .owner = 7 };

	for (int w = WANT_SEE; w <= WANT_WITHDRAW; w++)
		assert_int_equal(access_may(&nobody, &s, (enum access_want)w, NOW), ST_ABSENT);
	s.state = REC_PUBLISHED;
	s.meta = META_PRIVATE;
	assert_int_equal(access_may(&nobody, &s, WANT_FILE, NOW), ST_ABSENT);
	s.state = REC_WITHDRAWN;
	assert_int_equal(access_may(&nobody, &s, WANT_SEE, NOW), ST_ABSENT);
	s.was_public = true;
	assert_int_equal(access_may(&nobody, &s, WANT_SEE, NOW), ST_GONE);
}

static void the_program_itself_may_everything(void **state)
{
	struct principal self = { .system = true };

	for (int st = REC_DRAFT; st <= REC_WITHDRAWN; st++)
		for (int w = WANT_SEE; w <= WANT_ADMIN; w++) {
			struct access_subject s = { .state = (enum rec_state)st, .access = ACC_CLOSED, .meta = META_PRIVATE };

			assert_int_equal(access_may(&self, &s, (enum access_want)w, NOW), ST_OK);
		}
}

static void an_embargo_ends_at_its_second(void **state)
{
	struct principal nobody = { 0 };
	struct access_subject s = { .state = REC_PUBLISHED, .access = ACC_EMBARGOED, .embargo_end = 500, .owner = 7 };

	assert_int_equal(access_may(&nobody, &s, WANT_FILE, 499), ST_UNAUTH);
	assert_int_equal(access_may(&nobody, &s, WANT_FILE, 500), ST_OK);
	s.embargo_end = 0;
	assert_int_equal(access_may(&nobody, &s, WANT_FILE, 500), ST_UNAUTH);
}

static void the_record_says_who_may(void **state)
{
	struct access_subject s;
	uint32_t groups[2];
	json_t *d = js("{'accessRights':{'coar':'http://purl.org/coar/access_right/c_f1cf','embargoEnd':'2030-04-01','metadata':'groups','groups':[3,-1,'x',9,12]}}");

	access_of_record(d, &s);
	assert_int_equal(s.access, ACC_EMBARGOED);
	assert_int_equal(s.meta, META_GROUPS);
	assert_int_equal(s.embargo_end, 1901232000);
	assert_int_equal(access_groups(d, groups, 2), 3);
	assert_int_equal(groups[0], 3);
	assert_int_equal(groups[1], 9);
	json_decref(d);
	d = js("{'accessRights':{'coar':'http://purl.org/coar/access_right/c_f1cf'},'dates':[{'type':'Issued','value':'2020'},{'type':'Available','value':'2030-04'}]}");
	access_of_record(d, &s);
	assert_int_equal(s.embargo_end, 1901232000);
	assert_int_equal(s.meta, META_PUBLIC);
	json_decref(d);
	d = js("{'accessRights':{'coar':'http://purl.org/coar/access_right/c_14cb','metadata':'nobody-knows'}}");
	access_of_record(d, &s);
	assert_int_equal(s.access, ACC_CLOSED);
	assert_int_equal(s.meta, META_PRIVATE);
	json_decref(d);
	d = js("{}");
	access_of_record(d, &s);
	assert_int_equal(s.access, ACC_OPEN);
	json_decref(d);
}

static void an_unknown_word_opens_nothing(void **state)
{
	assert_int_equal(access_of_file("open access"), ACC_OPEN);
	assert_int_equal(access_of_file("Open Access"), ACC_OPEN);
	assert_int_equal(access_of_file("metadata only access"), ACC_CLOSED);
	assert_int_equal(access_of_file("http://purl.org/coar/access_right/c_16ec"), ACC_RESTRICTED);
	assert_int_equal(access_of_file("opne"), ACC_RESTRICTED);
	assert_int_equal(access_of_file(NULL), ACC_OPEN);
	for (int a = ACC_OPEN; a <= ACC_CLOSED; a++) {
		assert_int_equal(access_of_file(access_name((enum rec_access)a)), a);
		assert_int_equal(access_of_file(access_coar((enum rec_access)a)), a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_table_holds),
		cmocka_unit_test(a_stranger_learns_nothing),
		cmocka_unit_test(the_program_itself_may_everything),
		cmocka_unit_test(an_embargo_ends_at_its_second),
		cmocka_unit_test(the_record_says_who_may),
		cmocka_unit_test(an_unknown_word_opens_nothing),
	};

	return cmocka_run_group_tests(tests, load_schema, drop_schema);
}
