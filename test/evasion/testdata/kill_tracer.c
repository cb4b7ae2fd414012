// A signal for whoever traces us; the argument is its number.
#include "attack.h"

int main(int argc, char **argv)
{
	pid_t found[TARGETS];
	int sig = argc > 1 ? atoi(argv[1]) : SIGTERM, hits = 0;
	int n = targets(found);
	fact("tracer", "%d", found[n - 1]);
	// The parent last: with it the step may end.
	for (int last = 0; last < 2; last++)
		for (int i = 0; i < n; i++)
			if ((found[i] == getppid()) == last)
				hits += kill(found[i], sig) == 0;
	fact("hits", "%d", hits);
	is_secret(open_secret("secret"));
	return 0;
}
