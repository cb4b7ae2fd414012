// Makes the calls that the sensor watches, one group for each first argument,
// in the current folder. Fails if one that has to work does not.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#define MUST(x) do { if ((x) < 0) { perror(#x); exit(1); } } while (0)

static void opens(void) {
	int fd, dir;
	struct open_how how = {.flags = O_RDWR | O_CREAT | O_APPEND, .mode = 0600};
	MUST(fd = syscall(SYS_openat2, AT_FDCWD, "two", &how, sizeof how));
	MUST(fd = creat("./made", 0600));
	MUST(mkdir("dir", 0700));
	MUST(dir = open("dir", O_RDONLY | O_DIRECTORY));
	MUST(openat(dir, "inner", O_CREAT | O_WRONLY, 0600));
	MUST(symlink("made", "link"));
	MUST(open("link", O_RDONLY));
	MUST(open("dir/../made", O_RDONLY));
	MUST(open("made", O_PATH));
	char name[64];
	sprintf(name, "/proc/self/fd/%d", fd);
	MUST(open(name, O_RDONLY));
	MUST(unlink("two"));
	MUST(open("/proc/self/fd/3", O_RDONLY)); // of two, which is deleted
	MUST(open("x (deleted)", O_CREAT | O_RDONLY, 0600));
	MUST(fd = memfd_create("hidden", 0));
	sprintf(name, "/proc/self/fd/%d", fd);
	MUST(open(name, O_RDWR));
	open("made/none", O_RDONLY);        // ENOTDIR
	open("not there", O_RDONLY);        // ENOENT
	open((char *)8, O_RDONLY);          // EFAULT
	char longest[5000];
	memset(longest, 'x', sizeof longest);
	longest[4999] = 0;
	open(longest, O_RDONLY);            // ENAMETOOLONG
	void *page;
	if ((page = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0)) == MAP_FAILED) exit(1);
}

static void changes(void) {
	int fd, dir;
	struct timespec now[2] = {{1, 0}, {2, 0}};
	struct utimbuf old = {1, 2};
	MUST(mkdir("dir", 0700));
	MUST(dir = open("dir", O_RDONLY | O_DIRECTORY));
	MUST(fd = open("file", O_CREAT | O_RDWR, 0600));
	MUST(mkdirat(dir, "sub", 0700));
	MUST(mknod("fifo", S_IFIFO | 0600, 0));
	MUST(mknodat(dir, "fifo", S_IFIFO | 0600, 0));
	MUST(link("file", "hard"));
	MUST(linkat(AT_FDCWD, "file", dir, "hard", 0));
	MUST(symlink("to/nowhere", "soft"));
	MUST(symlinkat("to/nowhere", dir, "soft"));
	MUST(rename("hard", "renamed"));
	MUST(renameat(dir, "hard", dir, "renamed"));
	MUST(syscall(SYS_renameat2, AT_FDCWD, "renamed", AT_FDCWD, "./again", RENAME_NOREPLACE));
	MUST(chmod("file", 04755));
	MUST(fchmod(fd, 0644));
	MUST(fchmodat(dir, "sub", 0755, 0));
	MUST(chown("file", geteuid(), getegid()));
	MUST(lchown("soft", geteuid(), getegid()));
	MUST(fchown(fd, geteuid(), getegid()));
	MUST(fchownat(dir, "sub", geteuid(), getegid(), 0));
	MUST(fchownat(fd, "", geteuid(), getegid(), AT_EMPTY_PATH));
	MUST(truncate("file", 1));
	MUST(ftruncate(fd, 0));
	setxattr("file", "user.a", "1", 1, 0);
	fsetxattr(fd, "user.b", "1", 1, 0);
	MUST(utime("file", &old));
	MUST(utimes("file", 0));
	MUST(utimensat(dir, "sub", now, 0));
	MUST(futimens(fd, now));
	MUST(unlinkat(dir, "fifo", 0));
	MUST(unlinkat(dir, "sub", AT_REMOVEDIR));
	MUST(unlink("fifo"));
	MUST(mkdir("empty", 0700));
	MUST(rmdir("empty"));
	rmdir("dir");      // ENOTEMPTY
	unlink("nothing"); // ENOENT
}

static int child(void *arg) { return 0; }

static void suspicious(void) {
	char stack[16384] __attribute__((aligned(16)));
	char word[8];
	struct iovec here = {word, 8}, there = {word, 8};
	uint64_t args[8] = {CLONE_NEWUSER | CLONE_NEWNET, 0, 0, 0, SIGCHLD, 0, 0, 0};
	int pid;
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	ptrace(PTRACE_ATTACH, getpid(), 0, 0);
	process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	process_vm_writev(getpid(), &here, 1, &there, 1, 0);
	memfd_create("buffer", 0);
	syscall(SYS_bpf, 999, 0, 0);
	syscall(SYS_perf_event_open, 0, 77, 0, 0, 0);
	syscall(SYS_init_module, 0, 0, "options");
	syscall(SYS_delete_module, "no_such_module", 0);
	syscall(SYS_userfaultfd, 1 << 30);
	syscall(SYS_keyctl, 9999, 0, 0, 0, 0);
	syscall(SYS_add_key, "no-such-type", "its-name", "x", 1, -3);
	syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0);
	syscall(SYS_io_uring_setup, 0, 0);
	syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, getpid(), 0), 0, 0);
	syscall(SYS_mount, "from", "onto", "no-such-fs", 0, 0);
	syscall(SYS_move_mount, AT_FDCWD, "here", AT_FDCWD, "there", 0);
	syscall(SYS_open_by_handle_at, AT_FDCWD, word, O_RDONLY);
	syscall(SYS_setns, open("/proc/self/ns/uts", O_RDONLY), CLONE_NEWUTS);
	syscall(SYS_chroot, "no-such-folder");
	syscall(SYS_pivot_root, "no-such-folder", "x");
	syscall(SYS_kexec_load, 0, 7, 0, 0);
	pid = clone(child, stack + sizeof stack, CLONE_NEWUSER | CLONE_NEWUTS | SIGCHLD, 0);
	if (pid > 0) waitpid(pid, 0, 0);
	pid = syscall(SYS_clone3, args, 64);
	if (pid == 0) _exit(0);
	if (pid > 0) waitpid(pid, 0, 0);
	syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS);
}

static void *execs(void *path) {
	execl(path, "from-a-thread", (char *)0);
	exit(1);
}

static void *waits(void *arg) { for (;;) pause(); }

static void thread_exec(char *path) {
	pthread_t t;
	for (int i = 0; i < 4; i++) pthread_create(&t, 0, waits, 0);
	pthread_create(&t, 0, execs, path);
	pthread_join(t, 0);
}

static void fexec(char *path) {
	char buf[65536];
	int n, from, fd;
	MUST(from = open(path, O_RDONLY));
	MUST(fd = memfd_create("sneaky", MFD_CLOEXEC));
	while ((n = read(from, buf, sizeof buf)) > 0) MUST(write(fd, buf, n));
	char *args[] = {"quiet", 0}, *env[] = {0};
	syscall(SYS_execveat, fd, "", args, env, AT_EMPTY_PATH);
	exit(1);
}

// The first thread ends before the others.
static void *outlives(void *arg) {
	while (open("first-is-gone", O_RDONLY) < 0) usleep(1000);
	exit(42);
}

static void leaderless(void) {
	pthread_t t;
	pthread_create(&t, 0, outlives, 0);
	close(open("first-is-gone", O_CREAT | O_WRONLY, 0600));
	pthread_exit(0);
}

// A child made by vfork holds its parent until it does an exec.
static void vforks(char *path) {
	int pid = vfork();
	if (pid == 0) { execl(path, path, (char *)0); _exit(1); }
	MUST(waitpid(pid, 0, 0));
}

// Double fork with a session of its own, ended before the parent goes.
static void daemonizes(void) {
	int p[2];
	char c;
	MUST(pipe(p));
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			open("daemon", O_CREAT | O_WRONLY, 0600);
			_exit(0);
		}
		_exit(0);
	}
	close(p[1]);
	read(p[0], &c, 1); // until both have gone
}

// Children that ask not to be traced, by both calls.
static void untraced(void) {
	uint64_t args[8] = {CLONE_UNTRACED, 0, 0, 0, SIGCHLD, 0, 0, 0};
	int status, pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) { MUST(open("first", O_CREAT | O_WRONLY, 0600)); _exit(0); }
	waitpid(pid, &status, 0);
	if (status) exit(1);
	pid = syscall(SYS_clone3, args, 64);
	if (pid == 0) { MUST(open("second", O_CREAT | O_WRONLY, 0600)); _exit(0); }
	waitpid(pid, &status, 0);
	if (status || args[0] != CLONE_UNTRACED) exit(1);
}

// All threads of whoever traces this one.
static void trace_tracer(void) {
	char line[256], dir[64];
	int tracer = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, f)) sscanf(line, "TracerPid: %d", &tracer);
	sprintf(dir, "/proc/%d/status", tracer);
	f = fopen(dir, "r");
	while (fgets(line, sizeof line, f)) sscanf(line, "Tgid: %d", &tracer);
	sprintf(dir, "/proc/%d/task", tracer);
	DIR *d = opendir(dir);
	for (struct dirent *e; (e = readdir(d));) {
		int tid = atoi(e->d_name);
		if (tid && (ptrace(PTRACE_SEIZE, tid, 0, 0) == 0 || errno != EPERM)) exit(1);
		if (tid && (ptrace(PTRACE_ATTACH, tid, 0, 0) == 0 || errno != EPERM)) exit(1);
	}
	MUST(open("made", O_CREAT | O_WRONLY, 0600));
}

// A mount that is attached nowhere, and a mount namespace.
static void mounts(void) {
	int tree;
	MUST(open("file", O_CREAT | O_WRONLY, 0600));
	tree = syscall(SYS_open_tree, AT_FDCWD, ".", 1 /* OPEN_TREE_CLONE */);
	if (tree < 0) exit(77);
	MUST(openat(tree, "file", O_RDONLY));
	MUST(open("file", O_RDWR));
	if (unshare(CLONE_NEWNS) < 0) exit(77);
	MUST(open("file", O_WRONLY | O_APPEND));
}

#ifdef __x86_64__
static long compat(long nr, long a, long b, long c) {
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
	return result;
}

// The 32-bit calls of a 64-bit program: 5 is open there and fstat here.
static void compat_calls(void) {
	char *low = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	strcpy(low, "compat");
	MUST(compat(5, (long)low, O_CREAT | O_RDWR, 0600));
	MUST(compat(38, (long)low, (long)strcpy(low + 64, "moved"), 0));
	uint32_t *args = (uint32_t *)(low + 128);
	struct { uint16_t family, port; uint32_t addr; char pad[8]; } *sa = (void *)(low + 256);
	sa->family = 2, sa->port = __builtin_bswap16(53), sa->addr = __builtin_bswap32(0x7f000001);
	args[0] = 2, args[1] = 2, args[2] = 0;
	int fd;
	MUST(fd = compat(102, 1, (long)args, 0)); // socketcall: socket
	args[0] = fd, args[1] = (uint32_t)(long)sa, args[2] = 16;
	MUST(compat(102, 3, (long)args, 0)); // connect
}
#endif

int main(int argc, char **argv) {
	char *what = argv[1];
	if (!strcmp(what, "opens")) opens();
	else if (!strcmp(what, "changes")) changes();
	else if (!strcmp(what, "suspicious")) suspicious();
	else if (!strcmp(what, "thread-exec")) thread_exec(argv[2]);
	else if (!strcmp(what, "fexec")) fexec(argv[2]);
	else if (!strcmp(what, "leaderless")) leaderless();
	else if (!strcmp(what, "vfork")) vforks(argv[2]);
	else if (!strcmp(what, "daemon")) daemonizes();
	else if (!strcmp(what, "untraced")) untraced();
	else if (!strcmp(what, "trace-tracer")) trace_tracer();
	else if (!strcmp(what, "mounts")) mounts();
#ifdef __x86_64__
	else if (!strcmp(what, "compat")) compat_calls();
#endif
	else return 2;
	return 0;
}
