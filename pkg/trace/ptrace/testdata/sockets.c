// Talks to itself over loopback, through each call that has a destination.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MUST(x) do { if ((x) < 0) { perror(#x); exit(1); } } while (0)

static struct sockaddr_in v4(int port) {
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int main(void) {
	int server, client, udp, un, fd;
	struct sockaddr_in any = v4(0), to;
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "sock"}, abstract = {.sun_family = AF_UNIX, .sun_path = "\0name"};
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
	struct sockaddr off = {.sa_family = AF_UNSPEC};
	socklen_t len = sizeof to;
	signal(SIGPIPE, SIG_IGN);

	MUST(server = socket(AF_INET, SOCK_STREAM, 0));
	MUST(bind(server, (void *)&any, sizeof any));
	MUST(listen(server, 5));
	MUST(getsockname(server, (void *)&to, &len));
	printf("%d\n", ntohs(to.sin_port));
	MUST(client = socket(AF_INET, SOCK_STREAM, 0));
	MUST(connect(client, (void *)&to, sizeof to));
	MUST(accept(server, 0, 0));
	MUST(send(client, "x", 1, 0)); // no destination
	MUST(client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	to = v4(1);
	connect(client, (void *)&to, sizeof to); // refused, or in progress
	connect(99, (void *)&to, sizeof to);     // EBADF
	connect(client, (void *)8, sizeof to);   // EFAULT: no destination

	MUST(udp = socket(AF_INET, SOCK_DGRAM, 0));
	to = v4(5301);
	MUST(sendto(udp, "x", 1, 0, (void *)&to, sizeof to));
	to = v4(5302);
	struct iovec data = {"x", 1};
	struct msghdr msg = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &data, .msg_iovlen = 1};
	MUST(sendmsg(udp, &msg, 0));
	struct sockaddr_in other = v4(5304);
	to = v4(5303);
	struct mmsghdr many[4] = {{.msg_hdr = msg}, {.msg_hdr = msg}, {.msg_hdr = msg}, {.msg_hdr = msg}};
	many[2].msg_hdr.msg_name = &other, many[3].msg_hdr.msg_name = &other;
	MUST(fd = sendmmsg(udp, many, 3, 0));
	msg.msg_name = 0, msg.msg_namelen = 0;
	connect(udp, &off, sizeof off); // AF_UNSPEC: no destination
	MUST(connect(udp, (void *)&other, sizeof other));
	sendmsg(udp, &msg, 0); // no destination

	fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (fd >= 0) connect(fd, (void *)&six, sizeof six);
	MUST(fd = socket(AF_INET, SOCK_STREAM, 0));
	to = v4(2);
	sendto(fd, "x", 1, MSG_FASTOPEN, (void *)&to, sizeof to);

	MUST(un = socket(AF_UNIX, SOCK_STREAM, 0));
	MUST(bind(un, (void *)&path, sizeof path));
	MUST(un = socket(AF_UNIX, SOCK_DGRAM, 0));
	connect(un, (void *)&abstract, offsetof(struct sockaddr_un, sun_path) + 5);
	MUST(fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	MUST(connect(fd, (void *)&nl, sizeof nl));
	return 0;
}
