// The x32 entry: the 64-bit numbers with bit 30 set.
#include "trick.h"

int main(void)
{
#ifndef __x86_64__
	errno = ENOSYS, refused("x32");
#else
	is_secret(may(syscall(0x40000000 | SYS_openat, AT_FDCWD, "secret", O_RDONLY, 0), "openat of x32"));
	return 0;
#endif
}
