// A file that is written without a name and gets one when it is complete.
#include "trick.h"

int main(void)
{
	char name[64];
	int fd = may(open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644), "O_TMPFILE");
	if (write(fd, "evil\n", 5) != 5)
		failed("write");
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	may(linkat(AT_FDCWD, name, AT_FDCWD, "dropped", AT_SYMLINK_FOLLOW), "linkat");
	ok(access("dropped", F_OK), "dropped");
	return 0;
}
