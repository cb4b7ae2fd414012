// A file is replaced without being opened for writing.
#include "trick.h"

int main(void)
{
	int fd = ok(open("evil", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), "evil");
	if (write(fd, "evil\n", 5) != 5)
		failed("write");
	ok(rename("evil", "decoy"), "rename over");
	return 0;
}
