// The step removes itself from every map of the tracer: task storage by a
// pidfd, and hashes by its PID.
#include "bpf.h"

static int removed, maps;

static void leave(int id)
{
	struct bpf_map_info info;
	union bpf_attr a = {0};
	int map = map_open(id, &info), pid = getpid();
	int key = info.type == BPF_MAP_TYPE_TASK_STORAGE ? (int)syscall(SYS_pidfd_open, pid, 0) : pid;
	maps += map >= 0;
	if (map < 0 || info.key_size != sizeof key)
		return;
	a.map_fd = map, a.key = (uintptr_t)&key;
	removed += bpf(BPF_MAP_DELETE_ELEM, &a) == 0;
}

int main(void)
{
	ids("map_id:", leave);
	fprintf(stderr, "out of %d of %d maps\n", removed, maps);
	is_secret(open_secret("secret"));
	return 0;
}
