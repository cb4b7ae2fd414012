package main

import "github.com/org/cilock-action/pkg/trace"

// treeTricks try to get out of the tree of processes, or to be many.
func treeTricks() []Trick {
	object := all(Object)
	simple := func(name, does string) Trick {
		return Trick{Name: name, Does: does, Wants: []Want{theSecret(object)}}
	}
	notify := simple("seccomp_notify", "the step's own seccomp filter takes openat away from the tracer's")
	notify.Wants[0].Calls = []string{"seccomp"}
	notify.Wants[0].Grades.Ptrace = Call
	notify.Wants[0].Limit = "seccomp"
	daemon := simple("daemon", "fork, setsid, fork: an orphan works")
	daemon.Wants = append(daemon.Wants, Want{What: "both forks", Is: kind(trace.Fork), Times: 2, Grades: object})
	return []Trick{
		simple("vfork", "the child of a vfork opens"),
		simple("clone_untraced", "clone with CLONE_UNTRACED"),
		simple("clone_parent", "clone with CLONE_PARENT and a pidfd"),
		simple("clone_vm", "a process that shares memory, descriptors and folder with its parent"),
		simple("clone3_cgroup", "clone3 into another cgroup"),
		daemon,
		simple("thread_outlives", "a thread opens after the first has ended"),
		simple("own_seccomp", "a seccomp filter and no_new_privs of the step's own"),
		notify,
		{
			Name: "dumpable", Does: "prctl(PR_SET_DUMPABLE, 0) first", As: "nobody",
			Wants: []Want{
				theSecret(object),
				{What: "prctl", Is: called("prctl"), Grades: all(Call)},
			},
		},
		{
			Name: "threads64", Does: "64 threads open at the same moment",
			Wants: []Want{{What: "each file", Is: kind(trace.Open), Truth: true, Grades: object}},
		},
		{
			Name: "fork_bomb", Slow: true, Does: "2,000 children, each opens a file and ends",
			Wants: []Want{
				{What: "each file", Is: kind(trace.Open), Truth: true, Grades: object},
				{What: "each fork", Is: kind(trace.Fork), Times: 2000, Grades: object},
				{What: "each end", Is: kind(trace.Exit), Times: 2001, Grades: object},
			},
		},
	}
}

// spaceTricks change what a path means.
func spaceTricks() []Trick {
	object := all(Object)
	inode := Want{What: "open of the secret, by device and inode", Is: openedInode("secret"), Grades: object}
	honest := Want{What: "its own path, or the mark of a foreign one", Is: openedInode("secret").honest(), Grades: object}
	call := func(name string) Want { return Want{What: name, Is: called(name), Grades: all(Call)} }
	return []Trick{
		{
			Name: "unshare_bind", Does: "unshare of the mounts, and a bind mount",
			Wants: []Want{inode, honest, call("unshare"), call("mount")},
		},
		{
			Name: "userns", Does: "the same without rights, in a user namespace", As: "nobody",
			Wants: []Want{inode, honest, call("unshare"), call("mount")},
		},
		{
			Name: "unshare_pid", Does: "a PID namespace: the child is number 1 there",
			Wants: []Want{{What: "open of the secret under the PID outside", Is: opened("secret").by("pid"), Grades: object}, call("unshare")},
		},
		{Name: "chroot", Does: "chroot: the name is /secret", Wants: []Want{inode, honest}},
		{
			Name: "setns_init", Does: "setns into the mounts of process 1",
			Wants: []Want{inode, honest, call("setns")},
		},
		{
			Name: "setns_child", Does: "setns into the mounts of a child",
			Wants: []Want{inode, honest, call("setns"), call("mount")},
		},
		{
			Name: "open_tree", Does: "a copy of the mount that is attached nowhere",
			Wants: []Want{inode, honest, {What: "open_tree", Is: called("open_tree"), Grades: all(Call)}},
		},
		{
			Name: "overlay", Does: "the folder through an overlay",
			Wants: []Want{{What: "open of merged/secret", Is: either(opened("merged/secret"), openedInode("secret")), Grades: object}, call("mount")},
		},
	}
}
