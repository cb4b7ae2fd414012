// Opens through io_uring. The argument says how the request is run: inline,
// async (by a worker), sqpoll (by a kernel thread), or direct (into a
// descriptor of the ring alone, which no table of the process has).
#include "uring.h"

int main(int argc, char **argv)
{
	struct ring r = {0};
	struct io_uring_sqe sqe = sqe_open("secret");
	const char *how = argc > 1 ? argv[1] : "inline";
	ring_setup(&r, strcmp(how, "sqpoll") == 0 ? IORING_SETUP_SQPOLL : 0);
	if (strcmp(how, "async") == 0)
		sqe.flags = IOSQE_ASYNC;
	if (strcmp(how, "direct") != 0) {
		is_secret(may(ring_do(&r, sqe), "open through io_uring"));
		return 0;
	}
	int none = -1;
	char buf[64] = "";
	may(syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, &none, 1), "register a descriptor");
	sqe.file_index = 1;
	may(ring_do(&r, sqe), "open a direct descriptor");
	struct io_uring_sqe read = {.opcode = IORING_OP_READ, .flags = IOSQE_FIXED_FILE, .fd = 0,
		.addr = (uintptr_t)buf, .len = sizeof buf};
	if (ok(ring_do(&r, read), "read through io_uring") != (int)strlen(SECRET) || strncmp(buf, SECRET, strlen(SECRET)) != 0)
		errno = 0, failed("what was read is not the secret");
	return 0;
}
