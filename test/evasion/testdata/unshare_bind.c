// A mount namespace of its own, in which the folder is bound somewhere else.
#include "spawn.h"
#include <sys/mount.h>

int main(void)
{
	ok(mkdir("mnt", 0755), "mkdir");
	may(unshare(CLONE_NEWNS), "unshare the mounts");
	may(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
	may(mount(".", "mnt", NULL, MS_BIND, NULL), "bind");
	is_secret(open_secret("mnt/secret"));
	return 0;
}
