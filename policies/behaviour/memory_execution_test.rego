package behaviour.memory_execution_test

import data.behaviour.memory_execution
import rego.v1

denials(fields) := n if n := count(memory_execution.deny) with input as {"processes": [object.union({"program": "/usr/bin/a", "processid": 2, "parentpid": 1}, fields)]}

test_deny_marks if {
	denials({"marks": ["memfd"]}) == 1
	denials({"marks": ["argscut", "deleted"]}) == 1
}

test_deny_names if {
	every name in ["/memfd:x", "/proc/self/fd/3", "/proc/42/fd/9", "/dev/fd/3", "/dev/shm/x", "/tmp/a (deleted)", "//dev/fd/3"] {
		denials({"program": name}) == 1
		denials({"exe": name}) == 1
		denials({"name": name}) == 1
	}
}

test_pass if denials({}) == 0

test_pass_other_marks if denials({"marks": ["cut", "argscut", "foreign"]}) == 0

test_pass_empty_marks if denials({"marks": [], "name": "/usr/bin/b", "exe": "/usr/bin/dash"}) == 0

test_pass_near_misses if {
	every name in ["/home/dev/shm/x", "/src/memfd:x", "/tmp/proc/self/fd/x", "/tmp/(deleted)"] {
		denials({"program": name}) == 0
	}
}
