// The first thread has ended, and /proc/PID shows a zombie, when another works.
#include "trick.h"

static void *body(void *unused)
{
	char state = 0, stat[512] = "";
	while (state != 'Z') {
		int fd = ok(open("/proc/self/stat", O_RDONLY | O_CLOEXEC), "stat");
		ok(read(fd, stat, sizeof stat - 1), "read stat");
		close(fd);
		state = strrchr(stat, ')')[2];
	}
	is_secret(open_secret("secret"));
	_exit(0);
	return unused;
}

int main(void)
{
	thread(body, NULL);
	pthread_exit(NULL);
}
