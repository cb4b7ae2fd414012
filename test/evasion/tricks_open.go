package main

import "github.com/org/cilock-action/pkg/trace"

// openTricks open files by other calls than openat, or change them without.
func openTricks() []Trick {
	object := all(Object)
	// Without fentry, io_uring gives eBPF a copy of the request, and ptrace
	// sees that a ring was made.
	ring := Grades{Fentry: Object, Exit: Said, Ptrace: Call}
	claims := Grades{Fentry: Said, Exit: Said, Ptrace: Call}
	uring := []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}
	byRing := func(how, does string) Trick {
		return Trick{
			Name: "uring_open_" + how, Program: "uring_open", Args: []string{how}, Does: does,
			Wants: []Want{
				{What: "open of the secret", Is: opened("secret"), Calls: uring, Grades: ring, Limit: "io_uring"},
				{What: "io_uring_setup", Is: called("io_uring_setup"), Grades: all(Call)},
			},
		}
	}
	return []Trick{
		{
			Name: "creat_legacy", Does: "creat, and open by its own number",
			Wants: []Want{
				theSecret(object),
				{What: "the file that creat made", Is: opened("made").having(trace.Create | trace.Write), Grades: object},
			},
		},
		{
			Name: "by_handle", Does: "open_by_handle_at: no name at all",
			Wants: []Want{
				theSecret(object),
				{What: "open_by_handle_at", Is: called("open_by_handle_at"), Grades: all(Call)},
			},
		},
		byRing("inline", "io_uring: openat"),
		byRing("async", "io_uring: openat by a worker"),
		byRing("sqpoll", "io_uring: openat by a kernel thread that polls"),
		byRing("direct", "io_uring: openat into a direct descriptor"),
		{
			Name: "uring_openat2", Does: "io_uring: openat2, renameat, unlinkat",
			Wants: []Want{
				{What: "open of the secret", Is: opened("secret"), Calls: uring, Grades: ring, Limit: "io_uring"},
				{What: "the renaming", Is: changed("rename", "decoy", "moved"), Calls: uring, Grades: claims, Limit: "io_uring"},
				{What: "the removal", Is: changed("unlink", "moved", ""), Calls: uring, Grades: claims, Limit: "io_uring"},
			},
		},
		{Name: "int80", Does: "open by int 0x80, the 32-bit entry", Wants: []Want{theSecret(object)}},
		{Name: "x32", Does: "openat by the x32 entry", Wants: []Want{theSecret(object)}},
		{
			Name: "no_read", Does: "sendfile, splice and copy_file_range instead of read",
			Wants: []Want{theSecret(object)},
		},
		{
			Name: "mmap_exec", Does: "code mapped executable, as dlopen does",
			Wants: []Want{
				{What: "open of the code", Is: opened("code").having(trace.Read), Grades: object},
				{What: "the executable mapping", Is: opened("code").having(trace.Mapped), Grades: object, Limit: "map"},
			},
		},
		{
			Name: "mprotect_exec", Does: "the same by mprotect of a mapping",
			Wants: []Want{
				{What: "open of the code", Is: opened("code").having(trace.Read), Grades: object},
				{What: "the executable mapping", Is: opened("code").having(trace.Mapped), Grades: all(Missed), Limit: "mprotect"},
			},
		},
		{
			Name: "fanotify_fd", Does: "a descriptor out of an event of fanotify",
			Wants: []Want{
				{What: "open of the secret by the other process", Is: opened("secret"), Grades: object},
				{
					What: "the descriptor from the event", Is: opened("secret").by("pid"), Calls: []string{"fanotify_init", "fanotify_mark"},
					Grades: Grades{Fentry: Object, Exit: Missed, Ptrace: Missed}, Limit: "fanotify",
				},
			},
		},
		{Name: "inotify", Does: "inotify says when to read", Wants: []Want{theSecret(object)}},
		{
			Name: "pidfd_getfd", Does: "a descriptor out of another process",
			Wants: []Want{
				theSecret(object),
				{What: "pidfd_getfd", Is: called("pidfd_getfd"), Grades: all(Call)},
			},
		},
		{
			Name: "daemon_fd", Does: "a daemon outside the step opens the file and hands the descriptor over", Setup: "helper",
			Wants: []Want{
				{What: "open of the secret", Is: opened("secret"), Grades: all(Missed), Limit: "daemon|hands over|handed"},
				{What: "connection to the daemon", Is: reached("connect", "unix", "", "./daemon", ""), Grades: object},
			},
		},
		{Name: "close_fds", Does: "all descriptors are closed first", Wants: []Want{theSecret(object)}},
		{
			Name: "userfault", Does: "the name is on a page that a thread delivers when it is read (userfaultfd)",
			Wants: []Want{
				theSecret(object),
				{What: "open of the decoy by that thread", Is: opened("decoy"), Grades: object},
				{What: "userfaultfd", Is: called("userfaultfd"), Grades: all(Call)},
			},
		},
	}
}

// changeTricks change files without opening them.
func changeTricks() []Trick {
	object := all(Object)
	return []Trick{
		{
			Name: "rename_over", Does: "a file is replaced by renaming",
			Wants: []Want{
				{What: "the file that was written", Is: opened("evil").having(trace.Write), Grades: object},
				{What: "the renaming", Is: changed("rename", "evil", "decoy"), Grades: claimed},
			},
		},
		{
			Name: "exchange", Does: "two files change places",
			Wants: []Want{
				{What: "the renaming", Is: changed("rename", "secret", "decoy"), Grades: claimed},
				{What: "open of the secret, by device and inode", Is: openedInode("secret"), Grades: object},
			},
		},
		{
			Name: "truncate_path", Does: "truncate by name",
			Wants: []Want{{What: "the truncation", Is: changed("truncate", "decoy", ""), Grades: claimed}},
		},
		{
			Name: "tmpfile_link", Does: "O_TMPFILE, then linkat",
			Wants: []Want{{What: "the link", Is: linkedTo("dropped"), Grades: claimed}},
		},
	}
}

// linkedTo is a link of whatever to a name.
func linkedTo(target string) match {
	return func(m trace.Message, s *scene) bool {
		return m.Kind == trace.File && m.Op == "link" && m.Errno == 0 && m.Target == s.path(target)
	}
}
