// Finds who traces us: our parent if it is `cilock trace`, our ptrace tracer,
// our parent's other descendants, and processes of the same program file. It
// never finds anybody else's tracer.
#include "trick.h"
#include <dirent.h>

enum { TARGETS = 64 };

static UNUSED int proc_text(pid_t pid, const char *file, char *out, size_t size)
{
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/%s", pid, file);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
	if (fd >= 0)
		close(fd);
	out[n < 0 ? 0 : n] = 0;
	return n;
}

static UNUSED pid_t parent_of(pid_t pid)
{
	char stat[512];
	if (proc_text(pid, "stat", stat, sizeof stat) <= 0 || !strrchr(stat, ')'))
		return 0;
	return atoi(strrchr(stat, ')') + 4);
}

static UNUSED int is_target(pid_t pid, pid_t top, pid_t tracer)
{
	char name[64], ours[PATH_MAX] = "", theirs[PATH_MAX] = "";
	if (pid == getpid())
		return 0;
	if (pid == top || pid == tracer)
		return 1;
	snprintf(name, sizeof name, "/proc/%d/exe", top);
	ssize_t n = readlink(name, ours, sizeof ours - 1);
	snprintf(name, sizeof name, "/proc/%d/exe", pid);
	if (n > 0 && readlink(name, theirs, sizeof theirs - 1) > 0 && strcmp(ours, theirs) == 0)
		return 1;
	for (int depth = 0; pid > 1 && depth < 16; depth++)
		if ((pid = parent_of(pid)) == top)
			return 1;
	return 0;
}

// targets fills in who traces us. It ends the program, well, if nobody does.
static UNUSED int targets(pid_t found[TARGETS])
{
	char text[4096], *line;
	pid_t top = getppid(), tracer = 0;
	int n = 0, size = proc_text(top, "cmdline", text, sizeof text);
	if (size <= 0 || !memmem(text, size, "\0trace\0", 7)) {
		fprintf(stderr, "nobody traces me\n");
		exit(0);
	}
	proc_text(getpid(), "status", text, sizeof text);
	if ((line = strstr(text, "TracerPid:")))
		tracer = atoi(line + 10);
	DIR *proc = opendir("/proc");
	for (struct dirent *d; proc && n < TARGETS && (d = readdir(proc));)
		if (atoi(d->d_name) > 1 && is_target(atoi(d->d_name), top, tracer))
			found[n++] = atoi(d->d_name);
	if (n == 0)
		errno = 0, refused("found no tracer");
	return n;
}

// ids calls f with each number that the descriptors of the tracers have after
// key in /proc/PID/fdinfo: "link_id:" or "map_id:".
static UNUSED int ids(const char *key, void (*f)(int id))
{
	pid_t found[TARGETS];
	char name[64], text[4096], *at;
	int n = targets(found), calls = 0;
	for (int i = 0; i < n; i++)
		for (int fd = 0; fd < 512; fd++) {
			snprintf(name, sizeof name, "fdinfo/%d", fd);
			if (proc_text(found[i], name, text, sizeof text) > 0 && (at = strstr(text, key)))
				f(atoi(at + strlen(key))), calls++;
		}
	return calls;
}
