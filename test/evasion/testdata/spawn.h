// Children by clone and clone3, with flags that fork does not set.
#include "trick.h"
#include <linux/sched.h>

// raw_clone makes a child that shares nothing but what flags say, on a copy of
// our stack. It returns like fork.
static UNUSED pid_t raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, 0, NULL, NULL, 0);
}

// steal is what the child does.
static UNUSED _Noreturn void steal(const char *name)
{
	is_secret(open_secret(name));
	_exit(0);
}
