// One thread changes the folder while another opens by a relative name.
#include "race.h"

enum { N = 400 };
static _Atomic int done;
static _Atomic unsigned flips;
static int dirs[2];

static void *flip(void *unused)
{
	for (; !done; flips++)
		ok(fchdir(dirs[flips & 1]), "fchdir");
	return unused;
}

int main(void)
{
	char name[32];
	int home = ok(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open .");
	ok(mkdir("a", 0755) | mkdir("b", 0755), "mkdir");
	race_files(N, "a/f-%d", "b/f-%d");
	dirs[0] = ok(open("a", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open a");
	dirs[1] = ok(open("b", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open b");
	ok(fchdir(dirs[0]), "fchdir");
	pthread_t t = thread(flip, NULL);
	for (int i = 0; i < N && !race_over(); i++) {
		snprintf(name, sizeof name, "f-%d", i);
		for (unsigned last = flips; flips == last;)
			sched_yield();
		int fd = ok(open(name, O_RDONLY | O_CLOEXEC), name);
		race_got(fd, i);
		close(fd);
	}
	done = 1;
	pthread_join(t, NULL);
	ok(fchdir(home), "fchdir home");
	race_truth("a/f-%d", "b/f-%d", 0);
	return 0;
}
