// A second name of the secret. Only device and inode give it away.
#include "trick.h"

int main(void)
{
	may(link("secret", "harmless"), "link");
	is_secret(open_secret("harmless"));
	return 0;
}
