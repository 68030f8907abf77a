/* Stands in for azekura-extract where a test needs one that misbehaves on command: the file's bytes say how. */

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"

extern char **environ;

static void answer(const char *json)
{
	if (frame_write(1, 'J', json, strlen(json), NULL) != ST_OK)
		_exit(1);
}

static void look(void)
{
	char out[200];
	int fds = 0, env = 0;
	DIR *d = opendir("/proc/self/fd");

	while (d && readdir(d))
		fds++;
	while (environ[env])
		env++;
	/* Without ".", "..", and the folder's own descriptor. */
	snprintf(out, sizeof(out), "{\"extractor\":\"none\",\"status\":\"ok\",\"environment\":%d,\"descriptors\":%d}", env, fds - 3);
	answer(out);
}

static void much(void)
{
	static char big[200000];

	memset(big, ' ', sizeof(big));
	memcpy(big, "{}", 2);
	if (frame_write(1, 'J', big, sizeof(big), NULL) != ST_OK)
		_exit(1);
}

static void obey(struct slice what)
{
	if (slice_eq_str(what, "crash"))
		raise(SIGABRT);
	else if (slice_eq_str(what, "sleep"))
		poll(NULL, 0, 60000);
	else if (slice_eq_str(what, "noise")) {
		if (write(1, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9) != 9)
			_exit(1);
	} else if (slice_eq_str(what, "noframe")) {
		if (write(1, "J\0\0\0\0\0\0\x10{", 9) == 9)
			_exit(0);
	} else if (slice_eq_str(what, "early-exit"))
		_exit(0);
	else if (slice_eq_str(what, "notjson"))
		answer("{\"extractor\":");
	else if (slice_eq_str(what, "much"))
		much();
	else if (slice_eq_str(what, "look"))
		look();
	else
		answer("{\"extractor\":\"none\",\"status\":\"ok\"}");
}

int main(void)
{
	union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	char in[8 + 2048], what[100];
	struct iovec v = { in, sizeof(in) };
	ssize_t n;
	int fd;

	if (frame_write(1, 'H', "\1\0", 2, NULL) != ST_OK)
		return 1;
	for (;;) {
		struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

		if (recvmsg(0, &m, 0) <= 0 || CMSG_FIRSTHDR(&m) == NULL)
			return 0;
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
		n = pread(fd, what, sizeof(what), 0);
		close(fd);
		obey(slice_of(what, n < 0 ? 0 : (size_t)n));
	}
}
