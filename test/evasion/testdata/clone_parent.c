// CLONE_PARENT: the child is its parent's brother, and a pidfd says when it ended.
#include "spawn.h"
#include <poll.h>

int main(void)
{
	int fd = -1;
	pid_t middle = ok(fork(), "fork");
	if (middle == 0) {
		pid_t pid = ok(syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, 0, &fd, NULL, 0), "clone");
		if (pid == 0)
			steal("secret");
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ok(poll(&p, 1, -1), "poll");
		_exit(0);
	}
	wait_for(middle);
	wait_for(-1);
	return 0;
}
