// A list of all BPF programs, links and maps of the machine.
#include "bpf.h"

static int count(int command)
{
	union bpf_attr a = {0};
	int n = 0;
	for (; bpf(command, &a) == 0; n++) {
		uint32_t next = a.next_id;
		memset(&a, 0, sizeof a);
		a.start_id = next;
	}
	if (errno != ENOENT)
		refused("bpf");
	return n;
}

int main(void)
{
	int programs = count(BPF_PROG_GET_NEXT_ID), links = count(BPF_LINK_GET_NEXT_ID), maps = count(BPF_MAP_GET_NEXT_ID);
	fprintf(stderr, "%d programs, %d links, %d maps\n", programs, links, maps);
	return 0;
}
