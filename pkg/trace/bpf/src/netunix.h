/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Local sockets: by the kernel's object of the other side, which says where its
 * file is however the program got there, and by the name that was passed.
 */
#ifndef NETUNIX_H
#define NETUNIX_H

enum { MAX_UNIX = 108 }; /* bytes of a name */

/* peer_of is what a local socket is connected to. */
static __always_inline __u64 peer_of(struct sock *sk)
{
	return (__u64)BPF_CORE_READ((struct unix_sock *)sk, peer);
}

/*
 * add_address appends a struct sockaddr_un of len bytes, of the program's
 * memory or the kernel's, as a section.
 */
__noinline int add_address(struct slot *s, __u32 section, __u64 address, __u64 len, bool user)
{
	__u64 off;
	long failed;

	if (!s || !address || len <= 2)
		return 0;
	off = s->off;
	len -= 2;
	bounded(off);
	bounded(len);
	if (len > MAX_UNIX)
		len = MAX_UNIX;
	if (off > MAX_DATA)
		return 0;
	if (user)
		failed = bpf_probe_read_user(s->data + off, len, (void *)(address + 2));
	else
		failed = bpf_probe_read_kernel(s->data + off, len, (void *)(address + 2));
	if (!failed)
		close_section(s, section, off, len);
	return 0;
}

struct hasher {
	struct slot *s;
	__u64 sum;
};

static long hash_step(__u32 i, struct hasher *h)
{
	if (i >= h->s->off || i >= MAX_DATA)
		return 1;
	h->sum = (h->sum ^ h->s->data[i]) * 0x100000001b3;
	return 0;
}

/* hash_data is FNV-1a over what is in a slot. */
__noinline __u64 hash_data(struct slot *s)
{
	struct hasher h = {s, 0xcbf29ce484222325};

	if (!s)
		return 0;
	bpf_loop(2 * MAX_UNIX, hash_step, &h, 0);
	return h.sum;
}

/* tell_slot finishes and sends a record about a local socket, once. */
__noinline int tell_slot(struct slot *s, struct net_key *from, __u64 dentry, __u64 vfsmount)
{
	struct net_key copy, *k = &copy; /* as in tell */
	struct setup *t = get_setup();
	__u64 sum;

	if (!s || !from)
		return 0;
	copy = *from;
	sum = hash_data(s);
	__builtin_memcpy(k->addr, &sum, sizeof(sum));
	__builtin_memcpy(k->addr + 8, &dentry, sizeof(dentry));
	k->port = s->rec.ino;
	if (!is_new(k))
		return 0;
	if (dentry && t) {
		start_walk(s, t, dentry, vfsmount);
		add_path(s, UNIX_PATH);
	}
	s->rec.head.aux = k->op;
	s->rec.head.error = k->error;
	s->rec.head.marks |= k->marks;
	attempted(CLASS_NETWORK);
	if (has_room()) {
		send(events, s);
		return 0;
	}
	lost(CLASS_NETWORK);
	bpf_map_delete_elem(&seen_net, k);
	return 0;
}

/*
 * tell_unix tells of a call on a local socket. of is the socket with the name, a
 * struct sock, 0 if there is none; the address is what the program passed, 0 if
 * nothing.
 */
__noinline int tell_unix(struct net_key *k, __u64 of, __u64 address, __u64 len)
{
	struct unix_sock *u = (struct unix_sock *)of;
	__u64 dentry = 0, mnt = 0;
	struct unix_address *name;
	struct slot *s;

	if (!k)
		return 0;
	s = take(KIND_NET_UNIX, CLASS_NETWORK, k->pid);
	if (!s) {
		attempted(CLASS_NETWORK);
		lost(CLASS_NETWORK);
		return 0;
	}
	add_address(s, UNIX_PASSED, address, len, true);
	if (u) {
		name = BPF_CORE_READ(u, addr);
		if (name)
			add_address(s, UNIX_NAME, (__u64)name + bpf_core_field_offset(struct unix_address, name),
				    BPF_CORE_READ(name, len), false);
		dentry = (__u64)BPF_CORE_READ(u, path.dentry);
		mnt = (__u64)BPF_CORE_READ(u, path.mnt);
		if (dentry)
			s->rec.ino = BPF_CORE_READ((struct dentry *)dentry, d_inode, i_ino);
	}
	tell_slot(s, k, dentry, mnt);
	give_back(s);
	return 0;
}

/* Kernels since 6.2 have these; programs that call them are not loaded elsewhere. */
extern void *bpf_cast_to_kern_ctx(void *) __ksym __weak;

/*
 * to_unix sees names of local sockets before they are looked up, io_uring's
 * too. The end of connect(2) knows more, so that is left to it.
 */
static __always_inline int to_unix(struct bpf_sock_addr *ctx, __u8 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct bpf_sock_addr_kern *kern;
	struct net_key k;
	struct slot *s;

	if (!by_current(&k, op))
		return 1;
	if (op == OP_CONNECT && !(task->flags & PF_IO_WORKER) && in_connect(task))
		return 1;
	kern = bpf_cast_to_kern_ctx(ctx);
	k.family = AF_UNIX;
	k.marks = MARK_STRING_ONLY;
	s = take(KIND_NET_UNIX, CLASS_NETWORK, k.pid);
	if (!s) {
		attempted(CLASS_NETWORK);
		lost(CLASS_NETWORK);
		return 1;
	}
	/* Read, so that it is a number: a global function takes no pointer of this type. */
	add_address(s, UNIX_PASSED, (__u64)BPF_CORE_READ(kern, uaddr), BPF_CORE_READ(kern, uaddrlen), false);
	tell_slot(s, &k, 0, 0);
	give_back(s);
	return 1;
}

SEC("cgroup/connect_unix")
int connect_unix(struct bpf_sock_addr *ctx)
{
	return to_unix(ctx, OP_CONNECT);
}

SEC("cgroup/sendmsg_unix")
int sendmsg_unix(struct bpf_sock_addr *ctx)
{
	return to_unix(ctx, OP_SEND);
}

#endif
