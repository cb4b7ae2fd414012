// Code that is mapped instead of being executed: what dlopen does.
#include "trick.h"

int main(void)
{
	copy_self("code", 0755);
	int fd = open_secret("code");
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED;
}
