// A script whose interpreter is a script.
#include "trick.h"

static void script(const char *name, const char *interpreter)
{
	char line[PATH_MAX + 8];
	int n = snprintf(line, sizeof line, "#!%s\n", interpreter);
	int fd = ok(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755), name);
	if (write(fd, line, n) != n)
		failed(name);
	close(fd);
}

int main(int argc, char **argv)
{
	if (inner(argc, argv))
		return 0;
	copy_self("worker", 0755);
	script("second", "./worker");
	script("first", "./second");
	execl("./first", "./first", "inner", NULL);
	refused("exec of a chain of scripts");
}
