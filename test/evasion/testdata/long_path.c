// A name of 4,095 bytes, the most there is: "./././…secret".
#include "trick.h"

int main(void)
{
	static char name[PATH_MAX];
	size_t pad = (PATH_MAX - 1 - strlen("secret")) & ~1u;
	for (size_t i = 0; i < pad; i += 2)
		memcpy(name + i, "./", 2);
	strcpy(name + pad, "secret");
	is_secret(open_secret(name));
	return 0;
}
