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
	int fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0 && errno == ENOSYS)
		refused(name); // by the filter of a tracer that lost us
	is_secret(ok(fd, name));
	_exit(0);
}
