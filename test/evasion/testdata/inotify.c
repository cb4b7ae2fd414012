// Somebody waits for the secret to be written, and reads it then.
#include "trick.h"
#include <sys/inotify.h>

int main(void)
{
	char event[512];
	int in = may(inotify_init1(IN_CLOEXEC), "inotify_init1");
	may(inotify_add_watch(in, "secret", IN_CLOSE_WRITE), "inotify_add_watch");
	pid_t pid = ok(fork(), "fork");
	if (pid == 0)
		_exit(close(ok(open("secret", O_WRONLY | O_CLOEXEC), "open to write")));
	wait_for(pid);
	ok(read(in, event, sizeof event), "read an event");
	is_secret(open_secret("secret"));
	return 0;
}
