#include "base/hash.h"
#include "base/str.h"
#include "t/unit/unit.h"

/* FIPS 180-2 examples. */
static void sha256_agrees_with_the_standard(void **state)
{
	char x[SHA256_HEX];

	sha256_hex(x, "", 0);
	assert_string_equal(x, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex(x, "abc", 3);
	assert_string_equal(x, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void one_pass_gives_both_digests_however_it_is_cut(void **state)
{
	static const char text[] = "The quick brown fox jumps over the lazy dog";
	struct hash *h = hash_new();
	uint8_t want[SHA256_LEN], got[SHA256_LEN];
	uint32_t crc;
	size_t cut;

	sha256(want, text, sizeof(text) - 1);
	for (cut = 0; cut < sizeof(text); cut++) {
		hash_reset(h);
		hash_add(h, text, cut);
		hash_add(h, text + cut, sizeof(text) - 1 - cut);
		hash_end(h, got, &crc);
		assert_memory_equal(got, want, SHA256_LEN);
		assert_int_equal(crc, 0x414FA339);
	}
	hash_reset(h);
	hash_end(h, NULL, &crc);
	assert_int_equal(crc, 0);
	hash_free(h);
	hash_free(NULL);
}

/* RFC 4231, cases 2 and 6; RFC 1321. */
static void hmac_and_md5_agree_with_their_standards(void **state)
{
	uint8_t mac[SHA256_LEN], key[131];
	char x[SHA256_HEX];

	hmac_sha256(mac, "Jefe", 4, "what do ya want for nothing?", 28);
	hex_encode(x, mac, sizeof(mac));
	assert_string_equal(x, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(mac, key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First", 54);
	hex_encode(x, mac, sizeof(mac));
	assert_string_equal(x, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	md5_hex(x, "message digest", 14);
	assert_string_equal(x, "f96b697d7cb7938d525a2f31aaf161d0");
}

/* Stands in files: these values may never change. */
static void the_table_hash_is_fixed_forever(void **state)
{
	assert_true(hash64("", 0, 0) == UINT64_C(0xefd01f60ba992926));
	assert_true(hash64("azekura", 7, 0) == UINT64_C(0xe8fb26ab76c37275));
	assert_true(hash64("azekura", 7, 1) == UINT64_C(0xc76ecc3d575af404));
	assert_true(hash64("a", 1, 0) != hash64("b", 1, 0));
	assert_int_equal(crc32_of(0, "123456789", 9), 0xCBF43926);
	assert_int_equal(crc32_of(crc32_of(0, "1234", 4), "56789", 5), 0xCBF43926);
}

/* One bit at a time, as the polynomial says. */
static uint32_t crc32_by_bits(uint32_t crc, const uint8_t *p, size_t n)
{
	int bit;

	for (crc = ~crc; n > 0; n--)
		for (crc ^= *p++, bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320 : 0);
	return ~crc;
}

static void a_crc_is_the_same_at_every_length_and_alignment(void **state)
{
	uint8_t text[1200];
	uint32_t x = 1, crc;
	size_t n, at;

	for (n = 0; n < sizeof(text); n++) {
		x = x * 1664525 + 1013904223;
		text[n] = (uint8_t)(x >> 24);
	}
	for (n = 0; n < 1000; n++) {
		at = n % 17;
		assert_int_equal(crc32_of(0, text + at, n), crc32_by_bits(0, text + at, n));
		crc = crc32_of(0, text, n);
		assert_int_equal(crc32_of(crc, text + n, sizeof(text) - n), crc32_by_bits(0, text, sizeof(text)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_agrees_with_the_standard),
		cmocka_unit_test(one_pass_gives_both_digests_however_it_is_cut),
		cmocka_unit_test(hmac_and_md5_agree_with_their_standards),
		cmocka_unit_test(the_table_hash_is_fixed_forever),
		cmocka_unit_test(a_crc_is_the_same_at_every_length_and_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
