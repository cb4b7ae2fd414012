// Not a trick: runs one as the user without rights, and in no group.
#include "trick.h"
#include <grp.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	ok(setgroups(0, NULL), "setgroups");
	ok(setgid(65534), "setgid");
	ok(setuid(65534), "setuid");
	execv(argv[1], argv + 1);
	failed(argv[1]);
}
