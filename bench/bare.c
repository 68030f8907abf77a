/*
 * What the machine can do without a server: the peers of figures that measure storage. Each prints a rate.
 *
 *	bare sha FILE			EVP SHA-256 over FILE, bytes/s (read once before, so that no disk is measured)
 *	bare write FILE COPY		FILE written to COPY with fsync of both it and its folder, bytes/s
 *	bare objects FROM TO THREADS	OCFL objects under FROM (folders that hold inventory.json) written anew under TO: every file and
 *					folder fsynced, an object at a time in each thread; objects/s
 */

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"

#include <openssl/evp.h>

#define PIECE ((size_t)1 << 20)

static void die(const char *what, const char *which)
{
	fprintf(stderr, "bare: %s '%s'\n", what, which);
	exit(1);
}

static double rate(double n, int64_t t0)
{
	return n / ((double)(clock_mono_us() - t0) / 1e6);
}

static uint64_t through(const char *file, EVP_MD_CTX *md, int to)
{
	char *b = malloc(PIECE);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	uint64_t sum = 0;
	ssize_t got;

	if (fd < 0 || b == NULL)
		die("cannot open", file);
	while ((got = read(fd, b, PIECE)) > 0) {
		if (md != NULL)
			EVP_DigestUpdate(md, b, (size_t)got);
		if (to >= 0 && fs_write_all(to, b, (size_t)got, NULL) != ST_OK)
			die("cannot copy", file);
		sum += (uint64_t)got;
	}
	close(fd);
	free(b);
	return sum;
}

static void sha(const char *file)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char out[EVP_MAX_MD_SIZE];
	uint64_t n;
	int64_t t0;

	through(file, NULL, -1);
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	t0 = clock_mono_us();
	n = through(file, md, -1);
	EVP_DigestFinal_ex(md, out, NULL);
	printf("%.0f\n", rate((double)n, t0));
	EVP_MD_CTX_free(md);
}

static void copy(const char *file, const char *to)
{
	int64_t t0;
	uint64_t n;
	int fd;

	through(file, NULL, -1);
	t0 = clock_mono_us();
	if ((fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
		die("cannot make", to);
	n = through(file, NULL, fd);
	if (fsync(fd) != 0 || fs_sync_parent(to, NULL) != ST_OK)
		die("cannot sync", to);
	printf("%.0f\n", rate((double)n, t0));
	close(fd);
	unlink(to);
}

/* ---- objects ---- */

struct file { char *rel; struct buf bytes; };
struct object { char *rel; VEC(struct file) files; VEC(char *) dirs; };

static VEC(struct object) objects = VEC_INIT;
static const char *target;
static unsigned next_object;

static st_t find_object(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct object o = { .rel = NULL };
	struct slice dir = slice_of(rel, strlen(rel));

	/* The root inventory has its declaration beside it; those in version folders have not. */
	if (kind != FS_FILE || !slice_ends(dir, "/0=ocfl_object_1.1"))
		return ST_OK;
	o.rel = slice_dup(slice_of(rel, dir.n - strlen("/0=ocfl_object_1.1")));
	return VEC_PUSH(&objects, o);
}

static st_t take(void *ctx, const char *path, const char *rel, enum fs_kind kind, uint64_t size, struct err *e)
{
	struct object *o = ctx;
	struct file f = { .rel = slice_dup(slice_str(rel)) };

	if (kind == FS_DIR)
		return VEC_PUSH(&o->dirs, f.rel);
	buf_init(&f.bytes, BUF_NOMAX);
	if (fs_read_file(path, &f.bytes, NULL) != ST_OK)
		die("cannot read", path);
	return VEC_PUSH(&o->files, f);
}

static char *join3(const char *a, const char *b, const char *c)
{
	struct buf p = BUF_INIT(8192);

	buf_addf(&p, "%s/%s%s%s", a, b, *c ? "/" : "", c);
	return buf_take(&p, NULL);
}

static void write_object(const struct object *o)
{
	char *root = join3(target, o->rel, ""), *p;
	size_t i;
	int fd;

	if (fs_mkdirs(root, 0755, NULL) != ST_OK)
		die("cannot make", root);
	for (i = 0; i < o->files.n; i++) {
		const struct file *f = &o->files.v[i];

		p = join3(target, o->rel, f->rel);
		if (strchr(f->rel, '/') != NULL) {
			char *dir = slice_dup(slice_of(p, (size_t)(strrchr(p, '/') - p)));

			if (fs_mkdirs(dir, 0755, NULL) != ST_OK)
				die("cannot make", dir);
			free(dir);
		}
		if ((fd = open(p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) < 0 || fs_write_all(fd, f->bytes.p, f->bytes.n, NULL) != ST_OK || fsync(fd) != 0)
			die("cannot write", p);
		close(fd);
		free(p);
	}
	for (i = 0; i < o->dirs.n; i++) {
		p = join3(target, o->rel, o->dirs.v[i]);
		if (fs_sync_dir(p, NULL) != ST_OK)
			die("cannot sync", p);
		free(p);
	}
	if (fs_sync_dir(root, NULL) != ST_OK || fs_sync_parent(root, NULL) != ST_OK)
		die("cannot sync", root);
	free(root);
}

static void *write_objects(void *arg)
{
	unsigned i;

	while ((i = __atomic_fetch_add(&next_object, 1, __ATOMIC_RELAXED)) < objects.n)
		write_object(&objects.v[i]);
	return NULL;
}

static void copy_objects(const char *from, const char *to, unsigned threads)
{
	pthread_t *th = calloc(threads, sizeof(*th));
	int64_t t0;
	size_t i;

	if (fs_walk(from, find_object, NULL, NULL) != ST_OK || objects.n == 0)
		die("no objects under", from);
	for (i = 0; i < objects.n; i++) {
		char *p = fs_join(from, objects.v[i].rel);

		if (fs_walk(p, take, &objects.v[i], NULL) != ST_OK)
			die("cannot read", p);
		free(p);
	}
	target = to;
	t0 = clock_mono_us();
	for (i = 0; i < threads; i++)
		pthread_create(&th[i], NULL, write_objects, NULL);
	for (i = 0; i < threads; i++)
		pthread_join(th[i], NULL);
	printf("%.1f\n", rate((double)objects.n, t0));
	free(th);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "sha") == 0)
		sha(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "write") == 0)
		copy(argv[2], argv[3]);
	else if (argc == 5 && strcmp(argv[1], "objects") == 0)
		copy_objects(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	else
		die("usage: see bench/bare.c, not", argc > 1 ? argv[1] : "");
	return 0;
}
