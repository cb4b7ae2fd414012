// Races between two files of the same number: a-N and b-N. The trick says in
// the file `truth` which of them it got, by inode, and the harness compares
// with what was reported. Each pair is used once, so that no sensor may leave
// an open out as a repetition.
#include "trick.h"
#include <time.h>

static ino_t race_inode[2][4096];
static char race_seen[2][4096];
static int race_count;
static time_t race_begun;

// race_over ends a race that takes too long, on a machine that is busy or under
// a tracer that is slow.
static UNUSED int race_over(void)
{
	return time(NULL) > race_begun + 4;
}

// race_files makes the pairs in two folders (or one) with mknod, which is no
// open.
static void race_files(int n, const char *left, const char *right)
{
	char name[256];
	struct stat st;
	race_count = n;
	for (int i = 0; i < n; i++)
		for (int side = 0; side < 2; side++) {
			snprintf(name, sizeof name, side ? right : left, i);
			ok(mknod(name, S_IFREG | 0644, 0), name);
			ok(stat(name, &st), name);
			race_inode[side][i] = st.st_ino;
		}
	race_begun = time(NULL);
}

// race_got notes which file of pair i fd is, or, if that pair has no such
// file, any other pair.
static UNUSED void race_got(int fd, int i)
{
	struct stat st;
	ok(fstat(fd, &st), "fstat");
	for (int k = 0; k < race_count; k++)
		for (int side = 0; side < 2; side++)
			if (race_inode[side][(i + k) % race_count] == st.st_ino) {
				race_seen[side][(i + k) % race_count] = 1;
				return;
			}
	errno = 0, failed("opened a file of no pair");
}

// race_truth writes down what was opened. Unless one_sided, both sides must have
// won at times, else nothing raced.
static void race_truth(const char *left, const char *right, int one_sided)
{
	int won[2] = {0, 0};
	FILE *f = fopen("truth", "we");
	if (!f)
		failed("truth");
	for (int i = 0; i < race_count; i++)
		for (int side = 0; side < 2; side++)
			if (race_seen[side][i]) {
				won[side]++;
				fprintf(f, side ? right : left, i);
				fputc('\n', f);
			}
	if (fclose(f) != 0)
		failed("write truth");
	fprintf(stderr, "%d of the left, %d of the right\n", won[0], won[1]);
	if (!one_sided && (won[0] == 0 || won[1] == 0))
		errno = 0, refused("nothing raced");
}
