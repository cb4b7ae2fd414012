// Threads and processes that come and go while others do an exec.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *self, *left;

static void *brief(void *arg) {
	close(open("/dev/null", O_RDONLY));
	return 0;
}

static void *makes(void *arg) {
	for (;;) {
		pthread_t t;
		if (pthread_create(&t, 0, brief, 0) == 0) pthread_join(t, 0);
	}
}

static void *forks(void *arg) {
	for (;;) {
		int pid = fork();
		if (pid == 0) _exit(0);
		if (pid > 0) waitpid(pid, 0, 0);
	}
}

static void *execs(void *arg) {
	usleep(rand() % 5000);
	execl(self, self, left, (char *)0);
	return 0;
}

int main(int argc, char **argv) {
	int n = atoi(argv[1]);
	char next[16];
	pthread_t t[8];
	if (n == 0) return 12;
	srand(getpid() + n);
	self = argv[0];
	sprintf(left = next, "%d", n - 1);
	for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, makes, 0);
	for (int i = 3; i < 5; i++) pthread_create(&t[i], 0, forks, 0);
	if (n % 3 == 0) execs(0);
	if (n % 3 == 1) { for (int i = 5; i < 8; i++) pthread_create(&t[i], 0, execs, 0); pthread_join(t[5], 0); }
	pthread_create(&t[5], 0, execs, 0);
	pthread_exit(0);
}
