// The step empties the tracer's ring buffers itself, by moving the consumer's
// position up to the producer's, while it opens.
#include "bpf.h"

static volatile unsigned long *consumer[16], *producer[16];
static int rings;
static _Atomic int done;

static void take(int id)
{
	struct bpf_map_info info;
	int map = map_open(id, &info);
	long page = sysconf(_SC_PAGESIZE);
	if (map < 0 || info.type != BPF_MAP_TYPE_RINGBUF || rings == 16)
		return;
	void *c = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	void *p = mmap(NULL, page, PROT_READ, MAP_SHARED, map, page);
	if (c != MAP_FAILED && p != MAP_FAILED)
		consumer[rings] = c, producer[rings++] = p;
}

static void *drain(void *unused)
{
	while (!done)
		for (int i = 0; i < rings; i++)
			*consumer[i] = *producer[i];
	return unused;
}

int main(void)
{
	ids("map_id:", take);
	fprintf(stderr, "%d rings\n", rings);
	pthread_t t = thread(drain, NULL);
	for (int i = 0; i < 100; i++)
		close(open_secret("decoy"));
	is_secret(open_secret("secret"));
	done = 1;
	pthread_join(t, NULL);
	return 0;
}
