# METADATA
# title: The record is whole
# description: >-
#   The step ran and was not cancelled, every collector that was meant to see it did, and no event was lost. What is
#   missing in a record cannot be held against anybody.
# custom:
#   type: completeness
#   required: true
#   severity: high
#   attack: The step blinds the sensor, floods it, or runs before it listens; then the record shows nothing.
#   fix: Read the gap that is named. `cilock doctor` says what this machine can record.
package baseline.completeness

import rego.v1

deny contains msg if {
	not input.started
	msg := sprintf("the step was not started: %s", [object.get(input, "reason", "no reason is given")])
}

deny contains msg if {
	input.cancelled != ""
	msg := sprintf("the step was cancelled: %s", [input.cancelled])
}

deny contains "no collector has given an account" if count(input.collectors) == 0

deny contains msg if {
	some c in input.collectors
	c.state == "failed"
	msg := sprintf("the collector %s failed: %s", [c.name, object.get(c, "reason", "no reason is given")])
}

deny contains msg if {
	some c in input.collectors
	some gap in c.gaps
	msg := sprintf("the collector %s has a gap: %s", [c.name, gap])
}

deny contains msg if {
	some c in input.collectors
	c.lost > 0
	msg := sprintf("the collector %s lost %d events", [c.name, c.lost])
}

# Zeros are left out. Where the sum does not fit, an event is not accounted for.
deny contains msg if {
	some c in input.collectors
	came := sum([object.get(c, name, 0) | some name in ["received", "deduplicated", "lost"]])
	attempted := object.get(c, "attempted", 0)
	came != attempted
	msg := sprintf("the collector %s accounts for %d of %d events", [c.name, came, attempted])
}
