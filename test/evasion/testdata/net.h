// Listeners on loopback for the tricks of the network; each tells its port as a fact.
#include "trick.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

union addr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static UNUSED union addr loopback(int family, int port)
{
	union addr a = {.any.sa_family = family};
	if (family == AF_INET) {
		a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.v4.sin_port = htons(port);
	} else {
		a.v6.sin6_addr = in6addr_loopback;
		a.v6.sin6_port = htons(port);
	}
	return a;
}

static UNUSED socklen_t addr_len(int family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

// server binds a socket to a free port of loopback, which it adds to a, and
// listens unless it is for datagrams.
static UNUSED int server(int family, int type, int protocol, union addr *a)
{
	int fd = may(socket(family, type | SOCK_CLOEXEC, protocol), "socket");
	socklen_t len = sizeof *a;
	*a = loopback(family, 0);
	may(bind(fd, &a->any, addr_len(family)), "bind");
	if (type == SOCK_STREAM)
		ok(listen(fd, 8), "listen");
	ok(getsockname(fd, &a->any, &len), "getsockname");
	fact("port", "%d", ntohs(family == AF_INET ? a->v4.sin_port : a->v6.sin6_port));
	return fd;
}

// arrives proves that something came: a connection with or a datagram of "x".
static UNUSED void arrives(int fd, int type)
{
	char c = 0;
	if (type == SOCK_STREAM)
		fd = ok(accept4(fd, NULL, NULL, SOCK_CLOEXEC), "accept");
	ok(recv(fd, &c, 1, 0), "receive");
	if (c != 'x')
		errno = 0, failed("what arrived is not what was sent");
}
