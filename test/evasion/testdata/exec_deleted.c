// The program's file is removed before it is executed.
#include "trick.h"

int main(int argc, char **argv)
{
	if (inner(argc, argv))
		return 0;
	char *args[] = {"worker", "inner", NULL}, *env[] = {NULL};
	copy_self("worker", 0755);
	int fd = ok(open("worker", O_RDONLY | O_CLOEXEC), "open the program");
	ok(unlink("worker"), "unlink");
	fexecve(fd, args, env);
	refused("fexecve of a removed file");
}
