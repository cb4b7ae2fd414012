// A plain TCP connection over IPv4.
#include "net.h"

int main(void)
{
	union addr a;
	int srv = server(AF_INET, SOCK_STREAM, 0, &a);
	int fd = ok(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	ok(connect(fd, &a.any, sizeof a.v4), "connect");
	ok(write(fd, "x", 1), "write");
	arrives(srv, SOCK_STREAM);
	return 0;
}
