// What every trick shares. A trick runs in a folder of its own with the files
// `secret` and `decoy`. It exits 0 only if it saw for itself that it worked, 77
// if this kernel refused it, and 1 if it went wrong: "not seen" must never be
// "did not happen".
#ifndef TRICK_H
#define TRICK_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET "the secret\n"
#define UNUSED __attribute__((unused))

// Nothing here may hang for ever, traced or not.
__attribute__((constructor)) static void bound(void)
{
	alarm(45);
}

static UNUSED _Noreturn void refused(const char *what)
{
	fprintf(stderr, "refused: %s: %s (%d)\n", what, strerror(errno), errno);
	_exit(77);
}

static UNUSED _Noreturn void failed(const char *what)
{
	fprintf(stderr, "failed: %s: %s (%d)\n", what, strerror(errno), errno);
	_exit(1);
}

// ok is the result of a call that has to succeed wherever the trick can work.
static UNUSED long ok(long r, const char *what)
{
	if (r < 0)
		failed(what);
	return r;
}

// may is the result of a call that a kernel, or its configuration, may refuse.
static UNUSED long may(long r, const char *what)
{
	if (r < 0)
		refused(what);
	return r;
}

// is_secret proves that fd reads the secret.
static UNUSED void is_secret(int fd)
{
	char buf[64];
	ssize_t n = ok(pread(fd, buf, sizeof buf, 0), "read the secret");
	if (n != (ssize_t)strlen(SECRET) || memcmp(buf, SECRET, n) != 0)
		errno = 0, failed("what was read is not the secret");
}

// open_secret opens it as a raw system call, without libc's handling of
// cancellation, so that a child that shares our memory can call it.
static UNUSED int open_secret(const char *name)
{
	return ok(syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0), name);
}

// fact tells the harness what only the trick knows: "{key}" in its table. Not
// to be used after a chroot or a change of folder.
static UNUSED void fact(const char *key, const char *format, ...)
{
	char line[8192];
	int n = snprintf(line, sizeof line, "%s=", key);
	va_list list;
	va_start(list, format);
	n += vsnprintf(line + n, sizeof line - n - 1, format, list);
	va_end(list);
	line[n++] = '\n';
	int fd = ok(open("facts", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), "facts");
	if (write(fd, line, n) != n)
		failed("write a fact");
	close(fd);
}

// wait_for passes on what became of a child.
static UNUSED void wait_for(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			failed("wait for a child");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	fprintf(stderr, "a child ended with status %#x\n", status);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

// copy_self makes an executable copy of this program. The descriptor is closed
// before anybody forks: a program that is open for writing can not be run.
static UNUSED void copy_self(const char *to, mode_t mode)
{
	int in = ok(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open myself");
	int out = ok(open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode), to);
	char buf[1 << 16];
	ssize_t n;
	while ((n = ok(read(in, buf, sizeof buf), "read myself")) > 0)
		if (write(out, buf, n) != n)
			failed(to);
	ok(fchmod(out, mode), to);
	close(in);
	close(out);
}

// inner is what a program that was executed by a trick does: it reads the
// secret, so that its open has to appear under the new program.
static UNUSED int inner(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[argc - 1], "inner") != 0)
		return 0;
	is_secret(open_secret("secret"));
	return 1;
}

// thread starts a thread that must start.
static UNUSED pthread_t thread(void *(*f)(void *), void *arg)
{
	pthread_t t;
	errno = pthread_create(&t, NULL, f, arg);
	if (errno)
		failed("start a thread");
	return t;
}
#endif
