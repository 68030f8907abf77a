#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "store/jobs.h"
#include "store/jobs_int.h"
#include "t/unit/store/fix.h"

static uint64_t add(struct repo *r, const char *kind)
{
	struct job_info j = { .owner = 3, .total = 10 };
	struct err e = ERR_INIT;

	snprintf(j.kind, sizeof(j.kind), "%s", kind);
	snprintf(j.subject, sizeof(j.subject), "aaaaa-aaa01");
	j.params = json_pack("{s:i}", "n", 5);
	if (job_add(r, &j, &e) != ST_OK)
		fail_msg("%s", e.text);
	json_decref(j.params);
	return j.no;
}

static void get(struct repo *r, uint64_t no, struct job_info *out)
{
	struct kv_txn t;

	kv_read(r->catalog, &t);
	assert_int_equal(job_get(&t, no, out), ST_OK);
	assert_int_equal(kv_end(&t, NULL), ST_OK);
}

static void jobs_run_in_order_and_each_once(void **state)
{
	struct fix *f = *state;
	struct job_info j;
	struct err e = ERR_INIT;
	uint64_t a = add(f->r, "extract"), b = add(f->r, "package");

	assert_int_equal(job_next(f->r, &j, &e), ST_OK);
	assert_true(j.no == a && j.state == JOB_RUNNING && j.attempts == 1 && j.owner == 3 && j.total == 10);
	assert_string_equal(j.kind, "extract");
	assert_string_equal(j.subject, "aaaaa-aaa01");
	assert_int_equal(json_integer_value(json_object_get(j.params, "n")), 5);
	j.done = 4;
	snprintf(j.message, sizeof(j.message), "half way");
	assert_int_equal(job_update(f->r, &j, &e), ST_OK);
	job_info_release(&j);
	assert_int_equal(job_next(f->r, &j, &e), ST_OK);
	assert_int_equal(j.no, b);
	job_info_release(&j);
	assert_int_equal(job_next(f->r, &j, &e), ST_EOF);
	get(f->r, a, &j);
	assert_int_equal(j.done, 4);
	assert_string_equal(j.message, "half way");
	j.state = JOB_DONE;
	assert_int_equal(job_update(f->r, &j, &e), ST_OK);
	job_info_release(&j);
	get(f->r, a, &j);
	assert_true(j.state == JOB_DONE && j.ended == clock_now());
	job_info_release(&j);
}

static void what_ran_when_the_process_ended_waits_again(void **state)
{
	struct fix *f = *state;
	struct job_info j;
	struct err e = ERR_INIT;
	uint64_t a = add(f->r, "extract");

	assert_int_equal(job_next(f->r, &j, &e), ST_OK);
	job_info_release(&j);
	fix_reopen(f);
	assert_int_equal(jobs_restart(f->r, &e), ST_OK);
	assert_int_equal(job_next(f->r, &j, &e), ST_OK);
	assert_true(j.no == a && j.attempts == 2);
	job_info_release(&j);
}

static void a_cancelled_job_stays_cancelled(void **state)
{
	struct fix *f = *state;
	struct job_info j;
	struct err e = ERR_INIT;
	uint64_t a = add(f->r, "extract");

	assert_int_equal(job_next(f->r, &j, &e), ST_OK);
	assert_int_equal(job_cancel(f->r, a, &e), ST_OK);
	j.done = 9;
	j.state = JOB_DONE;
	assert_int_equal(job_update(f->r, &j, &e), ST_OK);
	job_info_release(&j);
	get(f->r, a, &j);
	assert_int_equal(j.state, JOB_CANCELLED);
	job_info_release(&j);
	assert_int_equal(job_cancel(f->r, a, &e), ST_CONFLICT);
	assert_int_equal(job_cancel(f->r, 99, &e), ST_ABSENT);
	assert_int_equal(job_next(f->r, &j, &e), ST_EOF);
}

static void lists_are_newest_first_and_by_state(void **state)
{
	struct fix *f = *state;
	struct job_info out[4];
	struct kv_txn t;
	size_t n;

	for (unsigned i = 0; i < 5; i++)
		add(f->r, "extract");
	assert_int_equal(job_cancel(f->r, 2, NULL), ST_OK);
	kv_read(f->r->catalog, &t);
	n = job_list(&t, JOB_STATE_COUNT, 0, out, 3);
	assert_true(n == 3 && out[0].no == 5 && out[2].no == 3);
	while (n > 0)
		job_info_release(&out[--n]);
	n = job_list(&t, JOB_STATE_COUNT, 3, out, 4);
	assert_true(n == 2 && out[0].no == 2);
	while (n > 0)
		job_info_release(&out[--n]);
	n = job_list(&t, JOB_WAITING, 0, out, 4);
	assert_true(n == 4 && out[3].no == 1);
	while (n > 0)
		job_info_release(&out[--n]);
	n = job_list(&t, JOB_CANCELLED, 0, out, 4);
	assert_true(n == 1 && out[0].no == 2);
	job_info_release(&out[0]);
	kv_end(&t, NULL);
}

static void jobs_that_ended_long_ago_are_dropped(void **state)
{
	struct fix *f = *state;
	struct job_info j;
	struct kv_txn t;
	uint64_t a = add(f->r, "extract"), b;

	assert_int_equal(job_cancel(f->r, a, NULL), ST_OK);
	clock_set((clock_now() + 89 * 86400) * 1000000);
	add(f->r, "extract");
	get(f->r, a, &j);
	job_info_release(&j);
	clock_set((clock_now() + 2 * 86400) * 1000000);
	b = add(f->r, "extract");
	kv_read(f->r->catalog, &t);
	assert_int_equal(job_get(&t, a, &j), ST_ABSENT);
	assert_int_equal(job_get(&t, b, &j), ST_OK);
	job_info_release(&j);
	assert_int_equal(job_list(&t, JOB_CANCELLED, 0, &j, 1), 0);
	kv_end(&t, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		F(jobs_run_in_order_and_each_once),
		F(what_ran_when_the_process_ended_waits_again),
		F(a_cancelled_job_stays_cancelled),
		F(lists_are_newest_first_and_by_state),
		F(jobs_that_ended_long_ago_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
