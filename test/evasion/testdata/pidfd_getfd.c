// A descriptor is taken out of another process, which opened the file.
#include "trick.h"

int main(void)
{
	int ready[2], stop[2];
	char c;
	ok(pipe2(ready, O_CLOEXEC) | pipe2(stop, O_CLOEXEC), "pipe");
	pid_t pid = ok(fork(), "fork");
	if (pid == 0) {
		close(stop[1]);
		int fd = open_secret("secret");
		ok(dup2(fd, 100), "dup2");
		ok(write(ready[1], "x", 1), "say so");
		_exit(read(stop[0], &c, 1) != 0);
	}
	ok(read(ready[0], &c, 1), "wait");
	int pidfd = may(syscall(SYS_pidfd_open, pid, 0), "pidfd_open");
	is_secret(may(syscall(SYS_pidfd_getfd, pidfd, 100, 0), "pidfd_getfd"));
	close(stop[1]);
	wait_for(pid);
	return 0;
}
