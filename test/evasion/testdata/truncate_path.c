// A file loses its content without being opened.
#include "trick.h"

int main(void)
{
	struct stat st;
	ok(truncate("decoy", 0), "truncate");
	ok(stat("decoy", &st), "stat");
	return st.st_size != 0;
}
