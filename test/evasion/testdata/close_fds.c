// All descriptors that might be somebody's are closed first.
#include "trick.h"

int main(void)
{
	for (int fd = 3; fd < 1000; fd++)
		close(fd);
	syscall(SYS_close_range, 3, ~0u, 0);
	is_secret(open_secret("secret"));
	return 0;
}
