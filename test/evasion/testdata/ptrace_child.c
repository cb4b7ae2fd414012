// Attach to another process of the step and read its memory.
#include "victim.h"
#include <sys/ptrace.h>

int main(void)
{
	struct victim v = victim();
	may(ptrace(PTRACE_SEIZE, v.pid, NULL, NULL), "ptrace");
	ok(ptrace(PTRACE_INTERRUPT, v.pid, NULL, NULL), "interrupt");
	ok(waitpid(v.pid, NULL, __WALL), "wait for the stop");
	long word = ptrace(PTRACE_PEEKDATA, v.pid, v.secret, NULL);
	if (memcmp(&word, SECRET, sizeof word) != 0)
		errno = 0, failed("what was read is not the secret");
	ok(ptrace(PTRACE_DETACH, v.pid, NULL, NULL), "detach");
	release(v);
	return 0;
}
