/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The object "opens": every open, seen in the kernel's own function for it, with
 * the file that was just made. No descriptor is looked up, so no thread can put
 * another one in its place; the name is the kernel's copy, so no thread can
 * change it; and a request of io_uring comes here as well.
 *
 * It uses the maps of "proc", whose hook at sys_exit goes on to see what does
 * not come here: O_PATH, opens that failed, and mappings.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"

#include "path.h"

#include "object.h"

#include "calls.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Bits of include/linux/fs.h and sched.h. */
#define OPEN_FOR_EXEC 0x20		 /* __FMODE_EXEC; no program can ask for it */
#define FMODE_NOACCOUNT (1U << 29)	 /* a file that another file system made for itself */
#define SB_KERNMOUNT (1UL << 22)	 /* mounted by the kernel for itself: memfds, pidfds */

/*
 * of_the_kernel reports whether the kernel opens the file for itself. A layer of
 * an overlay is such a file: it comes here after the file that the program
 * opened, and its mount is in no namespace. So is a descriptor of a process,
 * since it has no name to be opened by. Programs are opened by exec, which has
 * hooks of its own.
 */
static __always_inline bool of_the_kernel(struct file *file, bool named)
{
	__u64 mnt = mount_of(file->f_path.mnt);

	if (file->f_mode & FMODE_NOACCOUNT || file->f_flags & OPEN_FOR_EXEC)
		return true;
	if (pointer(struct mount, mnt, mnt_ns) != MNT_NS_INTERNAL)
		return false;
	return !named || !(file->f_inode->i_sb->s_flags & SB_KERNMOUNT);
}

/* call_in is the index of the call that the task is in, 0 if that opens nothing. */
static __always_inline __u32 call_in(struct task_struct *trusted, struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(trusted);
	__u32 i = call_of(regs, is_compat(task));

	return call_at(i)->how == HOW_OPEN ? i : 0;
}

/* note_file reports s->file, which the name at s->args[0] led to. */
__noinline int note_file(struct slot *s)
{
	struct task_struct *task = current_task();
	struct setup *t = get_setup();
	__u32 n;

	if (!s || !t)
		return 0;
	mark_task(s, task, t);
	s->rec.head.aux &= ~AUX_SHARED;
	s->rec.head.aux |= AUX_INSIDE;
	n = add_kernel_string(s, s->args[0], OPEN_NAME);
	describe_object(s, t);
	if (repeated(s, task->tgid, fingerprint(s, n))) {
		deduplicated(CLASS_FILE);
		return 0;
	}
	add_path(s, OPEN_PATH);
	send(files, s);
	return 0;
}

/*
 * security_file_open is where the security modules are asked, so an open that
 * they refuse is known as such. One that fails later, in the driver of a device,
 * is on record twice: here, and with its error at sys_exit.
 */
SEC("fexit/security_file_open")
int BPF_PROG(on_file_open, struct file *trusted, int refused)
{
	struct task_struct *trusted_task = bpf_get_current_task_btf();
	struct task_struct *task = loose(struct task_struct, trusted_task);
	struct file *file = loose(struct file, trusted);
	struct nameidata *walk;
	struct mark *m;
	struct slot *s;
	__u32 call = 0;

	m = mark_of(trusted_task);
	if (!m || refused)
		return 0;
	walk = task->nameidata;
	if (of_the_kernel(file, walk))
		return 0;
	if (!(task->flags & PF_IO_WORKER)) { /* which has the mark of another, that is in no call */
		call = call_in(trusted_task, task);
		m->opened = call;
	}
	attempted(CLASS_FILE);
	s = take(KIND_OPEN, CLASS_FILE, m->pid);
	if (!s) {
		lost(CLASS_FILE);
		return 0;
	}
	s->file = (__u64)file;
	s->rec.call = call;
	s->rec.flags = file->f_flags;
	s->args[0] = walk ? (__u64)walk->name->name : 0;
	note_file(s);
	give_back(s);
	return 0;
}
