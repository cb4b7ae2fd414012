// socket and connect as one call of the 32-bit entry, with their arguments in
// memory: socketcall, number 102.
#include "int80.h"
#include "net.h"

int main(void)
{
	union addr a;
	int srv = server(AF_INET, SOCK_STREAM, 0, &a);
	uint32_t *args = low();
	struct sockaddr_in *to = (void *)(args + 16);
	*to = a.v4;
	args[0] = AF_INET, args[1] = SOCK_STREAM, args[2] = 0;
	int fd = may(int80(102, 1, (uintptr_t)args, 0), "socket by int 0x80");
	args[0] = fd, args[1] = (uintptr_t)to, args[2] = sizeof *to;
	may(int80(102, 3, (uintptr_t)args, 0), "connect by int 0x80");
	ok(write(fd, "x", 1), "write");
	arrives(srv, SOCK_STREAM);
	return 0;
}
