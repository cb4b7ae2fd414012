// The secret has another name while it is opened.
#include "trick.h"

int main(void)
{
	ok(rename("secret", "harmless"), "rename");
	int fd = open_secret("harmless");
	ok(rename("harmless", "secret"), "rename back");
	is_secret(fd);
	return 0;
}
