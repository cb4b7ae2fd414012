// More arguments than anybody keeps, the telling one at the end.
#include "trick.h"

int main(int argc, char **argv)
{
	static char *args[3003];
	if (inner(argc, argv))
		return 0;
	copy_self("worker", 0755);
	args[0] = "./worker";
	for (int i = 1; i < 3001; i++)
		args[i] = "harmless-harmless";
	args[3001] = "inner";
	execv("./worker", args);
	failed("exec");
}
