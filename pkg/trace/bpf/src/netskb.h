/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets of members' sockets, at the root cgroup: copies of those that may
 * have a name in them, and destinations that no other hook shows (raw sockets
 * and ping). The programs always return 1, which lets the packet pass.
 */
#ifndef NETSKB_H
#define NETSKB_H

enum {
	FLAG_INBOUND = 1,
	FLAG_CUT = 2,
	FLAG_DNS = 4,

	MAX_STREAM = 16384, /* bytes of a stream's beginning that are looked at */
	MAX_PIECES = 64,    /* of those, copied one by one */
	MAX_DNS = 4096,     /* segments of one stream of DNS */
	MAX_INITIALS = 16,  /* QUIC's, from a socket to an address */
	MAX_SEGMENTS = 8,   /* datagrams in one buffer, looked at */
	MAX_PIECE = 4096,   /* bytes of one packet that are copied */

	QUIC_V1 = 0x00000001,
	QUIC_V2 = 0x6b3343cf,
};

struct piece {
	struct head head;
	__u64 socket;
	__u32 offset; /* in the stream, TCP */
	__u16 local_port, remote_port;
	__u8 local[16], remote[16]; /* as in struct net_key */
	__u16 protocol;
	__u16 flags;
	__u16 len;
	__u16 spare;
	__u8 data[];
};

/* What is to be copied of a packet. It goes to a global function by pointer. */
struct todo {
	__s32 pid;
	__u32 at; /* where in the packet */
	__u32 len;
	__u32 offset;
	__u16 local_port, remote_port;
	__u8 local[16], remote[16];
	__u16 protocol;
	__u16 flags;
};

/* QUIC packets copied, by socket and address. */
struct quic_key {
	__u64 socket;
	__u8 remote[16];
	__u32 port, spare;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct quic_key);
	__type(value, __u32);
} initials SEC(".maps");

/* Flows whose beginning was not copied as far as it may have a name. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} unread SEC(".maps");

static __always_inline void count_unread(void)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&unread, &zero);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/*
 * A record's room must be constant where it is reserved, so there is one place
 * for each of a few sizes. Not built in a slot of the CPU: a packet may come in
 * while another one is on its way out.
 */
#define copy_sized(skb, t, len_, room)                                                                \
	do {                                                                                          \
		__u64 n_ = (len_);                                                                    \
		struct piece *r_ = bpf_ringbuf_reserve(&events, sizeof(struct piece) + (room), 0);    \
		if (!r_) {                                                                            \
			lost(CLASS_NETWORK);                                                          \
			break;                                                                        \
		}                                                                                     \
		set_head(&r_->head, KIND_PIECE, CLASS_NETWORK, (t)->pid, sizeof(struct piece) + n_);  \
		r_->socket = bpf_get_socket_cookie(skb);                                              \
		r_->offset = (t)->offset;                                                             \
		r_->local_port = (t)->local_port;                                                     \
		r_->remote_port = (t)->remote_port;                                                   \
		__builtin_memcpy(r_->local, (t)->local, 16);                                          \
		__builtin_memcpy(r_->remote, (t)->remote, 16);                                        \
		r_->protocol = (t)->protocol;                                                         \
		r_->flags = (t)->flags;                                                               \
		r_->len = n_;                                                                         \
		r_->spare = 0;                                                                        \
		bounded(n_);                                                                          \
		if ((__s64)n_ < 1 || n_ > (room) || bpf_skb_load_bytes(skb, (t)->at, r_->data, n_)) { \
			bpf_ringbuf_discard(r_, 0);                                                   \
			lost(CLASS_NETWORK);                                                          \
			break;                                                                        \
		}                                                                                     \
		submit(events, r_);                                                                   \
	} while (0)

/* copy sends what t says of a packet, at most MAX_PIECE bytes. */
__noinline int copy(struct __sk_buff *skb, struct todo *t)
{
	__u32 n;

	if (!t)
		return 0;
	n = t->len;
	if (n > MAX_PIECE) {
		n = MAX_PIECE;
		t->flags |= FLAG_CUT;
	}
	if (n == 0)
		return 0;
	attempted(CLASS_NETWORK);
	if (!has_room()) {
		lost(CLASS_NETWORK);
		return 0;
	}
	if (n <= 176)
		copy_sized(skb, t, n, 176);
	else if (n <= 688)
		copy_sized(skb, t, n, 688);
	else if (n <= 1968)
		copy_sized(skb, t, n, 1968);
	else
		copy_sized(skb, t, n, MAX_PIECE);
	return 0;
}

/* Where the parts of a packet are. */
struct layout {
	__u8 protocol;
	__u32 at;    /* of what IP carries, then of what TCP or UDP does */
	__u8 source[16], destination[16];
};

/* read_ip reads the header of IPv4 or IPv6. It returns false for a later fragment. */
__noinline int read_ip(struct __sk_buff *skb, struct layout *l)
{
	__u8 h[40];
	__be32 ip;

	if (!l)
		return false;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, 0, h, 20) || (h[6] & 0x1f) || h[7])
			return false;
		l->protocol = h[9];
		l->at = (h[0] & 0x0f) * 4;
		__builtin_memcpy(&ip, h + 12, 4);
		set_ip4(l->source, ip);
		__builtin_memcpy(&ip, h + 16, 4);
		set_ip4(l->destination, ip);
		return true;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6) || bpf_skb_load_bytes(skb, 0, h, 40))
		return false;
	l->protocol = h[6];
	l->at = 40;
	__builtin_memcpy(l->source, h + 8, 16);
	__builtin_memcpy(l->destination, h + 24, 16);
#pragma unroll
	for (int i = 0; i < 3; i++) {
		/* Hop-by-hop and destination options, routing (RFC 8200, 4). */
		if (l->protocol != 0 && l->protocol != 43 && l->protocol != 60)
			break;
		if (bpf_skb_load_bytes(skb, l->at, h, 2))
			return false;
		l->protocol = h[0];
		l->at += 8 + h[1] * 8;
	}
	return true;
}

/* set_ends says who talks to whom, as the program knows it: the address that it
 * is connected to may be translated on its way. */
static __always_inline void set_ends(struct todo *t, struct bpf_sock *sk, struct layout *l, __u16 source,
				     __u16 destination, bool inbound)
{
	__u32 *to = (__u32 *)t->remote;

	__builtin_memcpy(t->local, inbound ? l->destination : l->source, 16);
	__builtin_memcpy(t->remote, inbound ? l->source : l->destination, 16);
	t->local_port = inbound ? destination : source;
	t->remote_port = inbound ? source : destination;
	t->protocol = l->protocol;
	t->flags = inbound ? FLAG_INBOUND : 0;
	if (sk->dst_port == 0 || sk->type == SOCK_RAW)
		return;
	t->remote_port = bpf_ntohs(sk->dst_port);
	if (sk->family == AF_INET) {
		set_ip4(t->remote, sk->dst_ip4);
	} else if (sk->family == AF_INET6) {
		to[0] = sk->dst_ip6[0];
		to[1] = sk->dst_ip6[1];
		to[2] = sk->dst_ip6[2];
		to[3] = sk->dst_ip6[3];
	}
}

#include "netstream.h"

#include "netdatagram.h"

static __always_inline int packet(struct __sk_buff *skb, bool inbound)
{
	struct bpf_sock *sk = skb->sk;
	struct sock_state *s;
	struct layout l = {};

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	s = bpf_sk_storage_get(&socks, sk, NULL, 0);
	if (!s || s->content == DONE || !read_ip(skb, &l))
		return 1;
	if (l.protocol == IPPROTO_TCP)
		segment(skb, sk, s, &l, inbound);
	else if (l.protocol == IPPROTO_UDP)
		datagram(skb, sk, s, &l, inbound);
	if (!inbound && (sk->type == SOCK_RAW || (l.protocol != IPPROTO_TCP && l.protocol != IPPROTO_UDP)))
		tell_packet(sk, s, &l);
	return 1;
}

SEC("cgroup_skb/egress")
int skb_out(struct __sk_buff *skb)
{
	return packet(skb, false);
}

SEC("cgroup_skb/ingress")
int skb_in(struct __sk_buff *skb)
{
	return packet(skb, true);
}

#endif
