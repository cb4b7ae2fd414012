// The name lies on a page that a thread of ours delivers when the kernel asks
// for it, and not before that thread has opened a file: whoever reads the name
// while that thread is held waits for ever.
#include "trick.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

static int uffd;

static void *serve(void *unused)
{
	static char page[4096] __attribute__((aligned(4096))) = "secret";
	struct uffd_msg msg;
	ok(read(uffd, &msg, sizeof msg), "read a fault");
	open_secret("decoy");
	struct uffdio_copy copy = {.dst = msg.arg.pagefault.address & ~4095ul, .src = (uintptr_t)page, .len = 4096};
	ok(ioctl(uffd, UFFDIO_COPY, &copy), "deliver the page");
	return unused;
}

int main(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	uffd = may(syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd");
	may(ioctl(uffd, UFFDIO_API, &api), "UFFDIO_API");
	char *name = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register r = {.range = {(uintptr_t)name, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	may(ioctl(uffd, UFFDIO_REGISTER, &r), "UFFDIO_REGISTER");
	thread(serve, NULL);
	is_secret(open_secret(name));
	return 0;
}
