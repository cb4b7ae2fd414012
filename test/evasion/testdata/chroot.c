// chroot: the name is /secret.
#include "trick.h"

int main(void)
{
	may(chroot("."), "chroot");
	ok(chdir("/"), "chdir");
	is_secret(open_secret("/secret"));
	return 0;
}
