// Own code is changed through /proc/self/mem, against its protection.
#include "trick.h"

static const volatile char text[] = "a constant\n";

int main(void)
{
	fact("pid", "%d", getpid());
	int fd = ok(open("/proc/self/mem", O_RDWR | O_CLOEXEC), "mem");
	may(pwrite(fd, SECRET, sizeof SECRET - 1, (uintptr_t)text), "write memory");
	return memcmp((const void *)text, SECRET, sizeof SECRET - 1) != 0;
}
