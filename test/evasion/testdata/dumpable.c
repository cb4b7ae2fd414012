// The process makes itself opaque: /proc/PID belongs to root then, and nobody
// may ptrace it.
#include "trick.h"

int main(void)
{
	ok(prctl(PR_SET_DUMPABLE, 0), "PR_SET_DUMPABLE");
	is_secret(open_secret("secret"));
	return 0;
}
