/*
 * The cell. Order matters: descriptors first, then limits, then no_new_privs, Landlock (which needs it), and seccomp last,
 * because it forbids all that came before. Landlock and rlimits are the second wall behind seccomp: should a call slip
 * through its list, there is still no file it could name.
 */

#include "indexer/extract/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPU_SECONDS	(6 * 3600)	/* the parent's deadlines are far shorter: this is for orphans */

static void close_others(void)
{
	int fd;

	if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
		return;
	for (fd = 3; fd < 65536; fd++)
		close(fd);
}

static bool limit(int what, rlim_t n)
{
	struct rlimit r = { n, n };

	return setrlimit(what, &r) == 0;
}

static bool enter_rlimits(unsigned long memory, bool *memory_held)
{
	struct rlimit r = { CPU_SECONDS, CPU_SECONDS };
	bool ok = true;

	ok &= setrlimit(RLIMIT_CPU, &r) == 0;
	ok &= limit(RLIMIT_CORE, 0);
	ok &= limit(RLIMIT_NPROC, 0);
	ok &= limit(RLIMIT_FSIZE, 0);
	ok &= limit(RLIMIT_NOFILE, 4);	/* the fourth is the file that the parent hands over */
	ok &= limit(RLIMIT_MEMLOCK, 0);
	if (memory) {
		/* The parent may lower the soft limit for one file and raise it again: the hard one stays. */
		r.rlim_cur = r.rlim_max = memory;
		*memory_held = setrlimit(RLIMIT_AS, &r) == 0;
		ok &= *memory_held;
	}
	return ok;
}

static bool enter_landlock(void)
{
	struct landlock_ruleset_attr attr = { 0 };
	long abi, fd;
	bool ok;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
	if (abi < 1)
		return false;
	/* Every access to files that this kernel's version knows (13 kinds in the first, refer and truncate later), and no rule that allows any. */
	attr.handled_access_fs = ((uint64_t)1 << (abi >= 3 ? 15 : abi >= 2 ? 14 : 13)) - 1;
	fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u);
	if (fd < 0)
		return false;
	ok = syscall(SYS_landlock_restrict_self, (int)fd, 0u) == 0;
	close((int)fd);
	return ok;
}

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvmsg), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
	SCMP_SYS(getrusage), SCMP_SYS(alarm), SCMP_SYS(setitimer), SCMP_SYS(sched_yield), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(fstat), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(tgkill), SCMP_SYS(rt_sigaction), SCMP_SYS(lseek), SCMP_SYS(rseq),
};

/* No honest parser asks for these: whoever does is no longer running our code. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(socket), SCMP_SYS(socketpair),
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kill), SCMP_SYS(tkill),
	SCMP_SYS(mount), SCMP_SYS(bpf), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open),
	SCMP_SYS(keyctl), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(memfd_create), SCMP_SYS(pidfd_open),
};

static st_t enter_seccomp(struct err *e)
{
	scmp_filter_ctx ctx;
	size_t i;
	int rc = 0;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return err_set(e, ST_UNSUPPORTED, "no seccomp filter can be made");
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0; i++) {
		if (allowed[i] == SCMP_SYS(mmap))
			/* Memory only, and never executable: there is no file to map anyway. */
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0));
		else if (allowed[i] == SCMP_SYS(tgkill))
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));	/* abort() */
		else
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	}
	/* mprotect without execution: malloc's arenas need it. */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]) && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? ST_OK : err_set(e, ST_UNSUPPORTED, "the kernel refuses the seccomp filter (error %d)", -rc);
}

st_t sandbox_enter(unsigned long memory, struct sandbox *out, struct err *e)
{
	st_t st;

	*out = (struct sandbox){ 0 };
	close_others();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, "no_new_privs");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	out->landlock = enter_landlock();
	out->rlimits = enter_rlimits(memory, &out->memory);
	if ((st = enter_seccomp(e)) == ST_OK)
		out->seccomp = true;
	return st;
}
