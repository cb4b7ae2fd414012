/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * UDP: messages of DNS, and Initial packets of QUIC. And packets of sockets
 * that are neither TCP nor UDP, whose destination only the packet has.
 */
#ifndef NETDATAGRAM_H
#define NETDATAGRAM_H

struct udp_header {
	__be16 source, destination, len, check;
};

/* is_initial reports whether a datagram begins with an Initial packet that the
 * keys are known for (RFC 9000, 17.2; RFC 9369, 3.2). */
static __always_inline bool is_initial(struct __sk_buff *skb, __u32 at)
{
	__u8 h[5];
	__u32 version;

	if (bpf_skb_load_bytes(skb, at, h, sizeof(h)) || !(h[0] & 0x80))
		return false;
	version = h[1] << 24 | h[2] << 16 | h[3] << 8 | h[4];
	return (version == QUIC_V1 && (h[0] >> 4 & 3) == 0) || (version == QUIC_V2 && (h[0] >> 4 & 3) == 1);
}

/* may_copy bounds the Initial packets from a socket to an address. */
static __always_inline bool may_copy(struct __sk_buff *skb, struct todo *t)
{
	struct quic_key k = {.socket = bpf_get_socket_cookie(skb), .port = t->remote_port};
	__u32 one = 1, *n;

	__builtin_memcpy(k.remote, t->remote, sizeof(k.remote));
	n = bpf_map_lookup_elem(&initials, &k);
	if (!n) {
		bpf_map_update_elem(&initials, &k, &one, BPF_ANY);
		return true;
	}
	if (*n >= MAX_INITIALS) {
		if (*n == MAX_INITIALS) {
			++*n;
			count_unread();
		}
		return false;
	}
	++*n;
	return true;
}

/* copy_initial copies a datagram if it is an Initial packet. */
__noinline int copy_initial(struct __sk_buff *skb, struct todo *t)
{
	if (t && is_initial(skb, t->at) && may_copy(skb, t))
		copy(skb, t);
	return 0;
}

static __always_inline void datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct sock_state *s,
				     struct layout *l, bool inbound)
{
	struct udp_header h;
	struct todo t = {};
	__u32 len, each;

	if (bpf_skb_load_bytes(skb, l->at, &h, sizeof(h)))
		return;
	t.at = l->at + sizeof(h);
	len = skb->len > t.at ? skb->len - t.at : 0;
	t.pid = s->pid;
	set_ends(&t, sk, l, bpf_ntohs(h.source), bpf_ntohs(h.destination), inbound);
	if (s->dns || is_dns(t.remote_port)) {
		t.flags |= FLAG_DNS;
		t.len = len;
		copy(skb, &t);
		return;
	}
	if (inbound)
		return;
	/* A buffer of more than one datagram is split later (UDP_SEGMENT). */
	each = skb->gso_size;
	if (each == 0 || each > len)
		each = len;
	for (int i = 0; i < MAX_SEGMENTS; i++) {
		if (len == 0)
			return;
		t.len = len > each ? each : len;
		copy_initial(skb, &t);
		t.at += t.len;
		len -= t.len;
	}
}

/* tell_packet tells where a packet of a raw socket or of ping goes. */
static __always_inline void tell_packet(struct bpf_sock *sk, struct sock_state *s, struct layout *l)
{
	struct net_key k = {.pid = s->pid, .start = s->start, .op = OP_SEND, .family = sk->family};

	k.protocol = l->protocol;
	__builtin_memcpy(k.addr, l->destination, sizeof(k.addr));
	tell(&k);
}

#endif
