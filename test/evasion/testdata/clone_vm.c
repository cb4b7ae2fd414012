// A process (no thread) that shares memory and descriptors with its parent, and
// is given no signal to end with.
#include "spawn.h"

static char stack[1 << 16] __attribute__((aligned(16)));

static int body(void *unused)
{
	(void)unused;
	steal("secret");
}

int main(void)
{
	wait_for(ok(clone(body, stack + sizeof stack, CLONE_VM | CLONE_FILES | CLONE_FS, NULL), "clone"));
	return 0;
}
