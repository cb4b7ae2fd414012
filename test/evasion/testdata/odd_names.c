// Names that forge lines of a log, move a terminal's cursor, are no UTF-8, or
// look like the kernel's own mark of a deleted file.
#include "trick.h"

int main(void)
{
	static const char *names[] = {"line\nfeed", "esc\033[2Jape", "not-\xff-utf8", "not-\xfe-utf8",
		"::error::forged", "secret (deleted)", " ", "\"quote\\", "line\r\nfeed"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ok(mknod(names[i], S_IFREG | 0644, 0), "make an odd name");
		int fd = open_secret(names[i]);
		close(fd);
	}
	return 0;
}
