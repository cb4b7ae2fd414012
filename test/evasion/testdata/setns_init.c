// Out of the mount namespace, into that of process 1.
#include "trick.h"

int main(void)
{
	char name[PATH_MAX + 8];
	ok(getcwd(name, PATH_MAX) ? 0 : -1, "getcwd");
	strcat(name, "/secret");
	may(unshare(CLONE_NEWNS), "unshare the mounts");
	int ns = may(open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC), "the mounts of process 1");
	may(setns(ns, CLONE_NEWNS), "setns");
	is_secret(may(open(name, O_RDONLY | O_CLOEXEC), "the secret in the mounts of process 1"));
	return 0;
}
