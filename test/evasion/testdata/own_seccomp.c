// The step has a seccomp filter of its own, and may gain no rights.
#include "trick.h"
#include <linux/filter.h>
#include <linux/seccomp.h>

int main(void)
{
	struct sock_filter f[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog p = {1, f};
	ok(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "NO_NEW_PRIVS");
	may(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p), "seccomp");
	is_secret(open_secret("secret"));
	return 0;
}
