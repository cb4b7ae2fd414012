/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel's types of the network, cut down like those of kernel.h, and the
 * contexts of the programs, which are the kernel's interface and whole.
 */
#ifndef NETKERNEL_H
#define NETKERNEL_H

enum { BPF_MAP_TYPE_SK_STORAGE = 24, BPF_RB_RING_SIZE = 1 };

enum {
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	AF_PACKET = 17,
	AF_VSOCK = 40,

	SOCK_RAW = 3,

	ETH_P_IP = 0x0800,
	ETH_P_IPV6 = 0x86dd,

	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,

	TCP_SYN_SENT = 2,
	TCP_CLOSE = 7,

	EEXIST = 17,
};

/* Contexts: linux/bpf.h. */
struct bpf_sock {
	__u32 bound_dev_if, family, type, protocol, mark, priority;
	__u32 src_ip4, src_ip6[4];
	__u32 src_port; /* host order */
	__be16 dst_port;
	__u16 : 16;
	__u32 dst_ip4, dst_ip6[4];
	__u32 state;
	__s32 rx_queue_mapping;
};

#define context_pointer(type, name) \
	union {                     \
		type name;          \
		__u64 : 64;         \
	} __attribute__((aligned(8)))

struct bpf_sock_addr {
	__u32 user_family, user_ip4, user_ip6[4];
	__u32 user_port; /* network order, in the first two bytes */
	__u32 family, type, protocol;
	__u32 msg_src_ip4, msg_src_ip6[4];
	context_pointer(struct bpf_sock *, sk);
};

struct __sk_buff {
	__u32 len, pkt_type, mark, queue_mapping, protocol;
	__u32 vlan_present, vlan_tci, vlan_proto, priority;
	__u32 ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid;
	__u32 data, data_end, napi_id;
	__u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	__u32 data_meta;
	context_pointer(void *, flow_keys);
	__u64 tstamp;
	__u32 wire_len, gso_segs;
	context_pointer(struct bpf_sock *, sk);
	__u32 gso_size;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	int sk_err;
	__u16 sk_type, sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct sockaddr;

/* What a struct bpf_sock_addr is inside the kernel. */
struct bpf_sock_addr_kern {
	struct sock *sk;
	struct sockaddr *uaddr;
	__u32 uaddrlen; /* 6.7 and later */
};

struct task_struct___net {
	struct task_struct___net *group_leader;
	__u64 start_boottime;
};

#pragma clang attribute pop

/* What programs pass to calls. */
struct user_sockaddr {
	__u16 family;
	__u8 data[108];
};

struct user_sockaddr_in {
	__u16 family;
	__be16 port;
	__be32 addr;
};

struct user_sockaddr_in6 {
	__u16 family;
	__be16 port;
	__u32 flowinfo;
	__u8 addr[16];
};

struct user_sockaddr_vm {
	__u16 family, reserved;
	__u32 port, cid;
};

#endif
