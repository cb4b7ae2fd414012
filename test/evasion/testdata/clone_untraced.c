// CLONE_UNTRACED: a ptrace tracer gets no hold of the child.
#include "spawn.h"

int main(void)
{
	pid_t pid = ok(raw_clone(CLONE_UNTRACED | SIGCHLD), "clone");
	if (pid == 0)
		steal("secret");
	wait_for(pid);
	return 0;
}
