// clone3 puts the child straight into another cgroup.
#include "spawn.h"
#include <sys/vfs.h>

int main(void)
{
	static const char *roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char dir[128] = "";
	struct statfs fs;
	for (int i = 0; i < 2; i++)
		if (statfs(roots[i], &fs) == 0 && fs.f_type == 0x63677270)
			snprintf(dir, sizeof dir, "%s/evasion-%d", roots[i], getpid());
	errno = ENOENT;
	may(dir[0] ? mkdir(dir, 0755) : -1, "make a cgroup");
	int fd = ok(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), dir);
	struct clone_args a = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = fd};
	pid_t pid = syscall(SYS_clone3, &a, sizeof a);
	if (pid == 0)
		steal("secret");
	int why = errno;
	if (pid > 0)
		waitpid(pid, &why, 0);
	rmdir(dir);
	errno = why;
	may(pid, "clone3");
	return why != 0;
}
