// A kernel module that is none: the call is made, and the kernel says no.
#include "trick.h"

int main(void)
{
	if (syscall(SYS_init_module, "no module", 9, "") >= 0)
		errno = 0, failed("the kernel took it");
	if (errno == ENOSYS)
		refused("init_module");
	return 0;
}
