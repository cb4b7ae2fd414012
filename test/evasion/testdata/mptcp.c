// Multipath TCP: another protocol number, the same port.
#include "net.h"
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

int main(void)
{
	union addr a;
	int srv = server(AF_INET, SOCK_STREAM, IPPROTO_MPTCP, &a);
	int fd = may(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP), "socket");
	may(connect(fd, &a.any, sizeof a.v4), "connect");
	ok(write(fd, "x", 1), "write");
	arrives(srv, SOCK_STREAM);
	return 0;
}
