// Not a trick: what a shell sees of its jobs: stopped, continued, ended, with
// SIGCHLD and its particulars; and what a job sees of its stops.
#include "trick.h"
#include <time.h>

static FILE *out;
static volatile sig_atomic_t told[8];

static void child(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	if (info->si_code > 0 && info->si_code < 8)
		told[info->si_code]++;
}

static void expect(pid_t pid, int options, const char *what)
{
	int status = -1;
	pid_t got;
	while ((got = waitpid(pid, &status, options)) < 0 && errno == EINTR)
		;
	fprintf(out, "%s: %s status %#x stopped %d by %d continued %d\n", what, got == pid ? "the child" : "nobody", status,
		WIFSTOPPED(status), WIFSTOPPED(status) ? WSTOPSIG(status) : 0, WIFCONTINUED(status));
}

// job sleeps in a call that is started again after a stop, and says how long
// that was in all.
static void job(int ready)
{
	struct timespec nap = {0, 300000000}, from, to;
	setpgid(0, 0);
	ok(write(ready, "x", 1), "say so");
	clock_gettime(CLOCK_MONOTONIC, &from);
	int r = nanosleep(&nap, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	double slept = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9;
	_exit(r == 0 && slept >= 0.3 ? 42 : 43);
}

int main(int argc, char **argv)
{
	static const int stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
	struct sigaction sa = {.sa_sigaction = child, .sa_flags = SA_SIGINFO};
	int ready[2];
	char c;
	if (argc < 2 || !(out = fopen(argv[1], "we")))
		return 2;
	sigaction(SIGCHLD, &sa, NULL);
	ok(pipe2(ready, O_CLOEXEC), "pipe");
	for (int i = 0; i < 4; i++) {
		fflush(out);
		pid_t pid = ok(fork(), "fork");
		if (pid == 0)
			job(ready[1]);
		while (read(ready[0], &c, 1) != 1)
			;
		ok(kill(-pid, stops[i]), "stop the group");
		expect(pid, WUNTRACED, "stop");
		expect(pid, WUNTRACED | WNOHANG, "nothing new");
		ok(kill(-pid, SIGCONT), "continue the group");
		expect(pid, WCONTINUED, "continue");
		expect(pid, 0, "end");
	}
	for (int i = 1; i < 8; i++)
		fprintf(out, "SIGCHLD with code %d: %d\n", i, (int)told[i]);
	return fclose(out) != 0;
}
