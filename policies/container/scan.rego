# METADATA
# title: The image was scanned and nothing severe was found
# description: >-
#   Among the products is a report of grype or trivy that names its tool, from a scan that succeeded, without a
#   critical or high finding, a secret, or a severity by a name that is not known.
# custom:
#   type: vuln
#   required: true
#   severity: high
#   attack: An image with a known vulnerability is pushed, or the scan did not run.
#   fix: Update the image or its packages; to accept a finding, have the scanner suppress it, which is in its report.
package container.scan

import rego.v1

tolerated := {"medium", "low", "negligible", "unknown", "suppressed", "misconfigurations"}

deny contains "there is no report of a scanner" if count(input.documents) == 0

deny contains msg if {
	some level, n in input.counts
	n > 0
	not level in tolerated
	msg := sprintf("%d findings of severity %s", [n, level])
}

deny contains msg if {
	some d in input.documents
	count(d.tools) == 0
	msg := sprintf("%s names no tool that wrote it", [d.path])
}

deny contains msg if {
	some d in input.documents
	d.failed
	msg := sprintf("the scan of %s did not succeed, by its own word", [d.path])
}
