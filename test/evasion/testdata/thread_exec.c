// A thread that is not the first executes a program: it takes over the PID.
#include "trick.h"

static void *body(void *unused)
{
	ok(syscall(SYS_gettid) == getpid() ? -1 : 0, "be another thread");
	execl("./worker", "./worker", "inner", NULL);
	failed("exec");
	return unused;
}

int main(int argc, char **argv)
{
	if (inner(argc, argv))
		return 0;
	fact("pid", "%d", getpid());
	copy_self("worker", 0755);
	thread(body, NULL);
	for (;;)
		pause();
}
