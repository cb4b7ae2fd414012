// One datagram to an odd port. Arguments: 4 or 6, and sendto, sendmsg, sendmmsg
// or connect.
#include "net.h"

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	union addr a;
	int family = argv[1][0] == '6' ? AF_INET6 : AF_INET;
	socklen_t len = addr_len(family);
	int srv = server(family, SOCK_DGRAM, 0, &a);
	int fd = ok(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct iovec v = {"x", 1};
	struct mmsghdr m = {.msg_hdr = {.msg_name = &a, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1}};
	if (strcmp(argv[2], "sendto") == 0) {
		ok(sendto(fd, "x", 1, 0, &a.any, len), "sendto");
	} else if (strcmp(argv[2], "sendmsg") == 0) {
		ok(sendmsg(fd, &m.msg_hdr, 0), "sendmsg");
	} else if (strcmp(argv[2], "sendmmsg") == 0) {
		ok(sendmmsg(fd, &m, 1, 0), "sendmmsg");
	} else {
		ok(connect(fd, &a.any, len), "connect");
		ok(write(fd, "x", 1), "write");
	}
	arrives(srv, SOCK_DGRAM);
	return 0;
}
