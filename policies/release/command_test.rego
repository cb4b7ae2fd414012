package release.command_test

import data.release.command
import rego.v1

denials(cmd, cmds) := n if n := count(command.deny) with input as {"cmd": cmd, "exitcode": 0} with data.cilock as {"params": {"cmds": cmds}}

make := [["make", "release"], ["go", "build", "..."]]

test_deny_others if {
	every cmd in [["make"], ["make", "release", "X=1"], ["Make", "release"], ["go"], ["go", "run"], ["make release"], [], ["sh", "-c", "make release"], ["go build"]] {
		denials(cmd, make) == 1
	}
}

test_deny_everything if {
	denials(["sh"], [["..."]]) == 2
	denials(["sh"], [[]]) == 2
	denials(["sh"], ["sh"]) == 2
	denials(["sh"], [["sh", 1]]) == 2
}

test_deny_without_params if {
	count(command.deny) == 2 with input as {"cmd": ["make", "release"], "exitcode": 0} with data.cilock as {"params": {}}
}

test_deny_empty_list if denials(["make", "release"], []) == 2

test_deny_failed if {
	count(command.deny) == 1 with input as {"cmd": ["make", "release"], "exitcode": 2} with data.cilock as {"params": {"cmds": make}}
}

test_pass_exact if denials(["make", "release"], make) == 0

test_pass_first_arguments if {
	denials(["go", "build"], make) == 0
	denials(["go", "build", "-o", "x", "./..."], make) == 0
}

test_deny_no_list if {
	denials(["make"], {"a": ["make"]}) >= 1
	denials(["make"], [{"a": "make"}]) >= 1
	denials([], [[]]) == 2
}
