// The folder seen through an overlay: other device, perhaps another inode.
#include "trick.h"
#include <sys/mount.h>

int main(void)
{
	ok(mkdir("lower", 0755) | mkdir("merged", 0755), "mkdir");
	ok(rename("secret", "lower/secret"), "move the secret");
	ok(mkdir("lower2", 0755), "mkdir");
	may(unshare(CLONE_NEWNS), "unshare the mounts");
	may(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
	may(mount("overlay", "merged", "overlay", MS_RDONLY, "lowerdir=lower:lower2"), "mount an overlay");
	is_secret(open_secret("merged/secret"));
	return 0;
}
