package main

import (
	"strconv"

	"github.com/org/cilock-action/pkg/trace"
)

// nameTricks give the secret another name.
func nameTricks() []Trick {
	object := all(Object)
	return append([]Trick{
		{
			Name: "symlink", Does: "a symbolic link with a harmless name",
			Wants: []Want{
				secretBut("harmless", object),
				{What: "the name that was used", Is: opened("secret").named("harmless"), Grades: object},
			},
		},
		{
			Name: "hard_link", Does: "a hard link with a harmless name",
			Wants: []Want{
				{What: "open of the secret, by device and inode", Is: openedInode("secret"), Said: saidOpened("harmless"), Grades: object},
				{What: "the link", Is: changed("link", "secret", "harmless"), Grades: claimed},
			},
		},
		{
			Name: "rename_back", Does: "the secret is renamed while it is opened, and back",
			Wants: []Want{
				{What: "open of the secret, by device and inode", Is: openedInode("secret"), Said: saidOpened("harmless"), Grades: object},
				{What: "the renaming", Is: changed("rename", "secret", "harmless"), Grades: claimed},
				{What: "the renaming back", Is: changed("rename", "harmless", "secret"), Grades: claimed},
			},
		},
		{
			Name: "proc_self_fd", Does: "through /proc/self/fd/N/secret",
			Wants: []Want{{What: "open of the secret", Is: opened("secret"), Grades: object}},
		},
		{
			Name: "proc_thread_self", Does: "through /proc/thread-self/fd/N/secret, in a thread with descriptors of its own",
			Wants: []Want{{What: "open of the secret", Is: opened("secret"), Grades: object}},
		},
		{
			Name: "o_path", Does: "O_PATH, then once more through /proc/self/fd/N",
			Wants: []Want{
				{What: "open of the secret for reading", Is: opened("secret").having(trace.Read), Grades: object},
				{What: "the descriptor with O_PATH", Is: opened("secret").having(trace.PathOnly), Grades: object},
			},
		},
		{
			Name: "openat2_root", Does: "openat2 of /../secret with RESOLVE_IN_ROOT",
			Wants: []Want{
				secretBut("/../secret", object),
				{What: "open of the decoy with RESOLVE_BENEATH", Is: opened("decoy"), Grades: object},
			},
		},
		{
			Name: "dir_moved", Does: "relative to a folder that was moved after it had been opened",
			Wants: []Want{{What: "open of moved/secret", Is: opened("moved/secret"), Said: saidOpened("harmless/secret"), Grades: object}},
		},
		{
			Name: "long_path", Does: "a name of 4,095 bytes",
			Wants: []Want{theSecret(object)},
		},
		{
			Name: "deep_path", Does: "25 folders down, where the absolute name is longer than PATH_MAX",
			Wants: []Want{
				{What: "the open, by inode", Is: openedFact("inode"), Grades: Grades{Fentry: Object, Exit: Object, Ptrace: Said}},
				{What: "the name marked as cut or as the program's word", Is: openedFact("inode").partial(), Grades: all(Said)},
			},
		},
		{
			Name: "page_absent", Does: "the name lies in a page that is not in memory",
			Wants: []Want{theSecret(object)},
		},
	}, oddNames())
}

// oddNames is one trick with a Want for each name.
func oddNames() Trick {
	t := Trick{Name: "odd_names", Does: "names with line feeds, escapes, invalid UTF-8, workflow commands"}
	for _, name := range []string{
		"line\nfeed", "esc\x1b[2Jape", "not-\xff-utf8", "not-\xfe-utf8", "::error::forged", "secret (deleted)", " ", `"quote\`, "line\r\nfeed",
	} {
		t.Wants = append(t.Wants, Want{What: "open of " + strconv.Quote(name), Is: opened(name).unmarked(trace.Deleted), Grades: all(Object)})
	}
	return t
}
