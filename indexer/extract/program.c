#include "indexer/extract/program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

#define MEMORY		((rlim_t)512 << 20)
#define SECONDS		60

static const struct { const char *name, *path; const char *argv[8]; } programs[] = {
	{ "pdfinfo", "/usr/bin/pdfinfo", { "pdfinfo", "-enc", "UTF-8", "-isodates", "-", NULL } },
	{ "pdftotext", "/usr/bin/pdftotext", { "pdftotext", "-enc", "UTF-8", "-q", "-l", "100", "-", "-" } },
};

static const char *const readable[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/poppler", "/etc/ld.so.cache" };

static bool allow(int set, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr a = { .allowed_access = rights };
	bool ok;

	a.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (a.parent_fd < 0)
		return true;		/* not there: nothing to be read */
	ok = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &a, 0u) == 0;
	close(a.parent_fd);
	return ok;
}

static bool close_files(const char *program)
{
	struct landlock_ruleset_attr attr = { 0 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
	uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE, exec = read_file | LANDLOCK_ACCESS_FS_EXECUTE;
	size_t i;
	int set;
	bool ok = true;

	if (abi < 1)
		return false;
	attr.handled_access_fs = ((uint64_t)1 << (abi >= 3 ? 15 : abi >= 2 ? 14 : 13)) - 1;
	if ((set = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u)) < 0)
		return false;
	for (i = 0; i < sizeof(readable) / sizeof(readable[0]) && ok; i++)
		/* The loader below /lib is started by the kernel, which wants the right to execute it. A rule on a file takes no rights of folders. */
		ok = allow(set, readable[i], i < 4 ? exec | LANDLOCK_ACCESS_FS_READ_DIR : i == 4 ? read_file | LANDLOCK_ACCESS_FS_READ_DIR : read_file);
	ok = ok && allow(set, program, exec) && syscall(SYS_landlock_restrict_self, set, 0u) == 0;
	close(set);
	return ok;
}

static bool close_limits(void)
{
	static const struct { int what; rlim_t n; } limits[] = {
		{ RLIMIT_AS, MEMORY }, { RLIMIT_CPU, SECONDS }, { RLIMIT_CORE, 0 }, { RLIMIT_NPROC, 0 }, { RLIMIT_FSIZE, 0 }, { RLIMIT_NOFILE, 64 },
	};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit r = { limits[i].n, limits[i].n };

		if (setrlimit(limits[i].what, &r) != 0)
			return false;
	}
	return true;
}

static bool close_calls(void)
{
	/* What a program needs to be loaded, to read and to compute. Files open for reading only; Landlock says which. */
	static const int allowed[] = {
		SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(brk), SCMP_SYS(mmap),
		SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fstat),
		SCMP_SYS(newfstatat), SCMP_SYS(access), SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
		SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(execve), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sysinfo), SCMP_SYS(sched_yield), SCMP_SYS(readlink),
		SCMP_SYS(uname), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getdents64),
	};
	static const int of_descriptors[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t i;
	int rc = ctx ? 0 : -1;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	/* Of itself only: the server runs as the same user, and a descriptor can be told to send it signals (F_SETOWN). abort() and getrlimit() need no more. */
	for (i = 0; i < sizeof(of_descriptors) / sizeof(of_descriptors[0]) && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)of_descriptors[i], 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0, 0));
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return rc == 0;
}

bool program_cell(const char *path)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && close_files(path) && close_limits() && close_calls();
}

int program_run(const char *name)
{
	static char *const environment[] = { (char *)"LC_ALL=C.UTF-8", (char *)"TZ=UTC", NULL };
	char *argv[9];
	size_t i, k;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(programs[i].name, name) == 0)
			break;
	if (i == sizeof(programs) / sizeof(programs[0]) || access(programs[i].path, X_OK) != 0)
		return 4;
	for (k = 0; k < 8; k++)
		argv[k] = (char *)programs[i].argv[k];
	argv[8] = NULL;
	if (!program_cell(programs[i].path))
		return 3;
	execve(programs[i].path, argv, environment);
	return 4;
}
