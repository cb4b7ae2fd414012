// vsock, past every address of the Internet: to the host, or to ourselves.
#include "net.h"
#include <linux/vm_sockets.h>

int main(void)
{
	struct sockaddr_vm to = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = 40999};
	int srv = may(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	may(bind(srv, (struct sockaddr *)&to, sizeof to), "bind");
	may(listen(srv, 1), "listen");
	int fd = may(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	may(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
	return 0;
}
