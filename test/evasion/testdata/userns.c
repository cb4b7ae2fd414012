// The same without rights, in a user namespace.
#include "spawn.h"
#include <sys/mount.h>

static void put(const char *file, const char *text)
{
	int fd = ok(open(file, O_WRONLY | O_CLOEXEC), file);
	if (write(fd, text, strlen(text)) < 0)
		refused(file);
	close(fd);
}

int main(void)
{
	char map[32];
	ok(mkdir("mnt", 0755), "mkdir");
	snprintf(map, sizeof map, "0 %d 1", getuid());
	may(unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare users and mounts");
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", map);
	may(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
	may(mount(".", "mnt", NULL, MS_BIND, NULL), "bind");
	is_secret(open_secret("mnt/secret"));
	return 0;
}
