// The oldest calls: creat, and open by its own number.
#include "trick.h"

int main(void)
{
#ifndef SYS_creat
	errno = ENOSYS, refused("creat");
#else
	close(ok(syscall(SYS_creat, "made", 0644), "creat"));
	is_secret(ok(syscall(SYS_open, "secret", O_RDONLY), "open"));
	return 0;
#endif
}
