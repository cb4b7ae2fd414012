// A second thread puts /dev/null in the place of each new descriptor as soon as
// it is there, before open has returned. It wins once in a thousand.
#include "race.h"

enum { N = 4000 };
static _Atomic int done;
static int null, next;

static void *replace(void *unused)
{
	while (!done)
		if (fcntl(next, F_GETFD) >= 0)
			dup3(null, next, O_CLOEXEC);
	return unused;
}

int main(void)
{
	char name[32];
	struct stat st, dev;
	int replaced = 0;
	race_files(N, "a-%d", "b-%d");
	null = ok(open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
	ok(fstat(null, &dev), "fstat");
	next = null + 1;
	pthread_t t = thread(replace, NULL);
	for (int i = 0; i < 2 * N && !(replaced && race_over()); i++) {
		snprintf(name, sizeof name, "%c-%d", "ab"[i % 2], i / 2);
		int fd = ok(open(name, O_RDONLY | O_CLOEXEC), name);
		ok(fstat(fd, &st), "fstat");
		replaced += st.st_ino == dev.st_ino && st.st_dev == dev.st_dev;
		race_seen[i % 2][i / 2] = 1;
		while (close(fd) == 0 && fcntl(next, F_GETFD) >= 0)
			fd = next;
	}
	done = 1;
	pthread_join(t, NULL);
	if (replaced == 0)
		errno = 0, refused("no descriptor was replaced");
	fprintf(stderr, "%d of %d were replaced by the time of fstat\n", replaced, 2 * N);
	race_truth("a-%d", "b-%d", 0);
	return 0;
}
