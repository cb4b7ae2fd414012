// A child that holds the secret in its memory and environment and waits.
#include "trick.h"
#include <elf.h>

struct victim {
	pid_t pid;
	int stop;	// closing it ends the victim
	char *secret;	// where it is in its memory
};

static struct victim victim(void)
{
	int ready[2], stop[2];
	char c;
	struct victim v = {.secret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
	if (v.secret == MAP_FAILED)
		failed("mmap");
	ok(pipe2(ready, O_CLOEXEC) | pipe2(stop, O_CLOEXEC), "pipe");
	if ((v.pid = ok(fork(), "fork")) == 0) {
		close(stop[1]);
		strcpy(v.secret, SECRET);
		ok(write(ready[1], "x", 1), "say so");
		_exit(read(stop[0], &c, 1) != 0);
	}
	ok(read(ready[0], &c, 1), "wait for the victim");
	close(stop[0]);
	v.stop = stop[1];
	fact("pid", "%d", v.pid);
	return v;
}

static UNUSED void release(struct victim v)
{
	close(v.stop);
	wait_for(v.pid);
}
