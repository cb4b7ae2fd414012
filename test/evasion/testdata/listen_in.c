// A place where somebody may come in: a socket that listens without bind, on a
// port that the kernel chooses.
#include "net.h"

int main(void)
{
	union addr a;
	socklen_t len = sizeof a;
	int srv = ok(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	ok(listen(srv, 1), "listen");
	ok(getsockname(srv, &a.any, &len), "getsockname");
	fact("port", "%d", ntohs(a.v4.sin_port));
	return 0;
}
