// A daemon outside the tree opens the file and hands out the descriptor, as
// docker's does for its clients.
#include "net.h"

int main(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "daemon"};
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {&data, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	int s = ok(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"), fd;
	ok(connect(s, (struct sockaddr *)&to, sizeof to), "connect to the daemon");
	ok(recvmsg(s, &m, MSG_CMSG_CLOEXEC), "receive");
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		errno = 0, failed("no descriptor came");
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	is_secret(fd);
	return 0;
}
