/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which system calls are looked at, and how. The tables are Go's
 * (calls_linux.go), written before the object is loaded, so that numbers of the
 * architecture, and of the 32-bit one beside it, are known in one place.
 */
#ifndef CALLS_H
#define CALLS_H

enum how {
	HOW_NOTHING,
	HOW_OPEN,   /* a descriptor comes back */
	HOW_MAP,    /* mmap */
	HOW_CHANGE, /* of names, or of the object behind a descriptor */
	HOW_EXEC,   /* one that failed, since the others are seen at sched_process_exec */
	HOW_CALL,   /* its numbers matter */
	HOW_SOCKET, /* about a socket: the network object's program goes on with it */
};

/* Filters of HOW_CALL: the call matters only if. */
enum filter {
	FILTER_NONE,
	FILTER_NAMESPACES,  /* args[0] has namespace flags */
	FILTER_NAMESPACES3, /* as clone3: args[0] points at them */
	FILTER_PRCTL,       /* args[0] is about who may look into the process */
	FILTER_KILL,        /* args[0] is the tracer, or everybody */
	FILTER_PIDFD,       /* args[0] is a descriptor of the tracer */
	FILTER_FAILED,      /* it failed: else sched_process_exec tells */
};

/*
 * One call. The numbers are indices of arguments, -1 where there is none: of the
 * directory's descriptor and of a name, twice, of flags, and of a descriptor
 * that is the object itself.
 */
struct call {
	__u8 how;
	__u8 filter;
	__s8 dir, name, dir2, name2;
	__s8 flags, fd;
	__u8 same; /* HOW_CALL: arguments, as bits, which make two calls the same; 0 if nothing does */
	__u8 spare;
	__u16 implied; /* open: flags that the call has by itself */
};

#define CALLS 128
#define NUMBERS 1024 /* a power of two */

const volatile struct call calls[CALLS] = {};
const volatile __u8 numbers[NUMBERS] = {};   /* number to index of calls; 0 is none */
const volatile __u8 numbers32[NUMBERS] = {}; /* of 32-bit programs */

/*
 * The same by opcode of io_uring; opcode 0, which does nothing, has the call that
 * says that io_uring is used.
 */
#define URING_OPCODES 64
const volatile __u8 uring_calls[URING_OPCODES] = {};

static __always_inline const volatile struct call *call_at(__u32 i)
{
	return &calls[i & (CALLS - 1)];
}

#define TS_COMPAT 2          /* x86: arch/x86/include/asm/thread_info.h */
#define TIF_32BIT 22         /* arm64: arch/arm64/include/asm/thread_info.h */
#define X32_BIT 0x40000000ULL /* x86: asm/unistd.h */

static __always_inline bool is_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & TS_COMPAT;
#else
	return task->thread_info.flags >> TIF_32BIT & 1;
#endif
}

/* call_of is the index of the call that regs are those of, 0 if it is not looked at. */
static __always_inline __u32 call_of(struct pt_regs *regs, bool compat)
{
	__u64 nr;

#if defined(__TARGET_ARCH_x86)
	nr = regs->orig_ax & ~X32_BIT;
#else
	nr = (__u32)regs->syscallno;
#endif
	if (nr >= NUMBERS)
		return 0;
	return compat ? numbers32[nr & (NUMBERS - 1)] : numbers[nr & (NUMBERS - 1)];
}

static __always_inline void get_args(__u64 *args, struct pt_regs *regs, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	if (compat) {
		args[0] = (__u32)regs->bx;
		args[1] = (__u32)regs->cx;
		args[2] = (__u32)regs->dx;
		args[3] = (__u32)regs->si;
		args[4] = (__u32)regs->di;
		args[5] = (__u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
#else
	args[0] = regs->orig_x0;
	args[1] = regs->user_regs.regs[1];
	args[2] = regs->user_regs.regs[2];
	args[3] = regs->user_regs.regs[3];
	args[4] = regs->user_regs.regs[4];
	args[5] = regs->user_regs.regs[5];
#endif
}

/* arg is the argument at an index of struct call; 0 if there is none. */
static __always_inline __u64 arg(struct slot *s, __s8 i)
{
	return i >= 0 && i < 6 ? s->args[i] : 0;
}

#endif
