package main

import "github.com/org/cilock-action/pkg/trace"

// execTricks become another program in ways that hide which.
func execTricks() []Trick {
	object := all(Object)
	worker := Want{What: "exec of the program", Is: executed("worker"), Grades: object}
	return []Trick{
		{
			Name: "memfd_exec", Does: "memfd_create and fexecve",
			Wants: []Want{
				{What: "exec, marked as memory", Is: kind(trace.Exec).marked(trace.Memfd), Grades: object},
				{What: "memfd_create", Is: called("memfd_create"), Grades: all(Call)},
				{What: "execveat", Is: called("execveat"), Grades: all(Call)},
				theSecret(object),
			},
		},
		{
			Name: "execveat_empty", Does: "execveat with AT_EMPTY_PATH",
			Wants: []Want{
				worker,
				{What: "execveat", Is: called("execveat"), Grades: all(Call)},
				theSecret(object),
			},
		},
		{
			Name: "exec_deleted", Does: "exec of a file without a name",
			Wants: []Want{
				{What: "exec, marked as deleted", Is: kind(trace.Exec).marked(trace.Deleted), Grades: object},
				theSecret(object),
			},
		},
		{
			Name: "thread_exec", Does: "exec by a thread that is not the first",
			Wants: []Want{
				{What: "exec under the PID of the process", Is: executed("worker").by("pid"), Grades: object},
				{What: "open of the secret under that PID", Is: opened("secret").by("pid"), Grades: object},
				{What: "its end", Is: kind(trace.Exit).by("pid"), Grades: object},
			},
		},
		{
			Name: "ld_so", Does: "the dynamic loader is executed with a program as its argument",
			Wants: []Want{
				{What: "exec of the loader", Is: executed("{loader}"), Grades: object},
				{What: "open of the program", Is: opened("{tricks}/dynamic"), Grades: object},
				theSecret(object),
			},
		},
		{
			Name: "script_chain", Does: "a script whose interpreter is a script",
			Wants: []Want{
				{What: "exec of the last interpreter", Is: executed("worker"), Grades: object},
				{What: "the first script", Is: scripted("first"), Grades: object},
				theSecret(object),
			},
		},
		{
			Name: "many_args", Does: "3,001 arguments",
			Wants: []Want{
				{What: "exec, its arguments marked as cut", Is: executed("worker").marked(trace.ArgsCut), Grades: object},
				theSecret(object),
			},
		},
		{
			Name: "exec_race", Slow: true, Does: "another thread changes the name of the program while execve reads it",
			Wants: []Want{worker, theSecret(object)},
			Changed: map[string]string{
				"ptrace": "the race is lost at the tracer's pace", "ebpf": "the race is lost at the tracer's pace",
			},
		},
		{
			Name: "setuid", Does: "a setuid program reads what nobody may read", As: "nobody", Setup: "setuid",
			Wants: []Want{
				{What: "exec of the program as root", Is: asRoot(executed("helper")), Grades: object},
				theSecret(object),
			},
		},
		{
			Name: "comm_argv", Does: "another name and other arguments for the process",
			Wants: []Want{
				{What: "exec with the arguments as they were", Is: withArg(executed("program"), "--steal"), Grades: object},
				theSecret(object),
			},
		},
		{
			Name: "go_threads", Does: "Go's own ways: 64 goroutines, os.Root, a child by vfork, exec from another thread",
			Wants: []Want{
				theSecret(object),
				{What: "both execs", Is: executed("{program}"), Times: 2, Grades: object},
				{What: "open of the secret after the exec of the thread", Is: opened("secret").by("pid"), Grades: object},
			},
		},
	}
}

// scripted is an exec of a script, which the program may have named relatively.
func scripted(name string) match {
	return func(m trace.Message, s *scene) bool {
		return m.Kind == trace.Exec && m.Errno == 0 && (m.Script == s.path(name) || m.Script == "./"+name)
	}
}

// asRoot narrows a match to messages of the effective user root.
func asRoot(is match) match {
	return func(m trace.Message, s *scene) bool { return is(m, s) && m.UID == 0 }
}

// withArg narrows a match to an exec with an argument.
func withArg(is match, arg string) match {
	return func(m trace.Message, s *scene) bool {
		for _, a := range m.Args {
			if a == arg {
				return is(m, s)
			}
		}
		return false
	}
}
