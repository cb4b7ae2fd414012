// fork, setsid, fork: the grandchild has no parent but init when it works.
#include "spawn.h"

int main(void)
{
	int ends[2];
	char c;
	ok(pipe2(ends, O_CLOEXEC), "pipe");
	pid_t pid = ok(fork(), "fork");
	if (pid == 0) {
		ok(setsid(), "setsid");
		pid_t parent = getpid();
		if (ok(fork(), "fork") != 0)
			_exit(0);
		while (getppid() == parent)
			sched_yield();
		is_secret(open_secret("secret"));
		ok(write(ends[1], "x", 1), "say so");
		_exit(0);
	}
	close(ends[1]);
	wait_for(pid);
	return read(ends[0], &c, 1) != 1;
}
