// openat2 through io_uring, and a file made, renamed and removed.
#include "uring.h"
#include <linux/openat2.h>

int main(void)
{
	struct ring r = {0};
	struct open_how how = {.flags = O_RDONLY};
	ring_setup(&r, 0);
	struct io_uring_sqe sqe = {.opcode = IORING_OP_OPENAT2, .fd = AT_FDCWD, .addr = (uintptr_t)"secret",
		.len = sizeof how, .addr2 = (uintptr_t)&how};
	is_secret(may(ring_do(&r, sqe), "openat2 through io_uring"));
	struct io_uring_sqe move = {.opcode = IORING_OP_RENAMEAT, .fd = AT_FDCWD, .addr = (uintptr_t)"decoy",
		.len = AT_FDCWD, .addr2 = (uintptr_t)"moved"};
	may(ring_do(&r, move), "rename through io_uring");
	struct io_uring_sqe gone = {.opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD, .addr = (uintptr_t)"moved"};
	may(ring_do(&r, gone), "unlink through io_uring");
	if (access("moved", F_OK) == 0 || access("decoy", F_OK) == 0)
		errno = 0, failed("the file is still there");
	return 0;
}
