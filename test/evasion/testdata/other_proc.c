// Files of another process in /proc. The argument is environ, maps or mem.
#include "victim.h"

int main(int argc, char **argv)
{
	char name[64], buf[4096] = "";
	struct victim v = victim();
	snprintf(name, sizeof name, "/proc/%d/%s", v.pid, argc > 1 ? argv[1] : "environ");
	int fd = may(open(name, O_RDONLY | O_CLOEXEC), name);
	if (strstr(name, "/mem")) {
		ok(pread(fd, buf, 64, (uintptr_t)v.secret), "read memory");
		if (strcmp(buf, SECRET) != 0)
			errno = 0, failed("what was read is not the secret");
	} else if (ok(read(fd, buf, sizeof buf), name) == 0 && !strstr(name, "environ")) {
		errno = 0, failed("it is empty");
	}
	release(v);
	return 0;
}
