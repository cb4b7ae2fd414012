// fanotify hands the reader of its events a descriptor of what others opened.
#include "trick.h"
#include <sys/fanotify.h>

int main(void)
{
	int fan = may(fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC), "fanotify_init");
	may(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "secret"), "fanotify_mark");
	pid_t pid = ok(fork(), "fork");
	if (pid == 0) {
		is_secret(open_secret("secret"));
		_exit(0);
	}
	wait_for(pid);
	struct fanotify_event_metadata event;
	ok(read(fan, &event, sizeof event), "read an event");
	fact("pid", "%d", getpid());
	is_secret(event.fd);
	return 0;
}
