#include "base/frame.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "t/unit/unit.h"

static void a_header_goes_there_and_back(void **state)
{
	static const uint32_t lens[] = { 0, 1, 255, 256, 65536, 0x01020304, UINT32_MAX };
	uint8_t h[FRAME_HEAD], type;
	uint32_t len;
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		frame_head(h, 'R', lens[i]);
		assert_st(ST_OK, frame_parse(h, UINT32_MAX, &type, &len));
		assert_int_equal(type, 'R');
		assert_int_equal(len, lens[i]);
	}
	frame_head(h, 7, 0x01020304);
	assert_memory_equal(h, "\7\0\0\0\1\2\3\4", 8);
}

static void a_header_that_is_none_is_refused(void **state)
{
	uint8_t h[FRAME_HEAD], type;
	uint32_t len;
	int i;

	for (i = 1; i <= 3; i++) {
		frame_head(h, 1, 5);
		h[i] = 1;
		assert_st(ST_INVALID, frame_parse(h, 100, &type, &len));
	}
	frame_head(h, 1, 101);
	assert_st(ST_TOOBIG, frame_parse(h, 100, &type, &len));
	frame_head(h, 1, 100);
	assert_st(ST_OK, frame_parse(h, 100, &type, &len));
}

static void messages_arrive_whole_and_in_order(void **state)
{
	struct buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	uint8_t type;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_st(ST_OK, frame_write(fd[1], 1, "abc", 3, &e));
	assert_st(ST_OK, frame_write(fd[1], 2, NULL, 0, &e));
	assert_st(ST_OK, frame_write(fd[1], 3, "d", 1, &e));
	close(fd[1]);
	assert_st(ST_OK, frame_read(fd[0], 100, &type, &b, &e));
	assert_int_equal(type, 1);
	assert_buf(&b, "abc");
	assert_st(ST_OK, frame_read(fd[0], 100, &type, &b, &e));
	assert_int_equal(type, 2);
	assert_buf(&b, "");
	assert_st(ST_OK, frame_read(fd[0], 100, &type, &b, &e));
	assert_buf(&b, "d");
	assert_st(ST_EOF, frame_read(fd[0], 100, &type, &b, &e));
	close(fd[0]);
	buf_release(&b);
}

static void an_end_inside_a_frame_is_told_from_a_clean_one(void **state)
{
	static const char whole[] = "\1\0\0\0\0\0\0\5hello";
	size_t cut;

	for (cut = 0; cut <= 13; cut++) {
		struct buf b = BUF_INIT(100);
		struct err e = ERR_INIT;
		uint8_t type;
		int fd[2];

		assert_int_equal(pipe(fd), 0);
		assert_int_equal(write(fd[1], whole, cut), cut);
		close(fd[1]);
		assert_st(cut == 0 ? ST_EOF : cut < 13 ? ST_CLOSED : ST_OK, frame_read(fd[0], 100, &type, &b, &e));
		close(fd[0]);
		buf_release(&b);
	}
}

static void a_length_past_the_limit_takes_no_memory(void **state)
{
	struct buf b = BUF_INIT(BUF_NOMAX), small = BUF_INIT(10);
	struct err e = ERR_INIT;
	uint8_t type;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "\1\0\0\0\xff\xff\xff\xff\1\0\0\0\0\0\0\x0bhello hello", 27), 27);
	assert_st(ST_TOOBIG, frame_read(fd[0], 1000, &type, &b, &e));
	assert_int_equal(b.cap, 0);
	assert_st(ST_TOOBIG, frame_read(fd[0], 1000, &type, &small, &e));
	close(fd[0]);
	close(fd[1]);
	buf_release(&b);
	buf_release(&small);
}

static void *drip(void *p)
{
	const int *fd = p;
	static const char whole[] = "\1\0\0\0\0\0\0\5hello";
	size_t i;

	for (i = 0; i < 13; i++)
		if (write(fd[1], whole + i, 1) != 1)
			return p;
	return NULL;
}

static void bytes_may_come_one_by_one(void **state)
{
	struct buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	pthread_t th;
	uint8_t type;
	void *bad;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(pthread_create(&th, NULL, drip, fd), 0);
	assert_st(ST_OK, frame_read(fd[0], 100, &type, &b, &e));
	assert_buf(&b, "hello");
	pthread_join(th, &bad);
	assert_null(bad);
	close(fd[0]);
	close(fd[1]);
	buf_release(&b);
}

static void a_reader_that_is_gone_is_told(void **state)
{
	struct err e = ERR_INIT;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	assert_st(ST_CLOSED, frame_write(fd[1], 1, "x", 1, &e));
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_goes_there_and_back),
		cmocka_unit_test(a_header_that_is_none_is_refused),
		cmocka_unit_test(messages_arrive_whole_and_in_order),
		cmocka_unit_test(an_end_inside_a_frame_is_told_from_a_clean_one),
		cmocka_unit_test(a_length_past_the_limit_takes_no_memory),
		cmocka_unit_test(bytes_may_come_one_by_one),
		cmocka_unit_test(a_reader_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
