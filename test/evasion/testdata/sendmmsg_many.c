// sendmmsg to two places in one call: the second must not hide behind the first.
#include "net.h"

int main(void)
{
	union addr a, b;
	socklen_t len = sizeof b;
	int one = server(AF_INET, SOCK_DGRAM, 0, &a);
	int two = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	b = loopback(AF_INET, 0);
	ok(bind(two, &b.any, sizeof b.v4), "bind");
	ok(getsockname(two, &b.any, &len), "getsockname");
	fact("second", "%d", ntohs(b.v4.sin_port));
	struct iovec v = {"x", 1};
	struct mmsghdr m[2] = {
		{.msg_hdr = {.msg_name = &a, .msg_namelen = sizeof a.v4, .msg_iov = &v, .msg_iovlen = 1}},
		{.msg_hdr = {.msg_name = &b, .msg_namelen = sizeof b.v4, .msg_iov = &v, .msg_iovlen = 1}},
	};
	int fd = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	if (ok(sendmmsg(fd, m, 2, 0), "sendmmsg") != 2)
		errno = 0, failed("sendmmsg sent one");
	arrives(one, SOCK_DGRAM);
	arrives(two, SOCK_DGRAM);
	return 0;
}
