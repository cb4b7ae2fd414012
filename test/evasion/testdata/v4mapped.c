// IPv4 through a socket of IPv6: ::ffff:127.0.0.1.
#include "net.h"

int main(void)
{
	union addr a;
	int srv = server(AF_INET, SOCK_STREAM, 0, &a);
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = a.v4.sin_port};
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr);
	int fd = may(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	may(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
	ok(write(fd, "x", 1), "write");
	arrives(srv, SOCK_STREAM);
	return 0;
}
