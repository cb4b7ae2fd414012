// One request at a time through io_uring, by system calls alone.
#include "trick.h"
#include <linux/io_uring.h>

struct ring {
	int fd;
	unsigned flags;
	unsigned *sq_tail, *sq_mask, *sq_array, *sq_flags, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void *ring_map(int fd, size_t size, off_t at)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, at);
	if (p == MAP_FAILED)
		failed("map the ring");
	return p;
}

static void ring_setup(struct ring *r, unsigned flags)
{
	struct io_uring_params p = {.flags = flags, .sq_thread_idle = 2000};
	r->fd = may(syscall(SYS_io_uring_setup, 8, &p), "io_uring_setup");
	r->flags = flags;
	char *sq = ring_map(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	char *cq = ring_map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	r->sq_tail = (unsigned *)(sq + p.sq_off.tail);
	r->sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
	r->sq_array = (unsigned *)(sq + p.sq_off.array);
	r->sq_flags = (unsigned *)(sq + p.sq_off.flags);
	r->cq_head = (unsigned *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned *)(cq + p.cq_off.tail);
	r->cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

// ring_do submits one request and returns its result; a negative one is in
// errno too.
static int ring_do(struct ring *r, struct io_uring_sqe sqe)
{
	unsigned tail = *r->sq_tail, at = tail & *r->sq_mask;
	r->sqes[at] = sqe;
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (!(r->flags & IORING_SETUP_SQPOLL)) {
		may(syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), "io_uring_enter");
	} else if (__atomic_load_n(r->sq_flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP) {
		may(syscall(SYS_io_uring_enter, r->fd, 0, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0), "io_uring_enter");
	}
	unsigned head = *r->cq_head;
	while (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		sched_yield();
	int res = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	if (res < 0)
		errno = -res;
	return res;
}

// sqe_open asks for the secret to be opened.
static UNUSED struct io_uring_sqe sqe_open(const char *name)
{
	struct io_uring_sqe sqe = {.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD};
	sqe.addr = (uintptr_t)name;
	sqe.open_flags = O_RDONLY;
	return sqe;
}
