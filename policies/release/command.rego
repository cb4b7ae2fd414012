# METADATA
# title: The step executed a command that may release
# description: >-
#   The arguments are one of params.cmds, each a list of arguments; where the last is an ellipsis (...) more may
#   follow. The command succeeded.
# custom:
#   type: command-run
#   required: true
#   severity: high
#   attack: >-
#     The workflow is changed to wrap another command, or the same one with other options (a curl before the build, a
#     registry option).
#   fix: >-
#     Set params.cmds. A shell with a script as its argument is a command of its own; give the script whole, not an
#     ellipsis.
package release.command

import rego.v1

default cmds := []

cmds := data.cilock.params.cmds

deny contains `set params.cmds to the list of commands that may release, each a list of arguments, as [["make", "release"]]` if {
	not nonempty(cmds)
}

nonempty(list) if {
	is_array(list)
	count(list) > 0
}

deny contains msg if {
	some cmd in cmds
	not understood(cmd)
	msg := sprintf("params.cmds has %v, which is no list of arguments, or allows everything", [cmd])
}

understood(cmd) if {
	is_array(cmd)
	count(cmd) > 0
	cmd[0] != "..."
	every arg in cmd { is_string(arg) }
}

deny contains msg if {
	not allowed
	msg := sprintf("the command %v is not in params.cmds", [input.cmd])
}

allowed if {
	some cmd in cmds
	understood(cmd)
	cmd == input.cmd
}

allowed if {
	some cmd in cmds
	understood(cmd)
	last := count(cmd) - 1
	cmd[last] == "..."
	array.slice(cmd, 0, last) == array.slice(input.cmd, 0, last)
	count(input.cmd) >= last
}

deny contains msg if {
	input.exitcode != 0
	msg := sprintf("the command ended with %d", [input.exitcode])
}
