/*
 * Python pickles: programs that build objects, and can do anything else. They are told from other files and never opened; so are the zip files of
 * PyTorch (their first member is .../data.pkl) and what joblib writes.
 */

#include "indexer/extract/array_int.h"

static bool is_torch(const struct head *h)
{
	size_t n;

	if (h->n < 46 || memcmp(h->p, "PK\3\4", 4) != 0)
		return false;
	n = (size_t)h->p[26] | (size_t)h->p[27] << 8;
	return n >= 8 && 30 + n <= h->n && memcmp(h->p + 30 + n - 8, "data.pkl", 8) == 0;
}

/* PROTO, then an opcode that may follow (pickletools.py). */
static bool is_pickle(const struct head *h)
{
	static const char first[] = "(])}cXBKMJNGU\x8C\x8A\x8D\x95\x88\x89\x8E\x8F";

	return h->n >= 4 && h->p[0] == 0x80 && h->p[1] >= 2 && h->p[1] <= 5 && memchr(first, h->p[2], sizeof(first) - 1) != NULL;
}

/* The oldest protocol is text; only its name tells it from other text. */
static bool is_old_pickle(const struct head *h)
{
	return h->n >= 4 && (strcmp(h->ext, "pkl") == 0 || strcmp(h->ext, "pickle") == 0) && strchr("(c]}I", h->p[0]) != NULL && h->p[0] != 0;
}

static bool is_joblib(const struct head *h)
{
	return strcmp(h->ext, "joblib") == 0 && h->n >= 4 && (memcmp(h->p, "ZF", 2) == 0 || h->p[0] == 0x78 || memcmp(h->p, "\x1F\x8B", 2) == 0 || memcmp(h->p, "BZh", 3) == 0);
}

static st_t pickle_read(struct fact *f, const struct head *h, struct source *src)
{
	char version[16];

	fact_media(f, "application/x-python-pickle");
	if (is_torch(h) || (h->n > 3 && memcmp(h->p, "\x80\x02\x8A\x0A", 4) == 0)) {
		fact_format(f, "PyTorch", NULL, NULL);
		fact_put(f, fact_object(f, "model"), "framework", json_string("PyTorch"));
	} else if (is_joblib(h))
		fact_format(f, "joblib", NULL, NULL);
	else {
		snprintf(version, sizeof(version), "%u", h->p[0] == 0x80 ? h->p[1] : 0u);
		fact_format(f, "Python pickle", version, NULL);
	}
	fact_check(f, "pickle", true, "a pickle is a program that runs when it is opened: prefer safetensors, NumPy or HDF5, and open it only if you trust its author");
	fact_partial(f, "a pickle is a program, and is never opened here");
	return ST_OK;
}

static int pickle_bid(const struct head *h)
{
	return is_torch(h) ? 97 : is_pickle(h) ? 80 : is_joblib(h) ? 97 : is_old_pickle(h) ? 60 : 0;
}

const struct extractor ex_pickle = { .name = "pickle", .version = 1, .bid = pickle_bid, .read = pickle_read };
