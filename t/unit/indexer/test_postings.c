#include "t/unit/unit.h"

#include <stdlib.h>

#include "base/vec.h"
#include "indexer/postings.h"

struct chunk { uint32_t first; char *p; size_t n; };
struct chunks { struct chunk v[4000]; size_t n; };

static void keep(void *ctx, uint32_t first, struct slice s)
{
	struct chunks *c = ctx;
	char *p = malloc(s.n);

	memcpy(p, s.p, s.n);
	c->v[c->n++] = (struct chunk){ first, p, s.n };
}

static void drop(struct chunks *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].p);
	free(c);
}

static uint32_t doc_no(uint32_t i) { return i * 3 + i / 100 * 1000; }

static struct chunks *write_many(uint32_t docs)
{
	struct chunks *c = calloc(1, sizeof(*c));
	struct post_writer w;

	post_writer_init(&w, keep, c);
	post_begin(&w, docs);
	for (uint32_t i = 0; i < docs; i++) {
		uint8_t places[8] = { 2, 5, (uint8_t)(i % 100), 1, 7 };	/* two in one field; when there are two fields, one more */
		post_add(&w, doc_no(i), i % 200, i % 3 == 0 ? 1 : 1u << 2 | 1u << 9, slice_of(places, i % 3 == 0 ? 3 : 5));
	}
	assert_st(ST_OK, post_end(&w));
	post_writer_release(&w);
	return c;
}

static void what_was_written_is_read(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 127, 128, 129, 256, 5000, 60000 };

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct chunks *c = write_many(sizes[k]);
		struct post_block b;
		uint32_t at = 0;

		for (size_t i = 0; i < c->n; i++) {
			struct post_reader r;

			assert_true(c->v[i].n <= POST_CHUNK + 16);
			assert_true(post_open(&r, slice_of(c->v[i].p, c->v[i].n), c->v[i].first));
			assert_int_equal(r.df, i == 0 ? sizes[k] : 0);
			while (post_head(&r)) {
				const uint8_t *p;
				assert_true(post_decode(&r, &b));
				p = (const uint8_t *)b.places.p;
				for (unsigned j = 0; j < b.n; j++, at++) {
					assert_int_equal(b.docs[j], doc_no(at));
					assert_int_equal(b.weight[j], at % 200 > POST_WEIGHT_MAX ? POST_WEIGHT_MAX : at % 200);
					assert_int_equal(b.fields[j], at % 3 == 0 ? 1 : 1u << 2 | 1u << 9);
					assert_int_equal(p[2], at % 100);
					assert_true(post_skip_places(&p, (const uint8_t *)b.places.p + b.places.n, b.fields[j]));
				}
				assert_ptr_equal(p, b.places.p + b.places.n);
			}
			assert_false(r.bad);
		}
		assert_int_equal(at, sizes[k]);
		drop(c);
	}
}

/* Stored bytes that a failing disk changed must not lead outside of them. */
static void damaged_chunks_are_refused_or_read_within_their_bytes(void **state)
{
	struct chunks *c = write_many(300);
	uint64_t seed = 88172645463325252u;

	for (unsigned round = 0; round < 20000; round++) {
		struct chunk *k = &c->v[round % c->n];
		struct post_reader r;
		struct post_block b;
		char *p;
		size_t n;

		seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
		n = round % 2 ? k->n : 1 + seed % k->n;
		p = malloc(n);
		memcpy(p, k->p, n);
		p[(seed >> 20) % n] = (char)(seed >> 50);
		p[(seed >> 30) % n % 12] = (char)(seed >> 40);
		post_open(&r, slice_of(p, n), k->first);
		while (post_head(&r) && post_decode(&r, &b)) {
			const uint8_t *q = (const uint8_t *)b.places.p, *end = q + b.places.n;
			for (unsigned i = 0; i < b.n && post_skip_places(&q, end, b.fields[i]); i++)
				assert_true(q <= end && (i == 0 || b.docs[i] > b.docs[i - 1]));
		}
		free(p);
	}
	drop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(damaged_chunks_are_refused_or_read_within_their_bytes),
	};
	return cmocka_run_group_tests_name("postings", tests, NULL, NULL);
}
