// A UDP datagram made by hand and put on the wire below IP.
#include "net.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

int main(void)
{
	union addr a;
	int srv = server(AF_INET, SOCK_DGRAM, 0, &a);
	struct {
		struct iphdr ip;
		struct udphdr udp;
		char data;
	} __attribute__((packed)) p = {
		.ip = {.version = 4, .ihl = 5, .ttl = 1, .protocol = IPPROTO_UDP, .tot_len = htons(29),
		       .saddr = htonl(INADDR_LOOPBACK), .daddr = htonl(INADDR_LOOPBACK)},
		.udp = {.source = htons(9), .dest = a.v4.sin_port, .len = htons(9)}, .data = 'x'};
	uint32_t sum = 0;
	uint16_t words[10];
	memcpy(words, &p.ip, sizeof words);
	for (int i = 0; i < 10; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p.ip.check = ~sum;
	int fd = may(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)), "socket");
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6,
		.sll_ifindex = may((long)if_nametoindex("lo") ?: -1, "loopback")};
	ok(sendto(fd, &p, sizeof p, 0, (struct sockaddr *)&to, sizeof to), "sendto");
	// Linux takes no such datagram for 127.0.0.1 in, but it was on the wire.
	char back[sizeof p];
	while (ok(recv(fd, back, sizeof back, 0), "receive") < (long)sizeof p || memcmp(back, &p, sizeof p) != 0)
		;
	close(srv);
	return 0;
}
