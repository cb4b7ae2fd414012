/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The tree: who belongs to it, and the start, programs and end of its processes.
 */
#ifndef PROCESS_H
#define PROCESS_H

/* Sections of KIND_EXEC. record.flags is the effective user. */
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

/*
 * upid_at is the address of what a struct pid is called at a level of PID
 * namespaces. The pointer is a number here, since 6.1 refuses to add to a
 * pointer what it knows no bound of.
 */
static __always_inline __u64 upid_at(__u64 pid, __u32 level)
{
	return pid + bpf_core_field_offset(struct pid, numbers) + (__u64)level * bpf_core_type_size(struct upid);
}

static __always_inline __s32 pid_in_level(__u64 pid, __u32 level)
{
	__s32 nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr), (void *)(upid_at(pid, level) + bpf_core_field_offset(struct upid, nr)));
	return nr;
}

/* thread_pid is a task's struct pid as a number. */
static __always_inline __u64 thread_pid(struct task_struct *task)
{
	__u64 pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), &task->thread_pid);
	return pid;
}

/* pid_of is the task's process in the tracer's PID namespace. */
static __always_inline __s32 pid_of(struct task_struct *task, const struct setup *t)
{
	if (t->level == 0)
		return task->tgid;
	return pid_in_level(thread_pid(task->group_leader), t->level);
}

static __always_inline void list(__u32 tgid, __s32 pid)
{
	if (bpf_map_update_elem(&pids, &tgid, &pid, BPF_ANY))
		odd(ODD_UNLISTED);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *made)
{
	struct task_struct *child = loose(struct task_struct, made);
	struct mark *of_parent = mark_of(parent);
	struct setup *t = get_setup();
	struct fork_record *r;
	struct mark m = {};

	if (!of_parent || !t)
		return 0;
	m.pid = of_parent->pid;
	if (child->pid == child->tgid)
		m.pid = pid_of(child, t);
	if (!bpf_task_storage_get(&marks, made, &m, BPF_LOCAL_STORAGE_GET_F_CREATE))
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

/* add_args appends the arguments, as far as they are carried. */
static __always_inline void add_args(struct slot *s, struct mm_struct *mm)
{
	__u64 size = mm->arg_end - mm->arg_start;

	if (size > MAX_STRING) {
		size = MAX_STRING;
		s->rec.head.marks |= MARK_ARGS_CUT;
	}
	if (size && !add_bytes(s, mm->arg_start, size, EXEC_ARGS))
		s->rec.head.marks |= MARK_ARGS_CUT;
}

/* note_exec reports the program in s->file, with bprm's names in s->args. */
__noinline int note_exec(struct slot *s)
{
	struct task_struct *task = current_task();
	struct setup *t = get_setup();
	__u32 off;

	if (!s || !t)
		return 0;
	mark_task(s, task, t);
	s->rec.head.aux |= AUX_EXECUTED;
	describe_object(s, t);
	add_kernel_string(s, s->args[0], EXEC_FILENAME);
	add_path(s, EXEC_PATH);
	if (task->fs) {
		start_walk(s, t, (__u64)task->fs->pwd.dentry, (__u64)task->fs->pwd.mnt);
		add_path(s, EXEC_CWD);
	}
	if (task->mm)
		add_args(s, task->mm);
	if (s->args[1] != s->args[0])
		add_kernel_string(s, s->args[1], EXEC_INTERP);
	s->rec.flags = task->cred->euid.val;
	if (room(s, &off)) {
		bpf_probe_read_kernel(s->data + off, sizeof(task->comm), task->comm);
		close_section(s, EXEC_COMM, off, sizeof(task->comm));
	}
	send(events, s);
	return 0;
}

#define AT_BASE 7 /* of the auxiliary vector: where the ELF interpreter is */
#define AUXV 20   /* pairs that are looked at; AT_BASE is the eighth or so */

static long keep_file(struct task_struct *task, struct vm_area_struct *vma, __u64 *file)
{
	*file = (__u64)loose(struct vm_area_struct, vma)->vm_file;
	return 0;
}

/*
 * find_interpreter is the file of the program's ELF interpreter (ld.so), which
 * the kernel opened by itself; 0 for a static program.
 */
static __always_inline __u64 find_interpreter(struct task_struct *trusted, struct slot *s)
{
	struct task_struct *task = loose(struct task_struct, trusted);
	__u64 *auxv = (__u64 *)s->data, base = 0, file = 0;
	__u32 i;

	if (bpf_probe_read_kernel(auxv, AUXV * 16, task->mm->saved_auxv))
		return 0;
	for (i = 0; i < AUXV && !base; i++)
		if (auxv[2 * i] == AT_BASE)
			base = auxv[2 * i + 1];
	if (base)
		bpf_find_vma(trusted, base, keep_file, &file, 0);
	return file;
}

/* note_interpreter reports the file in s->file as one that exec loaded. */
__noinline int note_interpreter(struct slot *s)
{
	struct task_struct *task = current_task();
	struct setup *t = get_setup();

	if (!s || !t)
		return 0;
	mark_task(s, task, t);
	s->rec.head.aux |= AUX_EXECUTED;
	describe_object(s, t);
	add_path(s, OPEN_PATH);
	send(files, s);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *execing, int old_pid, struct linux_binprm *trusted)
{
	struct linux_binprm *bprm = loose(struct linux_binprm, trusted);
	struct task_struct *task = loose(struct task_struct, execing);
	struct mark *m = mark_of(execing);
	struct slot *s;

	if (!m)
		return 0;
	list(task->tgid, m->pid); /* the root, if it could not be listed before */
	attempted(CLASS_PROCESS);
	s = take(KIND_EXEC, CLASS_PROCESS, m->pid);
	if (!s) {
		lost(CLASS_PROCESS);
		return 0;
	}
	s->file = (__u64)bprm->file;
	s->args[0] = (__u64)bprm->filename;
	s->args[1] = (__u64)bprm->interp;
	if (bprm->fdpath)
		s->rec.head.aux |= AUX_EXECVEAT;
	note_exec(s);
	s->file = find_interpreter(execing, s);
	if (s->file) {
		start_record(s, KIND_OPEN, CLASS_FILE, m->pid);
		attempted(CLASS_FILE);
		note_interpreter(s);
	}
	give_back(s);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *gone)
{
	struct task_struct *task = loose(struct task_struct, gone);
	struct mark *m = mark_of(gone);
	struct exit_record *r;
	__u32 tgid, code;

	/* Up to 6.1 at least, a worker of io_uring is no longer one when it ends. */
	if (!m)
		m = bpf_task_storage_get(&marks, gone->group_leader, NULL, 0);
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
