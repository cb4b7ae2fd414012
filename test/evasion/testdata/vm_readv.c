// process_vm_readv: memory of another process, without ptrace. And writev.
#include "victim.h"
#include <sys/uio.h>

int main(void)
{
	char buf[64] = "";
	struct victim v = victim();
	struct iovec to = {buf, strlen(SECRET)}, from = {v.secret, strlen(SECRET)};
	may(process_vm_readv(v.pid, &to, 1, &from, 1, 0), "process_vm_readv");
	if (strcmp(buf, SECRET) != 0)
		errno = 0, failed("what was read is not the secret");
	may(process_vm_writev(v.pid, &to, 1, &from, 1, 0), "process_vm_writev");
	release(v);
	return 0;
}
