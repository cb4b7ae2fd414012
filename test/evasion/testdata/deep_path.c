// So far down that the absolute name is longer than PATH_MAX.
#include "trick.h"

int main(void)
{
	struct stat st;
	char dir[201] = {0};
	memset(dir, 'd', 200);
	int home = ok(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open .");
	for (int i = 0; i < 25; i++) {
		ok(mkdir(dir, 0755), "mkdir");
		ok(chdir(dir), "chdir");
	}
	ok(mknod("deep", S_IFREG | 0644, 0), "make the file");
	int fd = open_secret("deep");
	ok(fstat(fd, &st), "fstat");
	ok(fchdir(home), "back");
	fact("inode", "%lu", (unsigned long)st.st_ino);
	return 0;
}
