// A thread that is at its next call whenever the tracer has sent it on, before
// the tracer goes on itself: one processor, and a priority above all others.
// The first thread wants to open 50 files meanwhile.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OPENS = 50, CALLS = 200000 };
static _Atomic int started, done;

static void *greedy(void *arg) {
	struct sched_param p = {.sched_priority = 1};
	if (sched_setscheduler(0, SCHED_FIFO, &p) != 0) { // of this thread alone
		perror("sched_setscheduler");
		_exit(77);
	}
	started = 1;
	for (int i = 0; i < CALLS && !done; i++) rename("/none", "/nowhere");
	if (!done) _exit(3);
	return 0;
}

int main(void) {
	pthread_t t;
	pthread_create(&t, 0, greedy, 0);
	for (int i = 0; i < OPENS; i++) close(open("/dev/null", O_RDONLY));
	done = 1;
	pthread_join(t, 0);
	return started ? 0 : 4;
}
