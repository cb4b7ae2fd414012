// The name lies in a page that is mapped and not in memory, so that whoever
// looks before the kernel did finds nothing.
#include "trick.h"

int main(void)
{
	static char page[4096] = "secret";
	int fd = ok(open("page", O_RDWR | O_CREAT | O_CLOEXEC, 0644), "page");
	if (write(fd, page, sizeof page) != sizeof page)
		failed("write the page");
	char *name = mmap(NULL, sizeof page, PROT_READ, MAP_PRIVATE, fd, 0);
	if (name == MAP_FAILED)
		failed("mmap");
	is_secret(open_secret(name));
	return 0;
}
