// A symbolic link with a harmless name.
#include "trick.h"

int main(void)
{
	ok(symlink("secret", "harmless"), "symlink");
	is_secret(open_secret("harmless"));
	return 0;
}
