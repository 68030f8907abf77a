#include "t/fuzz/fuzz.h"

#include "base/hash.h"
#include "base/str.h"
#include "server/oai.h"

static const uint8_t secret[32] = { 1, 2, 3 };

/* A token that is read says exactly what it says when it is written again, and no other text stands for it. */
static bool try(struct slice text)
{
	struct buf again = BUF_INIT(4096);
	struct oai_token t;
	bool ok = oai_token_read(&t, text, secret);

	if (ok) {
		FUZZ_HOLDS(memchr(t.format, '\0', sizeof(t.format)) != NULL && memchr(t.set, '\0', sizeof(t.set)) != NULL);
		/* A text with a NUL inside ends there. */
		if (strlen(t.format) + strlen(t.set) + 68 == text.n / 4 * 3 + (text.n % 4 ? text.n % 4 - 1 : 0)) {
			FUZZ_HOLDS(oai_token_write(&again, &t, secret) == ST_OK);
			FUZZ_HOLDS(slice_eq(buf_slice(&again), text));
		}
	}
	buf_release(&again);
	return ok;
}

/* The fields of ${d} as somebody with the secret could send them: what follows the signature check is reached as well. */
static void try_signed(const uint8_t *d, size_t n)
{
	struct buf m = BUF_INIT(4096), b = BUF_INIT(4096), text = BUF_INIT(8192);
	uint8_t sum[SHA256_LEN];

	buf_adds(&m, "oai-token");
	buf_add(&m, d, n);
	hmac_sha256(sum, secret, sizeof(secret), m.p, m.n);
	buf_add(&b, d, n);
	buf_add(&b, sum, 16);
	FUZZ_HOLDS(base64url_encode(&text, b.p, b.n) == ST_OK);
	(void)try(buf_slice(&text));
	if (text.n > 0) {
		/* One bit more or less is another token. */
		text.p[n % text.n] = text.p[n % text.n] == 'x' ? 'y' : 'x';
		if (n % text.n + 1 < text.n)
			FUZZ_HOLDS(!try(buf_slice(&text)));
	}
	buf_release(&m);
	buf_release(&b);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	char *p = exact_copy(d, n);

	(void)try(slice_of(p, n));
	if (n <= 360)
		try_signed(d, n);
	free(p);
	return 0;
}
