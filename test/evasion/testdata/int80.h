// The 32-bit entry of the kernel (int 0x80) from a 64-bit program.
#include "trick.h"

static UNUSED void no_entry(int sig)
{
	(void)sig;
	errno = ENOSYS;
	refused("int 0x80 raises SIGSEGV");
}

// int80 makes one call. Pointers have to be below 4 GiB, see low.
static UNUSED long int80(long number, long a, long b, long c)
{
	long r = -ENOSYS;
#ifdef __x86_64__
	signal(SIGSEGV, no_entry);
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
	signal(SIGSEGV, SIG_DFL);
#else
	(void)number, (void)a, (void)b, (void)c;
#endif
	if (r < 0 && r > -4096)
		errno = -r;
	return r < 0 && r > -4096 ? -1 : r;
}

// low is a page below 4 GiB.
static UNUSED void *low(void)
{
#ifndef MAP_32BIT
	errno = ENOSYS, refused("memory below 4 GiB");
#else
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (p == MAP_FAILED)
		failed("memory below 4 GiB");
	return p;
#endif
}
