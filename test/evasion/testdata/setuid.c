// The copy of this program named `helper` belongs to root and is setuid: it
// reads what nobody may read.
#include "trick.h"

int main(int argc, char **argv)
{
	if (inner(argc, argv))
		return 0;
	if (open("secret", O_RDONLY | O_CLOEXEC) >= 0)
		errno = 0, failed("the secret is not secret");
	execl("./helper", "./helper", "inner", NULL);
	failed("exec");
}
