/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The records of the network: their shapes, which Go reads
 * (decode_net_linux.go), and what keeps one from being sent twice.
 */
#ifndef NETRECORD_H
#define NETRECORD_H

/* bounded makes the compiler check a number where it is used, in the register that
 * is used: the verifier of 6.1 has forgotten earlier checks by then. */
#define bounded(x) asm volatile("" : "+r"(x))

/* KIND_NET is a struct net_record. head.aux is an enum op in all of them. */
enum net_kind {
	KIND_NET_UNIX = KIND_NET + 1, /* struct record with the sections below */
	KIND_PIECE = KIND_NET + 2,    /* struct piece */
};

enum op {
	OP_CONNECT = 1,
	OP_BIND,
	OP_LISTEN,
	OP_SEND,
	OP_ACCEPT,
	OP_SOCKET,
};

/* Sections of KIND_NET_UNIX. */
enum {
	UNIX_PASSED, /* the name that the program gave; an abstract one begins with NUL */
	UNIX_NAME,   /* the name that the socket has, likewise */
	UNIX_PATH,   /* where its file is: components */
};

/*
 * What a record says, and what makes it the same as another. An IPv4 address is
 * in its IPv6 form (RFC 4291, 2.5.5.2). port is that of the other side for
 * connect and send, and our own for bind, listen and accept.
 */
struct net_key {
	__s32 pid;
	__u32 port;
	__u64 start; /* of the process, so that one that gets its PID is another */
	__u8 op;
	__u8 type; /* SOCK_*, of OP_SOCKET only */
	__u16 family;
	__u16 protocol;
	__s16 error;
	__u32 marks;
	__u32 spare;
	__u8 addr[16];
};

struct net_record {
	struct head head;
	__u32 port;
	__u16 family, protocol;
	__u8 addr[16];
};

/*
 * Evicted is what was seen least recently; that costs a repetition, and never
 * loses anything.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct net_key);
	__type(value, __u8);
} seen_net SEC(".maps");

/*
 * has_room keeps half of the ring for the others: whoever floods the network
 * loses records of the network, and not the ends of processes.
 */
static __always_inline bool has_room(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) / 2;
}

/* is_new notes a key, and counts it if it was there already. */
static __always_inline bool is_new(struct net_key *k)
{
	__u8 one = 1;

	if (!bpf_map_lookup_elem(&seen_net, k) &&
	    bpf_map_update_elem(&seen_net, k, &one, BPF_NOEXIST) != -EEXIST)
		return true;
	attempted(CLASS_NETWORK);
	deduplicated(CLASS_NETWORK);
	return false;
}

/*
 * tell sends what a key says, once. It is global, as others here, for the reason
 * that path.h gives. The copy is for 6.1, which takes no key from a caller's
 * stack.
 */
__noinline int tell(struct net_key *from)
{
	struct net_key copy, *k = &copy;
	struct net_record *r;

	if (!from)
		return 0;
	copy = *from;
	if (!is_new(k))
		return 0;
	if (!has_room()) {
		attempted(CLASS_NETWORK);
		lost(CLASS_NETWORK);
		bpf_map_delete_elem(&seen_net, k); /* the next one may have room */
		return 0;
	}
	r = reserve(events, struct net_record, KIND_NET, CLASS_NETWORK, k->pid);
	if (!r) {
		bpf_map_delete_elem(&seen_net, k);
		return 0;
	}
	r->head.aux = k->op;
	r->head.error = k->error;
	r->head.marks = k->marks;
	r->port = k->port;
	r->family = k->family;
	r->protocol = k->protocol;
	__builtin_memcpy(r->addr, k->addr, sizeof(r->addr));
	submit(events, r);
	return 0;
}

static __always_inline void set_ip4(__u8 *addr, __be32 ip)
{
	__builtin_memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	__builtin_memcpy(addr + 12, &ip, sizeof(ip));
}

/* start_of_current tells processes apart that have a PID one after the other. */
static __always_inline __u64 start_of_current(void)
{
	struct task_struct___net *task = (void *)bpf_get_current_task_btf();

	return task->group_leader->start_boottime;
}

/*
 * by_current begins a key for the current process, in a program that cannot use
 * task storage. It returns false if that is not a member.
 */
static __always_inline bool by_current(struct net_key *k, __u8 op)
{
	__builtin_memset(k, 0, sizeof(*k));
	k->pid = pid_of_current();
	if (!k->pid)
		return false;
	k->start = start_of_current();
	k->op = op;
	return true;
}

#endif
