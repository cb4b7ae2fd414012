/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Destinations of IPv4 and IPv6, where the kernel has decided on them: programs
 * of the root cgroup. Every call comes by here, io_uring's and MSG_FASTOPEN's
 * too. They all return 1, which lets the call go on.
 */
#ifndef NETADDR_H
#define NETADDR_H

enum { PORT_DNS = 53, PORT_MDNS = 5353, PORT_LLMNR = 5355 };

static __always_inline bool is_dns(__u16 port)
{
	return port == PORT_DNS || port == PORT_MDNS || port == PORT_LLMNR;
}

/* What is known of a member's socket. Freed by the kernel with the socket. */
struct sock_state {
	__s32 pid;
	__u8 content; /* enum content */
	__u8 dns;     /* the program asked for a port of DNS */
	__u8 has_out, has_in;
	__u64 start;
	__u32 out_base, in_base; /* sequence numbers of the first bytes */
	__u32 want;              /* bytes of the beginning that are of interest */
	__u32 pieces;            /* copied so far */
};

enum content { UNKNOWN, TLS, DNS, DONE };

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sock_state);
} socks SEC(".maps");

/* The connect that a thread is in: its end says whether it failed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* TGID and TID */
	__type(value, struct net_key);
} pending SEC(".maps");

/* watch makes packets of a socket the business of the programs below. */
#define watch(sk, k, dns_)                                                                  \
	do {                                                                                \
		struct sock_state init_ = {.pid = (k)->pid, .start = (k)->start};           \
		struct sock_state *s_ =                                                     \
			bpf_sk_storage_get(&socks, sk, &init_, BPF_LOCAL_STORAGE_GET_F_CREATE); \
		if (s_) {                                                                   \
			s_->pid = (k)->pid; /* it may have been handed over */              \
			s_->start = (k)->start;                                             \
			if (dns_)                                                           \
				s_->dns = 1;                                                \
		}                                                                           \
	} while (0)

static __always_inline int to_address(struct bpf_sock_addr *ctx, __u8 op, bool six)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct net_key k;
	struct bpf_sock *sk = ctx->sk;

	if (!by_current(&k, op))
		return 1;
	k.family = six ? AF_INET6 : AF_INET;
	k.protocol = ctx->protocol;
	k.port = bpf_ntohs((__u16)ctx->user_port);
	if (six) {
		__u32 *to = (__u32 *)k.addr;

		to[0] = ctx->user_ip6[0];
		to[1] = ctx->user_ip6[1];
		to[2] = ctx->user_ip6[2];
		to[3] = ctx->user_ip6[3];
	} else {
		set_ip4(k.addr, ctx->user_ip4);
	}
	if (sk)
		watch(sk, &k, is_dns(k.port));
	tell(&k);
	if (op == OP_CONNECT)
		bpf_map_update_elem(&pending, &id, &k, BPF_ANY);
	return 1;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return to_address(ctx, OP_CONNECT, false);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	return to_address(ctx, OP_CONNECT, true);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	return to_address(ctx, OP_SEND, false);
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	return to_address(ctx, OP_SEND, true);
}

/* A socket is bound: the port that the kernel chose is there. */
SEC("cgroup/post_bind4")
int post_bind4(struct bpf_sock *sk)
{
	struct net_key k;

	if (!by_current(&k, OP_BIND))
		return 1;
	k.family = AF_INET;
	k.protocol = sk->protocol;
	k.port = sk->src_port;
	set_ip4(k.addr, sk->src_ip4);
	tell(&k);
	return 1;
}

SEC("cgroup/post_bind6")
int post_bind6(struct bpf_sock *sk)
{
	struct net_key k;
	__u32 *to = (__u32 *)k.addr;

	if (!by_current(&k, OP_BIND))
		return 1;
	k.family = AF_INET6;
	k.protocol = sk->protocol;
	k.port = sk->src_port;
	to[0] = sk->src_ip6[0];
	to[1] = sk->src_ip6[1];
	to[2] = sk->src_ip6[2];
	to[3] = sk->src_ip6[3];
	tell(&k);
	return 1;
}

/* A socket is made: its packets are watched from the first one on. */
SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *sk)
{
	struct net_key k;

	if (!by_current(&k, OP_SOCKET))
		return 1;
	watch(sk, &k, false);
	if (sk->type != SOCK_RAW)
		return 1;
	k.family = sk->family;
	k.type = sk->type;
	k.protocol = sk->protocol;
	tell(&k);
	return 1;
}

/*
 * inet_sock_set_state knows why a connect failed, also one that nobody waited
 * for: the socket's error is set before it is closed.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int old, int new)
{
	struct sock_state *s;
	struct net_key k = {};

	if (old != TCP_SYN_SENT || new != TCP_CLOSE || !sk->sk_err)
		return 0;
	s = bpf_sk_storage_get(&socks, sk, NULL, 0);
	if (!s)
		return 0;
	k.pid = s->pid;
	k.start = s->start;
	k.op = OP_CONNECT;
	k.error = sk->sk_err;
	k.protocol = sk->sk_protocol;
	k.family = sk->__sk_common.skc_family;
	k.port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (k.family == AF_INET6)
		__builtin_memcpy(k.addr, sk->__sk_common.skc_v6_daddr.in6_u.u6_addr8, sizeof(k.addr));
	else
		set_ip4(k.addr, sk->__sk_common.skc_daddr);
	tell(&k);
	return 0;
}

#endif
