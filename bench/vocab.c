/*
 * Suggestions from a loaded vocabulary, in this process:   vocab DIR NAME   (a catalogue/ that nobody serves). Prints "p50 p99 max slowest" in milliseconds,
 * then the slowest word by the median of its rounds, which what else the machine does hardly touches.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/fs.h"
#include "store/cat_int.h"
#include "store/vocabs.h"

#define ROUNDS	20

/* As people type: letter by letter, in both languages, common words and rare ones, words in another order, and what is not there. */
static const char *const typed[] = { "u", "un", "uni", "univ", "university", "university of", "university of ka", "n", "nat", "national", "national k", "inst", "institute", "institute of tech",
	"technology", "center", "center for", "hospital", "kyoto", "tokyo", "ministry", "col", "college", "found", "foundation", "lab", "kashi", "grenval", "mün", "mun", "大", "大学", "京都", "東京大学",
	"研究所", "国立", "病院", "センター", "札幌", "工業研究所", "農業", "エネルギー", "エネ", "shita university", "university shi", "science na", "of of", "xyzzy", "q", "zz", "ror", "00", "05" };

static int by_number(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	struct kv_opts o = { .map_size = 1 << 20, .map_max = (size_t)1 << 40 };
	static double ms[ROUNDS * sizeof(typed) / sizeof(typed[0])];
	static double of_word[sizeof(typed) / sizeof(typed[0])][ROUNDS];
	double worst = 0;
	const char *worst_word = "";
	struct err e = ERR_INIT;
	struct kv *kv = NULL;
	size_t n = 0, hits = 0, i, r;
	uint32_t out[25];

	if (argc == 3 && strcmp(argv[1], "--words") == 0) {
		for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
			puts(typed[i]);
		return 0;
	}
	if (argc != 3 || kv_open(&kv, argv[1], cat_specs, CAT_DB_COUNT, &o, &e) != ST_OK) {
		fprintf(stderr, "vocab DIR NAME: %s\n", e.text);
		return 2;
	}
	for (r = 0; r < ROUNDS; r++) {
		for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
			int64_t at = clock_mono_us();
			struct kv_txn t;
			size_t k, m;

			kv_read(kv, &t);
			m = vocabs_suggest(&t, vocabs_find(&t, slice_str(argv[2])), slice_str(typed[i]), out, 25);
			for (k = 0; k < m; k++)
				json_decref(vocabs_concept(&t, vocabs_find(&t, slice_str(argv[2])), out[k]));
			kv_end(&t, NULL);
			hits += m;
			ms[n++] = of_word[i][r] = (double)(clock_mono_us() - at) / 1000;
		}
	}
	qsort(ms, n, sizeof(ms[0]), by_number);
	for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		qsort(of_word[i], ROUNDS, sizeof(double), by_number);
		if (of_word[i][ROUNDS / 2] > worst) {
			worst = of_word[i][ROUNDS / 2];
			worst_word = typed[i];
		}
	}
	printf("%.3f %.3f %.3f %.3f\n# %zu questions, %zu answers, slowest '%s'\n", ms[n / 2], ms[n * 99 / 100], ms[n - 1], worst, n, hits, worst_word);
	kv_close(kv);
	return 0;
}
