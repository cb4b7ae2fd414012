package main

import "github.com/org/cilock-action/pkg/trace"

// spyTricks look into other processes, and use what builds have no use for.
func spyTricks() []Trick {
	object := all(Object)
	call := func(name string) Want { return Want{What: name, Is: called(name), Grades: all(Call)} }
	simple := func(name, does string, calls ...string) Trick {
		t := Trick{Name: name, Does: does}
		for _, c := range calls {
			t.Wants = append(t.Wants, call(c))
		}
		return t
	}
	proc := func(file, does string) Trick {
		name := "/proc/{pid}/" + file
		return Trick{
			Name: "other_" + file, Program: "other_proc", Args: []string{file}, Does: does,
			Wants: []Want{{What: "open of /proc/PID/" + file, Is: opened(name), Grades: object}},
		}
	}
	attach := simple("ptrace_child", "ptrace of another process: attach, read memory", "ptrace")
	attach.Changed = map[string]string{"ptrace": "a process has one tracer, and that is ours"}
	attach.Wants[0].Is = called("ptrace").at("{pid}")
	readv := simple("vm_readv", "process_vm_readv and process_vm_writev", "process_vm_readv", "process_vm_writev")
	return []Trick{
		attach,
		readv,
		proc("environ", "the environment of another process"),
		proc("maps", "the map of the memory of another process"),
		proc("mem", "the memory of another process"),
		{
			Name: "self_environ", Does: "/proc/self/environ by that name",
			Wants: []Want{
				{What: "open of /proc/PID/environ", Is: opened("/proc/{pid}/environ"), Said: saidOpened("/proc/self/environ"), Grades: object},
				{What: "the name as it was written", Is: saidOpened("/proc/self/environ"), Grades: object},
			},
		},
		{
			Name: "self_mem", Does: "own code is changed through /proc/self/mem",
			Wants: []Want{{
				What: "open of /proc/PID/mem for writing", Is: opened("/proc/{pid}/mem").having(trace.Write),
				Said: saidOpened("/proc/self/mem"), Grades: object,
			}},
		},
		simple("keyctl", "a secret in a keyring", "add_key", "keyctl"),
		simple("perf_event", "perf_event_open", "perf_event_open"),
		simple("init_module", "a kernel module that is none", "init_module"),
	}
}

// attackTricks go for the sensor. Those that may disarm it need not be seen,
// but the trace must not claim to be complete then.
func attackTricks() []Trick {
	object := all(Object)
	call := func(name string) Want { return Want{What: name, Is: called(name), Grades: all(Call)} }
	kill := Want{What: "kill of the tracer", Is: called("kill").atTracer(), Grades: all(Call)}
	bpf := func(name, does string) Trick {
		return Trick{Name: name, Does: does, Broken: true, Wants: []Want{call("bpf"), theSecret(object)}}
	}
	detach := bpf("bpf_detach", "the tracer's links are detached, by root")
	detach.Wants = append(detach.Wants, Want{What: "the datagram after that", Is: reached("send|connect", "inet", "udp", "", "{port}"), Grades: object})
	tricks := []Trick{
		{
			Name: "kill_nobody", Program: "kill_tracer", Args: []string{"15"}, As: "nobody", Does: "SIGTERM for the tracer, by nobody",
			Wants: []Want{kill, theSecret(object)},
		},
		{
			Name: "kill_root", Program: "kill_tracer", Args: []string{"9"}, Does: "SIGKILL for the tracer, by root", Broken: true,
			Wants: []Want{kill, theSecret(object)},
		},
		{
			Name: "ptrace_tracer", Does: "ptrace of the tracer, by root",
			Wants: []Want{{What: "ptrace of the tracer", Is: called("ptrace").atTracer(), Grades: all(Call)}, theSecret(object)},
		},
		{Name: "bpf_list", Does: "a list of all BPF programs, links and maps, by root", Wants: []Want{call("bpf")}},
		detach,
		bpf("bpf_unmark", "the step removes itself from the tracer's maps, by root"),
		bpf("bpf_zero", "the tracer's arrays are filled with zeros, by root"),
		bpf("bpf_drain", "the step empties the tracer's rings itself, by root"),
	}
	for i, t := range tricks {
		if t.Name[:4] == "bpf_" && t.Name != "bpf_list" {
			// Under ptrace there is nothing of BPF to attack, and no call is made.
			tricks[i].Wants[0].Grades.Ptrace = Missed
		}
	}
	return tricks
}
