// The bpf system call, without libbpf.
#include "attack.h"
#include <linux/bpf.h>

static UNUSED long bpf(int command, union bpf_attr *a)
{
	return syscall(SYS_bpf, command, a, sizeof *a);
}

static UNUSED int map_open(int id, struct bpf_map_info *info)
{
	union bpf_attr a = {.map_id = id};
	int fd = bpf(BPF_MAP_GET_FD_BY_ID, &a);
	if (fd < 0)
		return -1;
	memset(info, 0, sizeof *info);
	memset(&a, 0, sizeof a);
	a.info.bpf_fd = fd, a.info.info_len = sizeof *info, a.info.info = (uintptr_t)info;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &a) < 0 ? -1 : fd;
}
