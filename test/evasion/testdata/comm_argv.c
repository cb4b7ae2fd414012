// The process gives itself another name and other arguments.
#include "trick.h"

int main(int argc, char **argv)
{
	if (argc < 2) {
		copy_self("program", 0755);
		pid_t pid = ok(fork(), "fork");
		if (pid == 0) {
			execl("./program", "./program", "--steal", NULL);
			failed("exec");
		}
		wait_for(pid);
		return 0;
	}
	ok(prctl(PR_SET_NAME, "kworker/0:1"), "PR_SET_NAME");
	memset(argv[1], 'x', strlen(argv[1]));
	memset(argv[0], 'y', strlen(argv[0]));
	is_secret(open_secret("secret"));
	return 0;
}
