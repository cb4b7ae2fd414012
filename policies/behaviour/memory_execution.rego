# METADATA
# title: No program runs that is in no file
# description: >-
#   No program is executed from memory (memfd_create), from a file that is deleted, or from shared memory.
# custom:
#   type: command-run
#   required: true
#   severity: high
#   attack: A dropper executes what it downloaded without leaving a file that could be hashed or scanned.
#   fix: >-
#     Find out which process made it; parents are listed. A tool that does this on purpose does not belong into a
#     release.
package behaviour.memory_execution

import rego.v1

deny contains msg if {
	some p in input.processes
	some mark in p.marks
	mark in {"memfd", "deleted"}
	msg := sprintf("process %d executed %s, which is in no file (%s)", [p.processid, p.program, mark])
}

# The evidence of other tools has no marks.
deny contains msg if {
	some p in input.processes
	some file in {p.program, object.get(p, "exe", ""), object.get(p, "name", "")}
	regex.match(`^/memfd:|^/+proc/(.*/)?fd/[0-9]+$|^/+dev/fd/[0-9]+$|^/+dev/shm/| \(deleted\)$`, file)
	msg := sprintf("process %d executed %s", [p.processid, file])
}
