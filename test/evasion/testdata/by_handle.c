// open_by_handle_at: no name at all.
#include "trick.h"

int main(void)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = {.h.handle_bytes = MAX_HANDLE_SZ};
	int mount_id;
	may(name_to_handle_at(AT_FDCWD, "secret", &u.h, &mount_id, 0), "name_to_handle_at");
	int dir = ok(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open .");
	is_secret(may(open_by_handle_at(dir, &u.h, O_RDONLY | O_CLOEXEC), "open_by_handle_at"));
	return 0;
}
