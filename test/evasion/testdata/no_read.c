// The secret is copied by the kernel: sendfile, splice, copy_file_range.
#include "trick.h"
#include <sys/sendfile.h>

static int out(const char *name)
{
	return ok(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644), name);
}

int main(void)
{
	int pipes[2], to;
	size_t size = strlen(SECRET);
	is_secret((ok(sendfile(to = out("one"), open_secret("secret"), NULL, size), "sendfile"), to));
	ok(pipe2(pipes, O_CLOEXEC), "pipe");
	loff_t at = 0;
	ok(splice(open_secret("secret"), &at, pipes[1], NULL, size, 0), "splice");
	is_secret((ok(splice(pipes[0], NULL, to = out("two"), NULL, size, 0), "splice"), to));
	is_secret((may(copy_file_range(open_secret("secret"), NULL, to = out("three"), NULL, size, 0), "copy_file_range"), to));
	return 0;
}
