// The tracer's links are detached, where the kernel lets a link be. Then the
// step opens and sends.
#include "bpf.h"
#include "net.h"

static int detached;

static void detach(int id)
{
	union bpf_attr a = {.link_id = id};
	int fd = bpf(BPF_LINK_GET_FD_BY_ID, &a);
	memset(&a, 0, sizeof a);
	a.link_detach.link_fd = fd;
	detached += fd >= 0 && bpf(BPF_LINK_DETACH, &a) == 0;
}

int main(void)
{
	union addr a;
	int links = ids("link_id:", detach);
	fprintf(stderr, "%d of %d links detached\n", detached, links);
	int srv = server(AF_INET, SOCK_DGRAM, 0, &a);
	int fd = ok(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	ok(sendto(fd, "x", 1, 0, &a.any, sizeof a.v4), "sendto");
	arrives(srv, SOCK_DGRAM);
	is_secret(open_secret("secret"));
	return 0;
}
