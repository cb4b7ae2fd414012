// Processes whose second thread execs while the first one opens files: the exec
// ends the first one wherever it is, and takes its ID over. usurp PROCESSES
// TIMES; each exec is by such a thread, but for the first of each process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char *self, *left;

static void *opens(void *arg) {
	for (;;) close(open("/dev/null", O_RDONLY));
}

static void *execs(void *arg) {
	for (int i = 0; i < 5; i++) close(open("/dev/zero", O_RDONLY));
	execl(self, self, left, (char *)0);
	_exit(9);
}

static int life(int times) {
	char text[16];
	pthread_t t;
	if (times == 0) return 0;
	snprintf(text, sizeof text, "%d", times - 1);
	left = text;
	if (pthread_create(&t, 0, execs, 0) != 0) return 8;
	opens(0);
	return 7;
}

int main(int argc, char **argv) {
	self = argv[0];
	if (argc == 2) return life(atoi(argv[1]));
	for (int i = 0; i < atoi(argv[1]); i++)
		if (fork() == 0) {
			execl(self, self, argv[2], (char *)0);
			_exit(6);
		}
	int status, bad = 0;
	while (wait(&status) > 0) bad += status != 0;
	return bad != 0;
}
