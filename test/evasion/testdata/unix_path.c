// Unix sockets: one with a path, one with an abstract name, one of datagrams.
#include "net.h"
#include <stddef.h>

static void talk(const char *name, int type)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	memcpy(to.sun_path, name, n);
	if (name[0] == '@')
		to.sun_path[0] = 0;
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + n + (name[0] != '@');
	int srv = ok(socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "socket");
	ok(bind(srv, (struct sockaddr *)&to, len), "bind");
	if (type == SOCK_STREAM)
		ok(listen(srv, 1), "listen");
	int fd = ok(socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "socket");
	if (type == SOCK_STREAM) {
		ok(connect(fd, (struct sockaddr *)&to, len), "connect");
		ok(write(fd, "x", 1), "write");
	} else {
		ok(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, len), "sendto");
	}
	arrives(srv, type);
}

int main(void)
{
	char name[64];
	talk("stream", SOCK_STREAM);
	talk("datagram", SOCK_DGRAM);
	snprintf(name, sizeof name, "@evasion-%d", getpid());
	fact("abstract", "%s", name);
	talk(name, SOCK_STREAM);
	return 0;
}
