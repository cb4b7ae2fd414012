/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * TCP: the beginning of a stream that starts with a TLS handshake, and streams
 * of DNS. A stream that is neither is done with its first segment.
 */
#ifndef NETSTREAM_H
#define NETSTREAM_H

struct tcp_header {
	__be16 source, destination;
	__be32 seq, ack;
	__u8 doff, flags;
	__be16 window, check, urgent;
};

enum { TCP_SYN = 2 };

/*
 * begin looks at the first bytes of a stream: a record of a TLS handshake that
 * begins with a ClientHello, and how long that is (RFC 8446, 4 and 5.1). If it
 * is split over records, all of the beginning is wanted.
 */
static __always_inline void begin(struct __sk_buff *skb, struct sock_state *s, __u32 at, __u32 len)
{
	__u8 h[9] = {};
	__u32 record, hello;

	s->want = MAX_STREAM;
	s->content = DONE;
	if (bpf_skb_load_bytes(skb, at, h, 1) || h[0] != 22)
		return;
	s->content = TLS;
	if (len < sizeof(h) || bpf_skb_load_bytes(skb, at, h, sizeof(h)))
		return;
	record = h[3] << 8 | h[4];
	hello = 4 + (h[6] << 16 | h[7] << 8 | h[8]);
	if (h[1] != 3 || h[5] != 1)
		s->content = DONE;
	else if (hello <= record)
		s->want = 5 + hello;
}

/* copy_stream copies a segment, which may be up to 64 KiB and hold many. */
static __always_inline void copy_stream(struct __sk_buff *skb, struct todo *t, __u32 len, __u32 limit)
{
	if (len > limit)
		len = limit;
	for (int i = 0; i < MAX_STREAM / MAX_PIECE; i++) {
		if (len == 0)
			return;
		t->len = len > MAX_PIECE ? MAX_PIECE : len;
		copy(skb, t);
		t->at += MAX_PIECE;
		t->offset += MAX_PIECE;
		len = len > MAX_PIECE ? len - MAX_PIECE : 0;
	}
}

static __always_inline void segment(struct __sk_buff *skb, struct bpf_sock *sk, struct sock_state *s,
				    struct layout *l, bool inbound)
{
	struct tcp_header h;
	struct todo t = {};
	__u32 seq, len;

	if (bpf_skb_load_bytes(skb, l->at, &h, sizeof(h)))
		return;
	t.at = l->at + (h.doff >> 4) * 4;
	len = skb->len > t.at ? skb->len - t.at : 0;
	seq = bpf_ntohl(h.seq);
	if (h.flags & TCP_SYN) {
		seq++;
		if (inbound) {
			s->in_base = seq;
			s->has_in = 1;
		} else {
			s->out_base = seq;
			s->has_out = 1;
		}
	}
	if (len == 0)
		return;
	if (inbound && !s->has_in) {
		s->in_base = seq;
		s->has_in = 1;
	}
	if (!inbound && !s->has_out) {
		s->out_base = seq;
		s->has_out = 1;
	}
	t.offset = seq - (inbound ? s->in_base : s->out_base);
	t.pid = s->pid;
	set_ends(&t, sk, l, bpf_ntohs(h.source), bpf_ntohs(h.destination), inbound);
	if (s->content == UNKNOWN && (s->dns || is_dns(t.remote_port)))
		s->content = DNS;
	if (s->content == UNKNOWN && !inbound && t.offset == 0)
		begin(skb, s, t.at, len);
	if (s->content == DNS) {
		t.flags |= FLAG_DNS;
		if (++s->pieces > MAX_DNS) {
			s->content = DONE;
			count_unread();
			return;
		}
		copy_stream(skb, &t, len, MAX_STREAM);
		return;
	}
	if (s->content != TLS || inbound)
		return;
	if (t.offset >= s->want || ++s->pieces > MAX_PIECES) {
		if (t.offset < s->want)
			count_unread();
		s->content = DONE;
		return;
	}
	copy_stream(skb, &t, len, s->want - t.offset);
	if (s->want < MAX_STREAM && t.offset == 0 && len >= s->want)
		s->content = DONE;
}

#endif
