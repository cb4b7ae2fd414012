// Not a trick: results of calls that a sensor handles, at their edges, and
// calls that signals interrupt.
#include "net.h"
#include <poll.h>
#include <sys/time.h>
#include <time.h>

static FILE *out;
static volatile sig_atomic_t got;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	got = sig == SIGALRM ? 1 : info->si_value.sival_int;
}

static void say(const char *what, long r)
{
	fprintf(out, "%s: %s, %s\n", what, r < 0 ? "failed" : "fine", r < 0 ? strerror(errno) : "");
}

// alarms come again and again: on a slow machine the first may be too early.
static void alarms(int microseconds)
{
	struct itimerval t = {.it_value.tv_usec = microseconds, .it_interval.tv_usec = microseconds};
	setitimer(ITIMER_REAL, &t, NULL);
}

static void interrupted(int flags)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	struct timespec nap = {20, 0};
	char c;
	int p[2];
	sigaction(SIGALRM, &sa, NULL);
	ok(pipe2(p, O_CLOEXEC), "pipe");
	fprintf(out, "with flags %#x\n", flags);
	alarms(50000);
	say("poll", poll(&(struct pollfd){.fd = p[0], .events = POLLIN}, 1, 20000));
	say("nanosleep", nanosleep(&nap, NULL));
	if (!flags) {
		say("read", read(p[0], &c, 1));
		unlink("fifo");
		ok(mkfifo("fifo", 0600), "mkfifo");
		say("open of a FIFO", open("fifo", O_RDONLY));
	}
	say("pause", pause());
	alarms(0);
}

int main(int argc, char **argv)
{
	static char name[PATH_MAX + 10];
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	union addr a = loopback(AF_INET, 1);
	if (argc < 2 || !(out = fopen(argv[1], "we")))
		return 2;
	memset(name, 'x', sizeof name - 1);
	say("open of what is not there", open("nothing", O_RDONLY));
	say("open of a long name", open(name, O_RDONLY));
	say("open of no pointer", syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY, 0));
	say("open of an empty name", open("", O_RDONLY));
	say("open of bad flags", open(".", O_RDWR));
	say("exec of what is not there", execl("nothing", "nothing", NULL));
	say("exec of a folder", execl(".", ".", NULL));
	say("exec of no pointer", syscall(SYS_execve, 8, NULL, NULL));
	say("connect of no descriptor", connect(-1, &a.any, sizeof a.v4));
	say("connect to nobody", connect(socket(AF_INET, SOCK_STREAM, 0), &a.any, sizeof a.v4));
	say("connect of no pointer", syscall(SYS_connect, socket(AF_INET, SOCK_STREAM, 0), 8, 16));
	say("rename of what is not there", rename("nothing", "something"));
	say("kill of nobody", kill(0x3fffffff, 0));
	say("wait for nobody", waitpid(-1, NULL, 0));
	say("no such call", syscall(9999));
	sigaction(SIGUSR1, &sa, NULL);
	sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1234});
	fprintf(out, "the value of a signal: %d\n", (int)got);
	interrupted(0);
	interrupted(SA_RESTART);
	return fclose(out) != 0;
}
