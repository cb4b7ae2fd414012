// TCP fast open: no connect, the first sendto carries the address.
#include "net.h"

int main(void)
{
	union addr a;
	int queue = 5, srv = server(AF_INET, SOCK_STREAM, 0, &a);
	ok(setsockopt(srv, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue), "TCP_FASTOPEN");
	int fd = ok(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	may(sendto(fd, "x", 1, MSG_FASTOPEN, &a.any, sizeof a.v4), "sendto with MSG_FASTOPEN");
	arrives(srv, SOCK_STREAM);
	return 0;
}
