// 64 threads open a file each at the same moment.
#include "race.h"

enum { N = 64 };
static pthread_barrier_t gate;

static void *body(void *arg)
{
	char name[32];
	int i = (int)(intptr_t)arg;
	snprintf(name, sizeof name, "a-%d", i);
	pthread_barrier_wait(&gate);
	race_got(ok(open(name, O_RDONLY | O_CLOEXEC), name), i);
	return NULL;
}

int main(void)
{
	pthread_t t[N];
	race_files(N, "a-%d", "b-%d");
	pthread_barrier_init(&gate, NULL, N);
	for (int i = 0; i < N; i++)
		t[i] = thread(body, (void *)(intptr_t)i);
	for (int i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	race_truth("a-%d", "b-%d", 1);
	return 0;
}
