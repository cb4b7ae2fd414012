// An ICMP echo through a raw socket.
#include "net.h"
#include <netinet/ip_icmp.h>

int main(void)
{
	union addr a = loopback(AF_INET, 0);
	struct icmphdr echo = {.type = ICMP_ECHO, .checksum = htons(0xf7ff - 0)};
	char reply[256];
	int fd = may(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP), "socket");
	ok(sendto(fd, &echo, sizeof echo, 0, &a.any, sizeof a.v4), "sendto");
	return ok(recv(fd, reply, sizeof reply, 0), "receive") < (long)sizeof echo;
}
