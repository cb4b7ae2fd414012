// Not a trick: prints what a process can find out about itself, without what is
// different in any two runs (PIDs, inodes, memory, times).
#include "trick.h"
#include <dirent.h>
#include <sys/personality.h>
#include <sys/resource.h>

extern char **environ;
static FILE *out;

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void status(void)
{
	static const char *skip[] = {"Pid:", "PPid:", "Tgid:", "NStgid:", "NSpid:", "NSpgid:", "NSsid:", "Vm", "Rss", "Hugetlb",
		"voluntary_", "nonvoluntary_", "SigQ:"};
	char line[1024];
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof line, f)) {
		size_t i = 0;
		while (i < sizeof skip / sizeof *skip && strncmp(line, skip[i], strlen(skip[i])) != 0)
			i++;
		if (i == sizeof skip / sizeof *skip)
			fputs(line, out);
	}
	if (f)
		fclose(f);
}

static void descriptors(void)
{
	char name[64], target[PATH_MAX];
	for (int fd = 0; fd < 1024; fd++) {
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(name, target, sizeof target - 1);
		if (n < 0 || fd == fileno(out))
			continue;
		target[n] = 0;
		if (strchr(target, '[')) // pipe:[123]
			*strchr(target, '[') = 0;
		fprintf(out, "fd %d %s flags %#x %#x%s\n", fd, target[0] == '/' && strncmp(target, "/dev/", 5) ? "a file" : target,
			fcntl(fd, F_GETFD), fcntl(fd, F_GETFL), isatty(fd) ? " tty" : "");
	}
}

static void text(const char *file)
{
	char line[1024];
	FILE *f = fopen(file, "re");
	while (f && fgets(line, sizeof line, f))
		fprintf(out, "%s: %s", file, line);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	char cwd[PATH_MAX];
	int n = 0, pdeath = 0;
	struct rlimit r;
	struct sigaction sa;
	if (argc < 2 || !(out = fopen(argv[1], "we")))
		return 2;
	for (int i = 2; i < argc; i++)
		fprintf(out, "argument %d %s\n", i, argv[i]);
	while (environ[n])
		n++;
	qsort(environ, n, sizeof *environ, by_name);
	for (int i = 0; i < n; i++)
		fprintf(out, "env %s\n", environ[i]);
	fprintf(out, "cwd %s\n", getcwd(cwd, sizeof cwd) ? cwd : "none");
	status();
	descriptors();
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &r) == 0)
			fprintf(out, "rlimit %d %llu %llu\n", i, (unsigned long long)r.rlim_cur, (unsigned long long)r.rlim_max);
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL && i != SIGALRM)
			fprintf(out, "signal %d is not default\n", i);
	prctl(PR_GET_PDEATHSIG, &pdeath);
	fprintf(out, "leader of group %d, of session %d, parent's group %d, foreground %d\n", getpgrp() == getpid(),
		getsid(0) == getpid(), getpgid(getppid()) == getpgrp(), tcgetpgrp(0) == getpgrp());
	fprintf(out, "pdeathsig %d dumpable %d keepcaps %d securebits %d timerslack %d subreaper %d\n", pdeath, prctl(PR_GET_DUMPABLE),
		prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS), prctl(PR_GET_TIMERSLACK), prctl(PR_GET_CHILD_SUBREAPER, &n) ? -1 : n);
	fprintf(out, "nice %d personality %#x scheduler %d\n", getpriority(PRIO_PROCESS, 0), personality(0xffffffff), sched_getscheduler(0));
	text("/proc/self/oom_score_adj");
	text("/proc/self/cgroup");
	text("/proc/self/coredump_filter");
	text("/proc/self/loginuid");
	return fclose(out) != 0;
}
