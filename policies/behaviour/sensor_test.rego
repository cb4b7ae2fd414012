package behaviour.sensor_test

import data.behaviour.sensor
import rego.v1

body := {"inlined": true, "syscalls": [], "writes": [], "failed": []}

denials(fields) := n if n := count(sensor.deny) with input as object.union(body, fields)

call(name, target) := {"syscalls": [{"processid": 1, "syscall": name, "target": target}]}

test_deny_each if {
	every name in ["process_vm_writev", "process_vm_readv", "bpf", "kill", "pidfd_getfd", "init_module", "seccomp"] {
		denials(call(name, "1")) == 1
	}
}

test_deny_attach if {
	every target in ["PTRACE_ATTACH process 7", "PTRACE_SEIZE 7", "", "PTRACE_ATTACH PTRACE_TRACEME", "ptrace_traceme"] {
		denials(call("ptrace", target)) == 1
	}
}

test_deny_attempt if denials({"syscalls": [{"processid": 1, "syscall": "bpf", "errno": 1}]}) == 1

test_deny_ptrace_without_target if denials({"syscalls": [{"processid": 1, "syscall": "ptrace"}]}) == 1

test_deny_writes if {
	every path in ["/sys/kernel/tracing/tracing_on", "/sys/kernel/debug/tracing/events/enable", "/sys/fs/bpf/x", "/proc/sys/kernel/core_pattern", "/proc/7/mem"] {
		denials({"writes": [{"processid": 1, "operation": "write", "path": path}]}) == 1
		denials({"failed": [{"processid": 1, "operation": "write", "path": path, "errno": 13}]}) == 1
	}
}

test_deny_cut if {
	denials({"inlined": false}) == 1
	denials({"notlisted": 1}) == 1
}

test_pass if denials({}) == 0

test_pass_traced_by_parent if {
	denials(call("ptrace", "PTRACE_TRACEME")) == 0
	denials(call("ptrace", "PTRACE_TRACEME 0")) == 0
}

test_pass_others if {
	every name in ["memfd_create", "io_uring_setup", "execveat", "prctl", "open"] {
		denials(call(name, "x")) == 0
	}
}

test_pass_failed_read if denials({"failed": [{"processid": 1, "operation": "open", "path": "/sys/kernel/tracing/x", "errno": 13}]}) == 0

test_pass_other_writes if denials({"writes": [{"processid": 1, "operation": "write", "path": "/src/a.o"}]}) == 0

tried(path) := n if n := denials({"failed": [{"processid": 42, "operation": "open", "path": path, "errno": 13}]})

test_deny_tried_to_open_memory if {
	every path in ["/proc/7/mem", "/proc/420/mem", "/proc/7/task/8/mem", "/proc/42/../7/mem", "//proc/7/mem"] {
		tried(path) == 1
	}
}

test_pass_tried_others if {
	every path in ["/proc/42/mem", "/proc/self/mem", "/proc/7/environ", "/proc/7/maps", "/srv/proc/7/mem", "/proc/meminfo"] {
		tried(path) == 0
	}
}
