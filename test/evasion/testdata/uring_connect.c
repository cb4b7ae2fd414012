// connect through io_uring; with the argument async, by a worker.
#include "net.h"
#include "uring.h"

int main(int argc, char **argv)
{
	union addr a;
	struct ring r = {0};
	int srv = server(AF_INET, SOCK_STREAM, 0, &a);
	int fd = ok(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	ring_setup(&r, 0);
	struct io_uring_sqe sqe = {.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&a, .off = sizeof a.v4};
	if (argc > 1 && strcmp(argv[1], "async") == 0)
		sqe.flags = IOSQE_ASYNC;
	may(ring_do(&r, sqe), "connect through io_uring");
	ok(write(fd, "x", 1), "write");
	arrives(srv, SOCK_STREAM);
	return 0;
}
