/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Requests of io_uring that open or change files or connect. They make no system
 * call of their own, and their result is not seen here: what is recorded is the
 * request, with the kernel's copy of the names.
 */
#ifndef URING_H
#define URING_H

/* Opcodes of linux/io_uring.h. */
enum {
	URING_CONNECT = 16,
	URING_OPENAT = 18,
	URING_OPENAT2 = 28,
	URING_RENAMEAT = 35,
	URING_UNLINKAT = 36,
	URING_MKDIRAT = 37,
	URING_SYMLINKAT = 38,
	URING_LINKAT = 39,
};

#define read_kernel(type, p, f) BPF_CORE_READ((type *)(p), f)

/* add_request_name appends a name and where it starts from, as add_base does. */
static __always_inline void add_request_name(struct slot *s, const struct setup *t, __u64 filename, __s32 dir, __u32 section)
{
	__u64 name = (__u64)read_kernel(struct filename, filename, name);
	__u32 at = s->off, n = add_kernel_string(s, name, section);

	add_base(s, t, dir, at, n, section + 1);
}

/* note_request reports the request in s->args[0], of type s->args[1]. */
__noinline int note_request(struct slot *s)
{
	struct task_struct *task = current_task();
	struct setup *t = get_setup();
	__u64 cmd;

	if (!s || !t)
		return 0;
	mark_task(s, task, t);
	s->rec.head.aux |= AUX_URING;
	s->rec.head.marks |= MARK_STRING_ONLY;
	cmd = s->args[0] + bpf_core_field_offset(struct io_kiocb, cmd);
	switch (s->args[1]) {
	case URING_OPENAT:
	case URING_OPENAT2:
		s->rec.flags = read_kernel(struct io_open, cmd, how.flags);
		add_request_name(s, t, (__u64)read_kernel(struct io_open, cmd, filename), read_kernel(struct io_open, cmd, dfd),
				 CHANGE_NAME);
		break;
	case URING_RENAMEAT:
		add_request_name(s, t, (__u64)read_kernel(struct io_rename, cmd, oldpath),
				 read_kernel(struct io_rename, cmd, old_dfd), CHANGE_NAME);
		add_request_name(s, t, (__u64)read_kernel(struct io_rename, cmd, newpath),
				 read_kernel(struct io_rename, cmd, new_dfd), CHANGE_NAME2);
		break;
	case URING_UNLINKAT:
		s->rec.flags = read_kernel(struct io_unlink, cmd, flags);
		add_request_name(s, t, (__u64)read_kernel(struct io_unlink, cmd, filename),
				 read_kernel(struct io_unlink, cmd, dfd), CHANGE_NAME);
		break;
	case URING_MKDIRAT:
		add_request_name(s, t, (__u64)read_kernel(struct io_mkdir, cmd, filename), read_kernel(struct io_mkdir, cmd, dfd),
				 CHANGE_NAME);
		break;
	case URING_SYMLINKAT: /* the name is where the link is made */
		add_request_name(s, t, (__u64)read_kernel(struct io_link, cmd, newpath), read_kernel(struct io_link, cmd, new_dfd),
				 CHANGE_NAME);
		add_request_name(s, t, (__u64)read_kernel(struct io_link, cmd, oldpath), AT_FDCWD, CHANGE_NAME2);
		break;
	case URING_LINKAT:
		add_request_name(s, t, (__u64)read_kernel(struct io_link, cmd, oldpath), read_kernel(struct io_link, cmd, old_dfd),
				 CHANGE_NAME);
		add_request_name(s, t, (__u64)read_kernel(struct io_link, cmd, newpath), read_kernel(struct io_link, cmd, new_dfd),
				 CHANGE_NAME2);
		break;
	}
	send(files, s);
	return 0;
}

/* note_ring reports once for each process and opcode that io_uring is used. */
static __always_inline void note_ring(struct task_struct *task, const struct mark *m, __u32 opcode)
{
	struct slot *s;

	attempted(CLASS_SYSCALL);
	s = take(KIND_CALL, CLASS_SYSCALL, m->pid);
	if (!s) {
		lost(CLASS_SYSCALL);
		return;
	}
	__builtin_memset(s->args, 0, sizeof(s->args));
	s->args[0] = opcode;
	s->ret = 0;
	s->rec.call = uring_calls[0];
	s->rec.head.aux |= AUX_URING;
	note_call(s);
	give_back(s);
}

static __always_inline int on_request(struct io_kiocb *trusted)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct io_kiocb *req = loose(struct io_kiocb, trusted);
	__u32 opcode = req->opcode, i;
	struct setup *t;
	struct mark *m;
	struct slot *s;

	if (opcode >= URING_OPCODES)
		return 0;
	i = uring_calls[opcode & (URING_OPCODES - 1)];
	if (!i)
		return 0;
	m = mark_of(task);
	if (!m)
		return 0;
	note_ring(task, m, opcode);
	t = get_setup();
	if (t && t->inside && (opcode == URING_OPENAT || opcode == URING_OPENAT2))
		return 0;
	if (opcode == URING_CONNECT) /* the network's hooks have where to */
		return 0;
	attempted(CLASS_FILE);
	s = take(opcode == URING_OPENAT || opcode == URING_OPENAT2 ? KIND_OPEN : KIND_CHANGE, CLASS_FILE, m->pid);
	if (!s) {
		lost(CLASS_FILE);
		return 0;
	}
	s->args[0] = (__u64)req;
	s->args[1] = opcode;
	s->rec.call = i;
	note_request(s);
	give_back(s);
	return 0;
}

/* One of the two is loaded: the event was renamed in 6.3. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_submit_req, struct io_kiocb *req)
{
	return on_request(req);
}

SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_submit_sqe, struct io_kiocb *req)
{
	return on_request(req);
}

#endif
