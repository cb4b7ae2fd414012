// The child of a vfork works on its parent's memory and never executes anything.
#include "spawn.h"

int main(void)
{
	pid_t pid = vfork();
	if (pid == 0)
		steal("secret");
	wait_for(ok(pid, "vfork"));
	return 0;
}
