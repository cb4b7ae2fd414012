// Two files change places (RENAME_EXCHANGE).
#include "trick.h"

int main(void)
{
	may(renameat2(AT_FDCWD, "secret", AT_FDCWD, "decoy", RENAME_EXCHANGE), "renameat2");
	is_secret(open_secret("decoy"));
	return 0;
}
