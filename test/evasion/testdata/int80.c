// open by the 32-bit entry of the kernel from a 64-bit program: the number is
// another one.
#include "int80.h"

int main(void)
{
	char *name = strcpy(low(), "secret");
	is_secret(may(int80(5, (uintptr_t)name, O_RDONLY, 0), "open by int 0x80"));
	return 0;
}
