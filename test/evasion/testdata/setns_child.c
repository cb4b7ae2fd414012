// Into the mount namespace of a child, where the folder is bound elsewhere.
#include "trick.h"
#include <sys/mount.h>

int main(void)
{
	char name[PATH_MAX + 16], ns[64], c;
	int ready[2], stop[2];
	ok(getcwd(name, PATH_MAX) ? 0 : -1, "getcwd");
	strcat(name, "/mnt/secret");
	ok(mkdir("mnt", 0755), "mkdir");
	ok(pipe2(ready, O_CLOEXEC) | pipe2(stop, O_CLOEXEC), "pipe");
	pid_t pid = ok(fork(), "fork");
	if (pid == 0) {
		close(stop[1]);
		may(unshare(CLONE_NEWNS), "unshare the mounts");
		may(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
		may(mount(".", "mnt", NULL, MS_BIND, NULL), "bind");
		ok(write(ready[1], "x", 1), "say so");
		_exit(read(stop[0], &c, 1) != 0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		wait_for(pid);
	snprintf(ns, sizeof ns, "/proc/%d/ns/mnt", pid);
	may(setns(may(open(ns, O_RDONLY | O_CLOEXEC), ns), CLONE_NEWNS), "setns");
	is_secret(ok(open(name, O_RDONLY | O_CLOEXEC), name));
	close(stop[1]);
	wait_for(pid);
	return 0;
}
