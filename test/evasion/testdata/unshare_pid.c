// A PID namespace of its own: the child is number 1 there.
#include "spawn.h"

int main(void)
{
	may(unshare(CLONE_NEWPID), "unshare the PIDs");
	pid_t pid = ok(fork(), "fork");
	if (pid == 0) {
		if (getpid() != 1)
			errno = 0, failed("not the first");
		steal("secret");
	}
	fact("pid", "%d", pid);
	wait_for(pid);
	return 0;
}
