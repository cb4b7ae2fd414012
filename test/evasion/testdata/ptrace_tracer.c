// ptrace of whoever traces us.
#include "attack.h"
#include <sys/ptrace.h>

int main(void)
{
	pid_t found[TARGETS];
	int n = targets(found), hits = 0;
	for (int i = 0; i < n; i++)
		if (ptrace(PTRACE_SEIZE, found[i], NULL, NULL) == 0)
			hits++;
	fact("tracer", "%d", found[n - 1]);
	fact("hits", "%d", hits);
	is_secret(open_secret("secret"));
	return 0; // whoever was seized is free again with our end
}
