// A plain TCP connection over IPv6, in the background (O_NONBLOCK).
#include "net.h"
#include <poll.h>

int main(void)
{
	union addr a;
	int srv = server(AF_INET6, SOCK_STREAM, 0, &a);
	int fd = ok(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
	if (connect(fd, &a.any, sizeof a.v6) < 0 && errno != EINPROGRESS)
		failed("connect");
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	ok(poll(&p, 1, 5000), "poll");
	ok(write(fd, "x", 1), "write");
	arrives(srv, SOCK_STREAM);
	return 0;
}
