// The same by mprotect, after the file was mapped for reading.
#include "trick.h"

int main(void)
{
	copy_self("code", 0755);
	int fd = open_secret("code");
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED || mprotect(p, 4096, PROT_READ | PROT_EXEC) != 0;
}
