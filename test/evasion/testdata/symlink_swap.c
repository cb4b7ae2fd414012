// A symbolic link that another thread points now here, now there. What is
// opened is decided between the sensor's look and the kernel's.
#include "race.h"

enum { N = 400 };
static _Atomic int current, done;
static _Atomic unsigned flips;

static void *flip(void *unused)
{
	char to[32], tmp[] = "link.tmp";
	for (; !done; flips++) {
		snprintf(to, sizeof to, "%c-%d", "ab"[flips & 1], (int)current);
		ok(symlink(to, tmp), "symlink");
		ok(rename(tmp, "link"), "rename the link");
	}
	return unused;
}

int main(void)
{
	race_files(N, "a-%d", "b-%d");
	ok(symlink("a-0", "link"), "symlink");
	pthread_t t = thread(flip, NULL);
	for (int i = 0; i < N && !race_over(); i++) {
		current = i;
		for (int tries = 0; tries < 3; tries++) {
			for (unsigned last = flips; flips == last;)
				sched_yield();
			int fd = ok(open("link", O_RDONLY | O_CLOEXEC), "open the link");
			race_got(fd, i);
			close(fd);
		}
	}
	done = 1;
	pthread_join(t, NULL);
	race_truth("a-%d", "b-%d", 0);
	return 0;
}
