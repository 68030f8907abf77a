/* Packages of a real published version: what is announced is what comes, every byte accounted for, nothing that the caller may not read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "package/package.h"
#include "store/deposit.h"
#include "store/upload.h"
#include "t/unit/store/scratch.h"

#define RECORD "{\"identifiers\":[],\"titles\":[{\"value\":\"Sites\",\"lang\":\"en\"}],\"creators\":[{\"nameType\":\"Personal\",\"names\":[{\"value\":\"Joho, Taro\",\"lang\":\"en\"}]}]," \
	"\"publisher\":{\"names\":[{\"value\":\"Lab\",\"lang\":\"en\"}]},\"publicationYear\":2026,\"dates\":[{\"type\":\"Issued\",\"value\":\"2026-01-31\"}]," \
	"\"resourceType\":{\"coar\":\"http://purl.org/coar/resource_type/c_ddb1\"},\"accessRights\":{\"coar\":\"http://purl.org/coar/access_right/c_abf2\"}," \
	"\"rights\":[{\"spdx\":\"CC-BY-4.0\"}],\"descriptions\":[{\"value\":\"Two sites.\",\"lang\":\"en\",\"type\":\"Abstract\"}],\"languages\":[\"eng\"]}"
#define FACTS "{\"tables\":[{\"path\":\"data/site temps.csv\",\"encoding\":\"utf-8\",\"rows\":1,\"plain\":true,\"columns\":[{\"name\":\"id\",\"type\":\"integer\",\"missing\":0}," \
	"{\"name\":\"t\",\"type\":\"integer\",\"missing\":1,\"mean\":2.5,\"max\":3,\"unit\":\"K\"}]},{\"path\":\"secret.csv\",\"encoding\":\"utf-8\",\"rows\":1,\"plain\":true,\"columns\":[{\"name\":\"x\",\"type\":\"string\"}]}," \
	"{\"path\":\"sjis.csv\",\"encoding\":\"shift_jis\",\"rows\":1,\"plain\":false,\"columns\":[{\"name\":\"x\",\"type\":\"string\"}]}]}"

static struct schema *schema;
static struct repo *repo;
static struct rec rec;
static json_t *facts;

static const struct { const char *path, *text; } files[] = {
	{ "a.txt", "hello\n" }, { "data/site temps.csv", "id,t\n1,2\n" }, { "empty", "" }, { "ro-crate-metadata.json", "{\"mine\":1}" }, { "secret.csv", "x\n1\n" },
	{ "sjis.csv", "x\n1\n" }, { "\xE8\xAA\xAD\xE3\x82\x80%.txt", "percent\n" },
};
#define FILES (sizeof(files) / sizeof(*files))

static void put(const char *draft, const char *path, const char *text)
{
	struct upload_spec s = { .draft = draft, .path = slice_str(path), .size = (int64_t)strlen(text) };
	struct upload *u = NULL;
	struct err e = ERR_INIT;

	if (upload_begin(repo, &s, &u, &e) != ST_OK || upload_write(u, text, strlen(text), &e) != ST_OK || upload_end(u, NULL, &e) != ST_OK)
		fail_msg("%s: %s", path, e.text);
}

static int setup(void **state)
{
	const char *dir = getenv("AZEKURA_SCHEMA");
	struct repo_opts o = { .create = true };
	struct actor a = { 0, "test" };
	struct err e = ERR_INIT;
	char id[PID_LEN + 1], *data = NULL;
	json_t *doc = NULL;

	if (scratch_setup(state))
		return 1;
	data = fs_join(*state, "data");
	clock_set((int64_t)1790000000 * 1000000);
	if (schema_load(&schema, dir ? dir : "../schema", &e) != ST_OK || repo_open(&repo, data, schema, &o, &e) != ST_OK ||
	    json_load(&doc, SLICE(RECORD), &e) != ST_OK || json_load(&facts, SLICE(FACTS), &e) != ST_OK || deposit_new(repo, &a, doc, id, &e) != ST_OK)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < FILES; i++)
		put(id, files[i].path, files[i].text);
	if (deposit_file_set(repo, id, SLICE("secret.csv"), ACC_RESTRICTED, NULL, &e) != ST_OK || deposit_publish(repo, &a, id, NULL, NULL, &rec, &e) != ST_OK)
		fail_msg("%s", e.text);
	json_decref(doc);
	free(data);
	return 0;
}

static int teardown(void **state)
{
	rec_release(&rec);
	json_decref(facts);
	repo_close(repo);
	schema_drop(schema);
	return scratch_teardown(state);
}

static void pack(const char *kind, bool insider, struct buf *out)
{
	struct principal who = { .system = insider };
	struct package_ctx c = { repo, &rec, facts, "https://repo.example.jp", &who };
	struct body *b = NULL;
	struct err e = ERR_INIT;
	int64_t len = -1;
	st_t st = package_find(kind)->open(&c, &b, &len, &e);
	struct buf chunk = BUF_INIT(256 << 10);

	if (st != ST_OK)
		fail_msg("%s: %s", kind, e.text);
	while (st == ST_OK) {
		buf_clear(&chunk);
		st = b->pull(b, &chunk, &e);
		buf_addsl(out, buf_slice(&chunk));
	}
	b->stop(b);
	buf_release(&chunk);
	if (st != ST_EOF)
		fail_msg("%s: %s", kind, e.text);
	assert_int_equal(out->n, len);
}

static unsigned le(const char *p, int n)
{
	unsigned v = 0;

	while (n--)
		v = v << 8 | (uint8_t)p[n];
	return v;
}

/* A reader of its own: from the end record over the directory to the bytes, checking every number on the way. */
static bool entry(const struct buf *zip, const char *name, struct slice *bytes)
{
	const char *end = zip->p + zip->n - 22, *p = NULL;
	unsigned n = le(end + 10, 2);
	bool found = false;

	assert_int_equal(le(end, 4), 0x06054b50);
	p = zip->p + le(end + 16, 4);
	assert_ptr_equal(p + le(end + 12, 4), end);
	for (; n; n--) {
		unsigned namelen = le(p + 28, 2), size = le(p + 24, 4);
		const char *local = zip->p + le(p + 42, 4), *data = local + 30 + namelen;

		assert_int_equal(le(p, 4), 0x02014b50);
		assert_int_equal(le(local, 4), 0x04034b50);
		assert_memory_equal(local + 4, p + 6, 26);
		assert_memory_equal(local + 30, p + 46, namelen);
		assert_int_equal(le(p + 8, 2), 0x0800);
		assert_int_equal(le(p + 16, 4), crc32_of(0, data, size));
		if (slice_eq_str(slice_of(p + 46, namelen), name)) {
			assert_false(found);
			found = true;
			*bytes = slice_of(data, size);
		}
		p += 46 + namelen;
	}
	return found;
}

static void a_zip_holds_all_files_and_announces_its_length(void **state)
{
	struct buf z = BUF_INIT(1 << 20);
	struct slice s;

	pack("zip", true, &z);
	for (size_t i = 0; i < FILES; i++) {
		assert_true(entry(&z, files[i].path, &s));
		assert_true(slice_eq_str(s, files[i].text));
	}
	assert_false(entry(&z, "FILES-NOT-INCLUDED.txt", &s));
	buf_release(&z);
}

static void the_same_version_gives_the_same_bytes(void **state)
{
	for (size_t i = 0; package_at(i); i++) {
		struct buf a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);

		pack(package_at(i)->name, true, &a);
		clock_set((int64_t)1800000000 * 1000000);
		pack(package_at(i)->name, true, &b);
		clock_set((int64_t)1790000000 * 1000000);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.p, b.p, a.n);
		buf_release(&a);
		buf_release(&b);
	}
}

static void what_the_caller_may_not_read_is_left_out_and_named(void **state)
{
	struct buf z = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20), c = BUF_INIT(1 << 20);
	struct slice s;
	char name[100];

	pack("zip", false, &z);
	assert_false(entry(&z, "secret.csv", &s));
	assert_true(entry(&z, "FILES-NOT-INCLUDED.txt", &s));
	assert_non_null(memmem(s.p, s.n, "secret.csv\trestricted", 21));
	pack("bagit", false, &b);
	snprintf(name, sizeof(name), "%s/data/secret.csv", rec.id);
	assert_false(entry(&b, name, &s));
	pack("croissant", false, &c);
	assert_null(memmem(c.p, c.n, "secret.csv", 10));
	assert_null(memmem(c.p, c.n, "\"secret\"", 8));
	buf_release(&z);
	buf_release(&b);
	buf_release(&c);
}

static struct slice in_bag(const struct buf *z, const char *name)
{
	struct slice s = SLICE_NULL;
	char full[1200];

	snprintf(full, sizeof(full), "%s/%s", rec.id, name);
	if (!entry(z, full, &s))
		fail_msg("%s is not in the bag", full);
	return s;
}

/* Every line's digest is that of the entry it names; returns the number of lines. */
static unsigned manifest_holds(const struct buf *z, const char *name)
{
	struct slice m = in_bag(z, name);
	unsigned n = 0;

	while (m.n) {
		struct slice line = slice_cut(&m, '\n');
		char hex[SHA256_HEX], path[1100];
		struct slice s;

		assert_true(line.n > 66 && line.p[64] == ' ' && line.p[65] == ' ');
		snprintf(path, sizeof(path), "%.*s", (int)(line.n - 66), line.p + 66);
		if (strstr(path, "%25"))
			memmove(strstr(path, "%25") + 1, strstr(path, "%25") + 3, strlen(strstr(path, "%25") + 3) + 1);
		s = in_bag(z, path);
		sha256_hex(hex, s.p, s.n);
		assert_memory_equal(hex, line.p, 64);
		n++;
	}
	return n;
}

static void a_bag_lists_every_payload_file_once_with_its_digest(void **state)
{
	struct buf z = BUF_INIT(1 << 20);
	struct slice s;

	pack("bagit", true, &z);
	assert_true(slice_eq_str(in_bag(&z, "bagit.txt"), "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"));
	assert_int_equal(manifest_holds(&z, "manifest-sha256.txt"), FILES);
	assert_int_equal(manifest_holds(&z, "tagmanifest-sha256.txt"), 3);
	s = in_bag(&z, "bag-info.txt");
	assert_non_null(memmem(s.p, s.n, "Payload-Oxum: 41.7\n", 19));
	s = in_bag(&z, "data/ro-crate-metadata.json");
	assert_true(slice_eq_str(s, "{\"mine\":1}"));	/* what was deposited stays */
	buf_release(&z);
}

static const json_t *with_id(const json_t *graph, const char *id)
{
	const json_t *n = NULL;
	size_t i = 0;

	json_array_foreach(graph, i, n)
		if (!strcmp(json_text(n, "@id"), id))
			return n;
	return NULL;
}

static void a_crate_describes_each_file_that_is_in_it(void **state)
{
	struct buf z = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	struct slice s, f;
	json_t *doc = NULL;
	const json_t *graph = NULL, *root = NULL;

	pack("ro-crate", true, &z);
	assert_true(entry(&z, "ro-crate-metadata.json", &s));
	assert_int_equal(json_load(&doc, s, &e), ST_OK);
	graph = json_object_get(doc, "@graph");
	root = with_id(graph, "./");
	assert_int_equal(json_array_size(json_object_get(root, "hasPart")), FILES);
	assert_non_null(with_id(graph, "data/site%20temps.csv"));
	assert_non_null(with_id(graph, "%E8%AA%AD%E3%82%80%25.txt"));
	assert_non_null(with_id(graph, "deposited-ro-crate-metadata.json"));
	assert_true(entry(&z, "deposited-ro-crate-metadata.json", &f));
	assert_string_equal(json_text(with_id(graph, "a.txt"), "contentSize"), "6");
	json_decref(doc);
	buf_release(&z);
}

static void croissant_gives_record_sets_only_to_tables_that_load(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	json_t *doc = NULL;

	pack("croissant", true, &b);
	assert_int_equal(json_load(&doc, buf_slice(&b), &e), ST_OK);
	assert_int_equal(json_array_size(json_object_get(doc, "distribution")), FILES);
	assert_int_equal(json_array_size(json_object_get(doc, "recordSet")), 2);	/* not the one in Shift_JIS */
	assert_string_equal(json_text(json_at(doc, "recordSet[0]"), "@id"), "site_temps");
	assert_string_equal(json_text(json_at(doc, "recordSet[0].field[0]"), "dataType"), "cr:Int64");
	assert_string_equal(json_text(json_at(doc, "recordSet[0].field[1]"), "dataType"), "cr:Float64");	/* an integer with gaps */
	assert_string_equal(json_text(doc, "version"), "1.0.0");
	assert_string_equal(json_text(doc, "license"), "https://spdx.org/licenses/CC-BY-4.0.html");
	assert_string_equal(json_text(doc, "datePublished"), "2026-01-31");
	json_decref(doc);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zip_holds_all_files_and_announces_its_length),
		cmocka_unit_test(the_same_version_gives_the_same_bytes),
		cmocka_unit_test(what_the_caller_may_not_read_is_left_out_and_named),
		cmocka_unit_test(a_bag_lists_every_payload_file_once_with_its_digest),
		cmocka_unit_test(a_crate_describes_each_file_that_is_in_it),
		cmocka_unit_test(croissant_gives_record_sets_only_to_tables_that_load),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
