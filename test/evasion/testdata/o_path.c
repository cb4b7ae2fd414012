// A descriptor that cannot be read (O_PATH), opened again through /proc/self/fd.
#include "trick.h"

int main(void)
{
	char name[64];
	int fd = ok(open("secret", O_PATH | O_CLOEXEC), "open with O_PATH");
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	is_secret(open_secret(name));
	return 0;
}
