/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The end of every system call of the machine passes here, so what comes first
 * must be cheap: one look into a table says no to nearly all of them.
 */
#ifndef SYSCALL_H
#define SYSCALL_H

/* Results between the kernel and itself: the call will be made again. */
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516

/* wanted sorts out calls that are nothing to report, before they are counted. */
static __always_inline bool wanted(struct task_struct *task, const struct setup *t, const volatile struct call *c,
				   const __u64 *args, __s64 ret, __u32 error)
{
	switch (c->how) {
	case HOW_OPEN:
		if (error == ENOENT)
			odd(ODD_NOT_FOUND);
		return error != ENOENT;
	case HOW_MAP:
		return !error && args[2] & PROT_EXEC && !(args[3] & MAP_ANONYMOUS);
	case HOW_CHANGE: /* nothing has changed; mkdir -p and rm -f do this a lot */
		return error != ENOENT && error != EEXIST;
	case HOW_EXEC:
		return error && error != ENOENT;
	}
	return matters(task, t, c->filter, args, ret);
}

/*
 * seen_inside reports whether the object "opens" has the open of this call on
 * record. It says of which call, since it also sees opens of calls that do not
 * end up here.
 */
static __always_inline bool seen_inside(struct mark *m, __u32 call)
{
	__u32 opened = m->opened;

	if (opened)
		m->opened = 0;
	return opened == call;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *trusted = bpf_get_current_task_btf();
	struct task_struct *task = loose(struct task_struct, trusted);
	bool compat = is_compat(task);
	__u32 i = call_of(regs, compat), error = 0;
	const volatile struct call *c;
	__u64 args[6];
	struct setup *t;
	struct mark *m;
	struct slot *s;
	__u8 class, kind, how;

	if (!i)
		return 0;
	if (call_at(i)->how == HOW_SOCKET) {
		bpf_tail_call(ctx, &tails, 0);
		return 0; /* there is none */
	}
	m = mark_of(trusted);
	t = get_setup();
	if (!m || !t)
		return 0;
	if (compat)
		ret = (__s32)ret;
	if (ret < 0 && ret >= -MAX_ERRNO)
		error = -ret;
	if (error >= ERESTARTSYS && error <= ERESTART_RESTARTBLOCK)
		return 0;
	c = call_at(i);
	if (c->how == HOW_OPEN && seen_inside(m, i) && !error)
		return 0;
	get_args(args, regs, compat);
	if (!wanted(task, t, c, args, ret, error))
		return 0;
	how = c->how;
	class = how == HOW_CALL ? CLASS_SYSCALL : CLASS_FILE;
	kind = how == HOW_CALL ? KIND_CALL : how == HOW_CHANGE ? KIND_CHANGE : KIND_OPEN;
	attempted(class);
	s = take(kind, class, m->pid);
	if (!s) {
		lost(class);
		return 0;
	}
	__builtin_memcpy(s->args, args, sizeof(args));
	s->ret = error ? -1 : ret;
	s->rec.call = i;
	s->rec.head.error = error;
	if (how == HOW_CALL)
		note_call(s);
	else if (how == HOW_CHANGE)
		note_change(s);
	else
		note_open(s);
	give_back(s);
	return 0;
}

#endif
