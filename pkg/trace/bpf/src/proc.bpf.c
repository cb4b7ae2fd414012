/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The object "proc": membership, processes, files and suspicious calls. It owns
 * the maps that the other objects use.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"

#include "path.h"

#include "object.h"

#include "process.h"

#include "calls.h"

#include "files.h"

#include "suspicious.h"

#include "syscall.h"

#include "uring.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct note_args {
	__u64 what;
};

enum { NOTE_TRACER, NOTE_MARK, NOTE_UNMARK };

/*
 * note_tracer is run by the tracer itself, as a system call on its own thread:
 * it notes who the tracer is, or makes that thread a member for the self-test.
 */
SEC("raw_tp")
int note_tracer(struct note_args *args)
{
	struct task_struct *trusted = bpf_get_current_task_btf();
	struct task_struct *task = loose(struct task_struct, trusted);
	struct setup *t = get_setup();
	struct mark m = {};

	if (!t)
		return 1;
	if (args->what == NOTE_UNMARK) {
		bpf_map_delete_elem(&pids, &t->tgid);
		return bpf_task_storage_delete(&marks, trusted) != 0;
	}
	if (args->what == NOTE_MARK) {
		m.pid = pid_of(task, t);
		list(t->tgid, m.pid);
		return !bpf_task_storage_get(&marks, trusted, &m, BPF_LOCAL_STORAGE_GET_F_CREATE);
	}
	t->level = task->thread_pid->level;
	t->tgid = task->tgid;
	t->pid = pid_of(task, t);
	bpf_probe_read_kernel(&t->pid_ns, sizeof(t->pid_ns),
			      (void *)(upid_at(thread_pid(task), t->level) + bpf_core_field_offset(struct upid, ns)));
	t->mnt_ns = (__u64)task->nsproxy->mnt_ns;
	t->root_dentry = (__u64)task->fs->root.dentry;
	t->root_mnt = (__u64)task->fs->root.mnt - bpf_core_field_offset(struct mount, mnt);
	return 0;
}
