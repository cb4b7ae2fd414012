// Another thread changes the name of the program while execve reads it.
#include "trick.h"

static char name[] = "./xorker";
static _Atomic int done;

static void *flip(void *unused)
{
	volatile char *letter = name + 2;
	while (!done)
		*letter ^= 'x' ^ 'w';
	return unused;
}

int main(int argc, char **argv)
{
	if (inner(argc, argv))
		return 0;
	int ran = 0;
	copy_self("worker", 0755);
	thread(flip, NULL);
	for (int i = 0; i < 40; i++) {
		int status;
		pid_t pid = vfork();
		if (pid == 0) {
			execl(name, name, "inner", NULL);
			_exit(3);
		}
		ok(pid, "vfork");
		ok(waitpid(pid, &status, 0), "wait");
		ran += status == 0;
	}
	done = 1;
	fact("ran", "%d", ran);
	errno = 0;
	return ran > 0 && ran < 40 ? 0 : (refused("nothing raced"), 1);
}
