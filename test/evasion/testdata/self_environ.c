// The step's own environment, by the name that malware uses.
#include "trick.h"

int main(void)
{
	char buf[64];
	fact("pid", "%d", getpid());
	int fd = ok(open("/proc/self/environ", O_RDONLY | O_CLOEXEC), "environ");
	ok(read(fd, buf, sizeof buf), "read it");
	return 0;
}
