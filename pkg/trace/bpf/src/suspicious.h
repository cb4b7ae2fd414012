/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Calls that a build has no reason to make, with their numbers as they are: what
 * they mean is said in Go.
 */
#ifndef SUSPICIOUS_H
#define SUSPICIOUS_H

/* Sections of KIND_CALL. */
enum {
	CALL_ARGS,   /* six numbers of 8 bytes */
	CALL_STRING, /* the arguments that name, name2 and dir2 point at */
	CALL_STRING2,
	CALL_STRING3,
	CALL_PATH, /* components of the object behind a descriptor */
};

#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
/* CLONE_NEWTIME is left out: clone takes that bit as part of the exit signal. */
#define CLONE_NEW 0x7e020000 /* NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
#define CLONE_NEWTIME 0x80
#define PR_SET_DUMPABLE 4
#define PR_SET_MM 35
#define PR_SET_PTRACER 0x59616d61

static __always_inline bool in_our_pids(struct task_struct *task, const struct setup *t)
{
	return task->thread_pid->level == t->level;
}

/* aims_at_tracer reports whether a pid as kill takes it means the tracer too. */
static __always_inline bool aims_at_tracer(struct task_struct *task, const struct setup *t, __s32 pid)
{
	return in_our_pids(task, t) && (pid == t->pid || pid == -1 || pid == -t->group);
}

/* is_tracer reports whether an open file is a pidfd of the tracer. */
static __always_inline bool is_tracer(__u64 file, const struct setup *t)
{
	__u64 pid, inode;

	if (!file)
		return false;
	pid = pointer(struct file, file, private_data); /* up to 6.8 */
	inode = pointer(struct file, file, f_inode);
	if (!pid)
		pid = pointer(struct inode, inode, i_private);
	return pid && pid_in_level(pid, t->level) == t->pid;
}

/* matters says whether a call is worth a record; the filter is the call's own. */
static __always_inline bool matters(struct task_struct *task, const struct setup *t, __u8 filter, const __u64 *args, __s64 ret)
{
	__u64 flags = 0;

	switch (filter) {
	case FILTER_NAMESPACES: /* the child returns from it too, with 0 */
		return ret != 0 && args[0] & CLONE_NEW;
	case FILTER_NAMESPACES3:
		if (ret == 0 || bpf_probe_read_user(&flags, sizeof(flags), (void *)args[0]))
			return false;
		return flags & (CLONE_NEW | CLONE_NEWTIME);
	case FILTER_PRCTL:
		return args[0] == PR_SET_DUMPABLE || args[0] == PR_SET_MM || args[0] == PR_SET_PTRACER;
	case FILTER_KILL:
		return aims_at_tracer(task, t, args[0]);
	case FILTER_PIDFD:
		return is_tracer(find_file(task, args[0]), t);
	case FILTER_FAILED:
		return ret < 0;
	}
	return true;
}

/* note_call reports the call in s. */
__noinline int note_call(struct slot *s)
{
	struct task_struct *task = current_task();
	const volatile struct call *c;
	struct setup *t = get_setup();

	if (!s || !t)
		return 0;
	c = call_at(s->rec.call);
	mark_task(s, task, t);
	if (!in_our_pids(task, t))
		s->rec.head.aux |= AUX_INNER;
	if (c->filter == FILTER_NAMESPACES3)
		bpf_probe_read_user(&s->args[0], sizeof(s->args[0]), (void *)s->args[0]);
	if (c->same) {
		__builtin_memset(&s->seen, 0, sizeof(s->seen));
		s->seen.dentry = c->same & 1 ? s->args[0] : 0;
		s->seen.mnt = c->same & 2 ? s->args[1] : 0;
		s->seen.parent = c->same & 4 ? s->args[2] : 0;
		s->seen.flags = s->rec.call;
		s->seen.fmode = s->rec.head.error;
		s->seen.name = s->rec.head.aux;
		if (repeated(s, task->tgid, 0)) {
			deduplicated(CLASS_SYSCALL);
			return 0;
		}
	}
	__builtin_memcpy(s->data, s->args, sizeof(s->args));
	close_section(s, CALL_ARGS, 0, sizeof(s->args));
	add_string(s, arg(s, c->name), CALL_STRING);
	add_string(s, arg(s, c->name2), CALL_STRING2);
	add_string(s, arg(s, c->dir2), CALL_STRING3);
	if (c->fd >= 0)
		s->file = find_file(task, arg(s, c->fd));
	if (s->file) {
		describe_object(s, t);
		add_path(s, CALL_PATH);
	}
	send(events, s);
	return 0;
}

#endif
