// Relative to a folder that has moved since it was opened.
#include "trick.h"

int main(void)
{
	ok(mkdir("harmless", 0755), "mkdir");
	int dir = ok(open("harmless", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open the folder");
	ok(rename("secret", "harmless/secret"), "move the secret");
	ok(rename("harmless", "moved"), "move the folder");
	int fd = ok(openat(dir, "secret", O_RDONLY | O_CLOEXEC), "openat");
	is_secret(fd);
	return 0;
}
