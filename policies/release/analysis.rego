# METADATA
# title: No analysis found too much
# description: >-
#   Reports of static analysis among the products have no result at or above params.max_severity, where SARIF's error
#   stands for high, warning for medium and note for low. Evidence without a report is for the policy to refuse.
# custom:
#   type: sarif
#   required: false
#   severity: medium
#   attack: A change brings in a defect that the analysis finds, or the analysis failed and its empty report is shipped.
#   fix: Fix what was found; to accept a result, suppress it in the tool, which is in its report.
package release.analysis

import rego.v1

# By severity, the levels that count.
by_severity := {
	"critical": {"error"},
	"high": {"error"},
	"medium": {"error", "warning"},
	"low": {"error", "warning", "note"},
	"negligible": {"error", "warning", "note"},
}

harmless := {"warning", "note", "none", "suppressed"}

default limit := "high"

limit := data.cilock.params.max_severity

deny contains msg if {
	not by_severity[limit]
	msg := sprintf("params.max_severity is %v, it must be one of critical, high, medium, low, negligible", [limit])
}

deny contains msg if {
	some level, n in input.counts
	n > 0
	counted(level)
	msg := sprintf("%d results of level %s, the limit is %s", [n, level, limit])
}

counted(level) if level in by_severity[limit]

counted(level) if not level in harmless

deny contains msg if {
	some d in input.documents
	d.failed
	msg := sprintf("the analysis of %s did not succeed, by its own word", [d.path])
}
