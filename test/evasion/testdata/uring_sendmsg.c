// A datagram through io_uring.
#include "net.h"
#include "uring.h"

int main(void)
{
	union addr a;
	struct ring r = {0};
	int srv = server(AF_INET, SOCK_DGRAM, 0, &a);
	int fd = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct iovec v = {"x", 1};
	struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof a.v4, .msg_iov = &v, .msg_iovlen = 1};
	ring_setup(&r, 0);
	struct io_uring_sqe sqe = {.opcode = IORING_OP_SENDMSG, .fd = fd, .addr = (uintptr_t)&m, .len = 1};
	may(ring_do(&r, sqe), "sendmsg through io_uring");
	arrives(srv, SOCK_DGRAM);
	return 0;
}
