# METADATA
# title: No known vulnerability is too severe
# description: >-
#   Scanners among the products ran, and list nothing at or above params.max_severity (high if it is not set), nor a
#   secret. A severity by another name counts as the worst. What a scanner calls unknown counts if the limit is low or
#   negligible.
# custom:
#   type: vuln
#   required: true
#   severity: high
#   attack: A dependency with a known vulnerability is shipped, or the scan did not run and its old or empty report is.
#   fix: Update the dependency; to accept a finding, have the scanner suppress it, which is in its report.
package release.vulnerabilities

import rego.v1

levels := ["critical", "high", "medium", "low", "negligible", "unknown"]

# What a report counts beside vulnerabilities.
others := {"suppressed", "misconfigurations"}

default limit := "high"

limit := data.cilock.params.max_severity

weight[level] := i if some i, level in levels

limited if limit in array.slice(levels, 0, 5)

deny contains msg if {
	not limited
	msg := sprintf("params.max_severity is %v, it must be one of critical, high, medium, low, negligible", [limit])
}

counted(level) if not level in levels

counted(level) if weight[level] <= weight[limit]

counted("unknown") if limit in {"low", "negligible"}

deny contains msg if {
	limited
	some level, n in input.counts
	n > 0
	not level in others
	counted(level)
	msg := sprintf("%d findings of severity %s, the limit is %s", [n, level, limit])
}

deny contains "there is no report of a scanner" if count(input.documents) == 0

deny contains msg if {
	some d in input.documents
	d.failed
	msg := sprintf("the scan of %s did not succeed, by its own word", [d.path])
}
