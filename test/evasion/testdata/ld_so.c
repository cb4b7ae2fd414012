// A program is handed to the dynamic loader, which is what was executed.
#include "trick.h"
#include <libgen.h>

int main(void)
{
	static const char *loaders[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};
	char self[PATH_MAX] = "", program[PATH_MAX + 16];
	ok(readlink("/proc/self/exe", self, sizeof self - 1), "readlink");
	snprintf(program, sizeof program, "%s/dynamic", dirname(self));
	for (int i = 0; i < 2; i++)
		if (access(loaders[i], X_OK) == 0 && access(program, R_OK) == 0) {
			fact("loader", "%s", realpath(loaders[i], NULL));
			execl(loaders[i], "harmless", program, NULL);
		}
	refused("the dynamic loader");
}
