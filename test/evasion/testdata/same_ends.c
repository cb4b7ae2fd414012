// Not a trick: how children end, by every code and every signal, as their parent
// is told; with core dumps if the second argument is "core".
#include "trick.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
	struct rlimit none = {0, 0}, core = {1 << 20, 1 << 20};
	FILE *out = argc > 1 ? fopen(argv[1], "we") : NULL;
	siginfo_t info;
	int status;
	if (!out)
		return 2;
	setrlimit(RLIMIT_CORE, argc > 2 && strcmp(argv[2], "core") == 0 ? &core : &none);
	for (int i = 0; i <= 256 + 64; i++) {
		if (i == 256 + SIGSTOP || i == 256 + SIGTSTP || i == 256 + SIGTTIN || i == 256 + SIGTTOU)
			continue; // see same_jobs
		fflush(out);
		pid_t pid = ok(fork(), "fork");
		if (pid == 0) {
			if (i < 256)
				_exit(i);
			signal(i - 256, SIG_DFL);
			raise(i - 256);
			_exit(99);
		}
		memset(&info, 0, sizeof info);
		ok(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "waitid");
		ok(waitpid(pid, &status, 0), "waitpid");
		fprintf(out, "%d: status %#x core %d code %d value %d\n", i, status, WIFSIGNALED(status) && WCOREDUMP(status), info.si_code, info.si_status);
	}
	return fclose(out) != 0;
}
