/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The tree: who belongs to it, and the start, programs and end of its processes.
 */
#ifndef PROCESS_H
#define PROCESS_H

/* Sections of KIND_EXEC. head.aux is the effective user. */
enum {
	EXEC_FILENAME, /* what was asked for */
	EXEC_PATH,     /* components of what was loaded */
	EXEC_CWD,      /* components */
	EXEC_ARGS,     /* each ended by a NUL */
	EXEC_INTERP,   /* set if it is not the file asked for */
	EXEC_COMM,
};

struct fork_record {
	struct head head;
	__s32 parent;
	__u32 uid;
	char comm[16];
};

struct exit_record {
	struct head head; /* aux is the status, as wait4 gives it */
};

#define SIGNAL_GROUP_EXIT 4

/* pid_in_level is the number that a struct pid has at a level of PID namespaces. */
static __always_inline __s32 pid_in_level(struct pid *pid, __u32 level)
{
	__u64 at = (__u64)pid + bpf_core_field_offset(struct pid, numbers) +
		   (__u64)level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr);
	__s32 nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr), (void *)at);
	return nr;
}

/* pid_of is the task's process in the tracer's PID namespace. */
static __always_inline __s32 pid_of(struct task_struct *task, const struct setup *t)
{
	if (t->level == 0)
		return task->tgid;
	return pid_in_level(task->group_leader->thread_pid, t->level);
}

static __always_inline void list(__u32 tgid, __s32 pid)
{
	if (bpf_map_update_elem(&pids, &tgid, &pid, BPF_ANY))
		odd(ODD_UNLISTED);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct mark *of_parent = mark_of(parent);
	struct setup *t = get_setup();
	struct fork_record *r;
	struct mark m = {};

	if (!of_parent || !t)
		return 0;
	m.pid = of_parent->pid;
	if (child->pid == child->tgid)
		m.pid = pid_of(child, t);
	if (!bpf_task_storage_get(&marks, child, &m, BPF_LOCAL_STORAGE_GET_F_CREATE))
		odd(ODD_UNMARKED);
	if (child->pid != child->tgid)
		return 0;
	list(child->tgid, m.pid);
	r = reserve(events, struct fork_record, KIND_FORK, CLASS_PROCESS, m.pid);
	if (!r)
		return 0;
	r->parent = of_parent->pid;
	r->uid = child->cred->euid.val;
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), child->comm);
	submit(events, r);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct mark *m = mark_of(task);
	struct exit_record *r;
	__u32 tgid, code;

	/* Two last threads may both see 0: user space keeps the first record. */
	if (!m || task->signal->live.counter != 0)
		return 0;
	tgid = task->tgid;
	bpf_map_delete_elem(&pids, &tgid);
	code = task->exit_code;
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		code = task->signal->group_exit_code;
	r = reserve(events, struct exit_record, KIND_EXIT, CLASS_PROCESS, m->pid);
	if (!r)
		return 0;
	r->head.aux = code;
	submit(events, r);
	return 0;
}

#endif
