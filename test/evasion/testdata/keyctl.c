// A secret is kept in a keyring and read back.
#include "trick.h"
#include <linux/keyctl.h>

int main(void)
{
	char buf[64];
	long key = may(syscall(SYS_add_key, "user", "evasion", SECRET, strlen(SECRET), KEY_SPEC_PROCESS_KEYRING), "add_key");
	may(syscall(SYS_keyctl, KEYCTL_READ, key, buf, sizeof buf, 0), "keyctl");
	return memcmp(buf, SECRET, strlen(SECRET)) != 0;
}
