package behaviour.process_memory_test

import data.behaviour.process_memory
import rego.v1

opened(files) := [{"program": "/usr/bin/python3", "processid": 42, "parentpid": 1, "openedfiles": {file: {} | some file in files}}]

denials(files) := n if n := count(process_memory.deny) with input as {"processes": opened(files)}

test_deny_each if {
	every file in [
		"/proc/7/mem", "/proc/7/environ", "/proc/7/maps", "/proc/7/task/9/mem", "/proc/self/environ", "/proc/42/environ",
		"/proc/thread-self/environ", "/proc/420/mem", "/proc/4/mem", "/proc/42/../7/mem", "/proc/self/../7/maps", "//proc//7/mem",
		"/proc/42/root/proc/7/mem", "/proc/self/task/../../7/mem", "/dev/mem", "/proc/kcore", "/proc/7/smaps_rollup",
	] {
		denials([file]) == 1
	}
}

test_deny_all_of_a_list if denials(["/etc/passwd", "/proc/1/mem", "/proc/2/mem"]) == 2

test_deny_second_process if {
	count(process_memory.deny) == 1 with input as {"processes": array.concat(opened([]), opened(["/proc/1/environ"]))}
}

test_pass_own if {
	denials(["/proc/self/maps", "/proc/42/maps", "/proc/self/mem", "/proc/thread-self/smaps", "/proc/self/task/43/maps"]) == 0
}

test_pass_others if {
	denials(["/proc/7/stat", "/proc/7/cmdline", "/proc/meminfo", "/home/a/proc/environ", "/src/environ", "/x/mem", "/proc/self/environment"]) == 0
}

test_pass_no_processes if {
	count(process_memory.deny) == 0 with input as {"processes": []}
}

test_pass_no_files if {
	count(process_memory.deny) == 0 with input as {"processes": [{"program": "/bin/a", "processid": 1, "parentpid": 0}]}
}

listing(program, cmdline, file) := n if {
	p := {"program": program, "cmdline": cmdline, "processid": 42, "parentpid": 1, "openedfiles": {file: {}}}
	n := count(process_memory.deny) with input as {"processes": [p]}
}

test_deny_ps_that_prints_environments if {
	every cmdline in ["ps e", "ps auxe", "ps eww", "ps -ef e", "ps -o pid e", "ps -o environ", "ps -eo pid,environ", "ps -o pid,ENVIRON", "ps  e"] {
		listing("/usr/bin/ps", cmdline, "/proc/7/environ") == 1
	}
}

test_deny_ps_from_elsewhere if {
	every program in ["/tmp/ps", "/usr/bin/../../tmp/ps", "/usr/bin/psx", "/usr/bin/python3", "/home/a/bin/ps"] {
		listing(program, "ps", "/proc/7/environ") == 1
	}
}

test_deny_ps_reads_memory if listing("/usr/bin/ps", "ps", "/proc/7/mem") == 1

test_deny_lsof_reads_environments if listing("/usr/bin/lsof", "lsof", "/proc/7/environ") == 1

test_deny_ps_without_cmdline if {
	p := {"program": "/usr/bin/ps", "processid": 42, "parentpid": 1, "openedfiles": {"/proc/7/environ": {}}}
	count(process_memory.deny) == 1 with input as {"processes": [p]}
}

test_pass_ps if {
	every cmdline in ["ps", "ps aux", "ps -ef", "ps -o ppid= -p 1", "ps -eo etime,comm", "ps -C node", "ps faux"] {
		listing("/usr/bin/ps", cmdline, "/proc/7/environ") == 0
	}
}

test_pass_lsof if listing("/usr/bin/lsof", "lsof -p 7", "/proc/7/maps") == 0
