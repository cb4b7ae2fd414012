/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Calls about sockets, at their end: what the programs of the cgroup do not
 * see (local sockets, listen, accept, other families, why a connect failed),
 * and all of it where those could not be attached. What the kernel has in the
 * socket goes before what the program said.
 */
#ifndef NETCALL_H
#define NETCALL_H

/* What the loader could not attach, so that it is done here. */
enum {
	MISSING_CONNECT = 1,
	MISSING_SEND = 2,
	MISSING_BIND = 4,
	MISSING_UNIX = 8, /* cgroup/connect_unix and sendmsg_unix: 6.7 and later */
	MISSING_CREATE = 16,
};

volatile __u32 missing = 0;

enum call { NO_CALL, SOCKET, CONNECT, BIND, LISTEN, ACCEPT, SENDTO, SENDMSG, SENDMMSG, SOCKETCALL };

/* Numbers of calls to enum call. The tables are Go's (net_calls_linux.go). */
#define NUMBERS 1024 /* a power of two */
const volatile __u8 socket_numbers[NUMBERS] = {};
const volatile __u8 socket_numbers32[NUMBERS] = {}; /* of 32-bit programs */

/* socketcall_of is what SOCKETCALL is about: one call of 32 bits for all, with its arguments in memory. */
static __always_inline enum call socketcall_of(__u64 which)
{
	switch (which) { /* linux/net.h */
	case 1:
		return SOCKET;
	case 2:
		return BIND;
	case 3:
		return CONNECT;
	case 4:
		return LISTEN;
	case 5:
	case 18:
		return ACCEPT;
	default:
		return NO_CALL;
	}
}

/* args are those of a call that is at its end. */
struct args {
	__u64 a[3];
	__u64 to, to_len; /* sendto */
};

#if defined(__TARGET_ARCH_x86)
static __always_inline __u64 call_number(struct pt_regs *regs)
{
	return regs->orig_ax & ~0x40000000ULL; /* without the bit of x32 */
}

static __always_inline bool is_compat(struct task_struct *task)
{
	return task->thread_info.status & 2; /* TS_COMPAT */
}

static __always_inline void read_args(struct args *a, struct pt_regs *regs, bool compat)
{
	a->a[0] = compat ? (__u32)regs->bx : regs->di;
	a->a[1] = compat ? (__u32)regs->cx : regs->si;
	a->a[2] = compat ? (__u32)regs->dx : regs->dx;
	a->to = regs->r8;
	a->to_len = regs->r9;
}
#else
static __always_inline __u64 call_number(struct pt_regs *regs)
{
	return (__u32)regs->syscallno;
}

static __always_inline bool is_compat(struct task_struct *task)
{
	return task->thread_info.flags & 1 << 22; /* TIF_32BIT */
}

static __always_inline void read_args(struct args *a, struct pt_regs *regs, bool compat)
{
	a->a[0] = regs->orig_x0;
	a->a[1] = regs->user_regs.regs[1];
	a->a[2] = regs->user_regs.regs[2];
	a->to = regs->user_regs.regs[4];
	a->to_len = regs->user_regs.regs[5];
}
#endif

static __always_inline enum call call_of(struct pt_regs *regs, bool compat)
{
	__u64 nr = call_number(regs);

	if (nr >= NUMBERS)
		return NO_CALL;
	return compat ? socket_numbers32[nr & (NUMBERS - 1)] : socket_numbers[nr & (NUMBERS - 1)];
}

/* socket_of is the socket behind a descriptor of the current task, or null. */
static __always_inline struct sock *socket_of(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;
	struct socket *socket;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & 0170000) != 0140000)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

__noinline int set_remote(struct net_key *k, __u64 socket)
{
	struct sock *sk = (struct sock *)socket;

	if (!k)
		return 0;
	k->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (k->family == AF_INET6)
		BPF_CORE_READ_INTO(&k->addr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	else
		set_ip4(k->addr, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	return 0;
}

__noinline int set_local(struct net_key *k, __u64 socket)
{
	struct sock *sk = (struct sock *)socket;

	if (!k)
		return 0;
	k->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (k->family == AF_INET6)
		BPF_CORE_READ_INTO(&k->addr, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
	else
		set_ip4(k->addr, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	return 0;
}

/* set_passed reads an address as the program gave it. It returns false if there
 * is none. */
__noinline int set_passed(struct net_key *k, __u64 address, __u64 len)
{
	struct user_sockaddr_in6 six = {};
	struct user_sockaddr_vm vm = {};

	if (!k || !address || len < 2)
		return false;
	if (bpf_probe_read_user(&six, len < sizeof(struct user_sockaddr_in) ? 2 : len < sizeof(six) ? 16 : 24, (void *)address))
		return false;
	k->marks = MARK_STRING_ONLY;
	k->family = six.family;
	if (six.family == AF_INET) {
		k->port = bpf_ntohs(six.port);
		set_ip4(k->addr, six.flowinfo);
	} else if (six.family == AF_INET6) {
		k->port = bpf_ntohs(six.port);
		__builtin_memcpy(k->addr, six.addr, sizeof(k->addr));
	} else if (six.family == AF_VSOCK && len >= sizeof(vm) && !bpf_probe_read_user(&vm, sizeof(vm), (void *)address)) {
		k->port = vm.port;
		__builtin_memcpy(k->addr, &vm.cid, sizeof(vm.cid));
	}
	return true;
}

/* in_connect reports whether a task is in the call connect. */
static __always_inline bool in_connect(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	enum call c = call_of(regs, is_compat(task));

	return c == CONNECT || c == SOCKETCALL;
}

#include "netunix.h"

static __always_inline bool is_inet(__u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* Errors of a connect that goes on, or that was there already. */
static __always_inline bool failed_to_connect(long ret)
{
	return ret < 0 && ret != -115 /* EINPROGRESS */ && ret != -114 /* EALREADY */ && ret != -106 /* EISCONN */ &&
	       ret != -4 /* EINTR */ && ret > -512 /* to be restarted */;
}

/* end_connect is the end of connect for all but local sockets. */
static __always_inline void end_connect(struct net_key *k, struct sock *sk, struct args *a, long ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct net_key *meant = bpf_map_lookup_elem(&pending, &id);

	k->error = failed_to_connect(ret) ? -ret : 0;
	if (meant && meant->pid == k->pid) {
		if (k->error) {
			__builtin_memcpy(k->addr, meant->addr, sizeof(k->addr));
			k->port = meant->port;
			tell(k);
		}
		bpf_map_delete_elem(&pending, &id);
		return;
	}
	/* No program of the cgroup saw it: another family, a raw socket, or none is there. */
	if (is_inet(k->family) && ret == 0)
		set_remote(k, (__u64)sk);
	else if (!set_passed(k, a->a[1], a->a[2]))
		return;
	tell(k);
}

static __always_inline void end_send(struct net_key *k, struct sock *sk, struct args *a, enum call c, long ret)
{
	__u64 address = a->to, len = a->to_len;

	if (ret < 0 || (k->family == AF_UNIX && !(missing & MISSING_UNIX)) || (is_inet(k->family) && !(missing & MISSING_SEND)))
		return;
	if (c != SENDTO) { /* of sendmmsg, the first one */
		struct {
			__u64 name;
			__u32 len;
		} m = {};

		if (bpf_probe_read_user(&m, sizeof(m), (void *)a->a[1]))
			return;
		address = m.name;
		len = m.len;
	}
	if (!address)
		return;
	if (k->family == AF_UNIX)
		tell_unix(k, 0, address, len);
	else if (set_passed(k, address, len))
		tell(k);
}

/* end_call tells of a call on a socket. */
static __always_inline void end_call(struct net_key *k, struct sock *sk, struct args *a, enum call c, long ret)
{
	bool local = k->family == AF_UNIX, raw = k->type == SOCK_RAW;

	if (c != SOCKET)
		k->type = 0;
	switch (c) {
	case SOCKET:
		/* Others are told of when they are used, and raw ones when they are made. */
		if (local || (is_inet(k->family) && (!raw || !(missing & MISSING_CREATE))))
			return;
		if (k->family == AF_PACKET)
			k->protocol = bpf_ntohs(a->a[2]);
		tell(k);
		return;
	case CONNECT:
		if (local) {
			k->error = failed_to_connect(ret) ? -ret : 0;
			tell_unix(k, ret == 0 ? peer_of(sk) : 0, a->a[1], a->a[2]);
		} else {
			end_connect(k, sk, a, ret);
		}
		return;
	case BIND:
		if (ret < 0 || (is_inet(k->family) && !(missing & MISSING_BIND) && !raw))
			return;
		if (local)
			tell_unix(k, (__u64)sk, a->a[1], a->a[2]);
		else if (!is_inet(k->family) && set_passed(k, a->a[1], a->a[2]))
			tell(k);
		else if (is_inet(k->family)) {
			set_local(k, (__u64)sk);
			tell(k);
		}
		return;
	case LISTEN:
		if (ret < 0)
			return;
		if (local) {
			tell_unix(k, (__u64)sk, 0, 0);
			return;
		}
		if (is_inet(k->family))
			set_local(k, (__u64)sk);
		tell(k);
		return;
	case ACCEPT:
		if (local) {
			tell_unix(k, (__u64)sk, 0, 0);
			return;
		}
		if (is_inet(k->family)) {
			__u32 port;

			set_local(k, (__u64)sk);
			port = k->port;
			set_remote(k, (__u64)sk);
			k->port = port;
		}
		tell(k);
		return;
	case SENDTO:
	case SENDMSG:
	case SENDMMSG:
		end_send(k, sk, a, c, ret);
		return;
	default:
		return;
	}
}

static __always_inline __u8 op_of(enum call c)
{
	switch (c) {
	case SOCKET:
		return OP_SOCKET;
	case CONNECT:
		return OP_CONNECT;
	case BIND:
		return OP_BIND;
	case LISTEN:
		return OP_LISTEN;
	case ACCEPT:
		return OP_ACCEPT;
	default:
		return OP_SEND;
	}
}

static __always_inline int end_of_call(struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool compat = is_compat(task);
	enum call c = call_of(regs, compat);
	struct net_key k = {};
	struct args a = {};
	struct mark *m;
	struct sock *sk;

	if (c == NO_CALL)
		return 0;
	if (c >= SENDTO && c <= SENDMMSG && !(missing & (MISSING_SEND | MISSING_UNIX)))
		return 0;
	m = mark_of(task);
	if (!m)
		return 0;
	read_args(&a, regs, compat);
	if (c == SOCKETCALL) {
		__u32 in_memory[3] = {};

		c = socketcall_of(a.a[0]);
		if (c == NO_CALL || bpf_probe_read_user(in_memory, sizeof(in_memory), (void *)a.a[1]))
			return 0;
		a.a[0] = in_memory[0];
		a.a[1] = in_memory[1];
		a.a[2] = in_memory[2];
	}
	if ((c == SOCKET || c == ACCEPT) && ret < 0)
		return 0;
	sk = socket_of(task, c == SOCKET || c == ACCEPT ? ret : a.a[0]);
	if (!sk)
		return 0;
	k.pid = m->pid;
	k.start = start_of_current();
	k.op = op_of(c);
	k.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	k.protocol = BPF_CORE_READ(sk, sk_protocol);
	k.type = BPF_CORE_READ(sk, sk_type);
	end_call(&k, sk, &a, c, ret);
	return 0;
}

/* It is not attached, but what proc's program at this place goes on with. */
SEC("tp_btf/sys_exit")
int BPF_PROG(net_exit, struct pt_regs *regs, long ret)
{
	return end_of_call(regs, ret);
}

#endif
