// A second thread flips one letter of the name while the kernel reads it.
#include "race.h"

enum { N = 2000 };
static char name[32];
static _Atomic int done;
static _Atomic unsigned flips;

static void *flip(void *unused)
{
	volatile char *first = name;
	while (!done) {
		*first ^= 'a' ^ 'b';
		flips++;
	}
	return unused;
}

int main(void)
{
	race_files(N, "a-%d", "b-%d");
	name[0] = 'a', name[1] = '-';
	pthread_t t = thread(flip, NULL);
	for (int i = 0; i < N && !race_over(); i++) {
		snprintf(name + 2, sizeof name - 2, "%d", i);
		for (unsigned last = flips; flips == last;)
			sched_yield();
		int fd = ok(syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC), "open");
		race_got(fd, i);
		close(fd);
	}
	done = 1;
	pthread_join(t, NULL);
	race_truth("a-%d", "b-%d", 0);
	return 0;
}
