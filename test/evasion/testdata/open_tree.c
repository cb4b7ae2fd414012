// A copy of the folder's mount that is attached nowhere: its files have no path.
#include "trick.h"
#include <linux/mount.h>

int main(void)
{
	int tree = may(syscall(SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "open_tree");
	is_secret(ok(openat(tree, "secret", O_RDONLY | O_CLOEXEC), "openat"));
	return 0;
}
