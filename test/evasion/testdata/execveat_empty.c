// execveat of a descriptor, without a name.
#include "trick.h"

int main(int argc, char **argv)
{
	if (inner(argc, argv))
		return 0;
	char *args[] = {"harmless", "inner", NULL}, *env[] = {NULL};
	copy_self("worker", 0755);
	int fd = ok(open("worker", O_PATH | O_CLOEXEC), "open the program");
	syscall(SYS_execveat, fd, "", args, env, AT_EMPTY_PATH);
	refused("execveat");
}
