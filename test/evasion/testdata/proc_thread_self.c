// The same through /proc/thread-self, in a thread whose descriptors are its own.
#include "trick.h"

static void *body(void *unused)
{
	char name[64];
	ok(unshare(CLONE_FILES), "unshare the descriptors");
	int dir = ok(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open .");
	snprintf(name, sizeof name, "/proc/thread-self/fd/%d/secret", dir);
	is_secret(open_secret(name));
	return unused;
}

int main(void)
{
	pthread_join(thread(body, NULL), NULL);
	return 0;
}
