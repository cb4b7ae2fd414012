// 2,000 children that end at once, and each opens a file first.
#include "race.h"

enum { N = 2000, ALIVE = 200 };

int main(void)
{
	char name[32];
	int status, alive = 0;
	race_files(N, "a-%d", "b-%d");
	for (int i = 0; i < N; i++) {
		pid_t pid = ok(fork(), "fork");
		if (pid == 0) {
			snprintf(name, sizeof name, "a-%d", i);
			open_secret(name);
			_exit(0);
		}
		race_seen[0][i] = 1;
		for (alive++; alive >= ALIVE || (alive > 0 && i == N - 1); alive--)
			if (ok(wait(&status), "wait") && status != 0)
				errno = 0, failed("a child");
	}
	race_truth("a-%d", "b-%d", 1);
	return 0;
}
