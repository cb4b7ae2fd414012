// A second thread changes the port in memory while connect reads it.
#include "net.h"

static union addr to;
static uint16_t ports[2];
static _Atomic int done;
static _Atomic unsigned flips;

static void *flip(void *unused)
{
	volatile uint16_t *port = &to.v4.sin_port;
	for (; !done; flips++)
		*port = ports[flips & 1];
	return unused;
}

int main(void)
{
	int won[2] = {0, 0};
	union addr a, b;
	server(AF_INET, SOCK_DGRAM, 0, &a);
	int two = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	socklen_t len = sizeof b;
	b = loopback(AF_INET, 0);
	ok(bind(two, &b.any, sizeof b.v4), "bind");
	ok(getsockname(two, &b.any, &len), "getsockname");
	ports[0] = a.v4.sin_port, ports[1] = b.v4.sin_port, to = a;
	thread(flip, NULL);
	for (int i = 0; i < 200 && !(won[0] && won[1]); i++) {
		int fd = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
		for (unsigned last = flips; flips == last;)
			sched_yield();
		ok(connect(fd, &to.any, sizeof to.v4), "connect");
		len = sizeof a;
		ok(getpeername(fd, &a.any, &len), "getpeername");
		won[a.v4.sin_port == ports[1]]++;
		close(fd);
	}
	done = 1;
	fact("second", "%d", ntohs(ports[1]));
	errno = 0;
	return won[0] && won[1] ? 0 : (refused("nothing raced"), 1);
}
