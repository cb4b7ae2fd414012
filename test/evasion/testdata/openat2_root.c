// openat2 with RESOLVE_IN_ROOT: the string is "/../secret", the file is not.
#include "trick.h"
#include <linux/openat2.h>

int main(void)
{
	struct open_how in_root = {.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT};
	struct open_how beneath = {.flags = O_RDONLY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	int dir = ok(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open .");
	is_secret(may(syscall(SYS_openat2, dir, "/../secret", &in_root, sizeof in_root), "openat2 in root"));
	ok(syscall(SYS_openat2, dir, "decoy", &beneath, sizeof beneath), "openat2 beneath");
	return 0;
}
