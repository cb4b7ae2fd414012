# METADATA
# title: No credential left the step
# description: >-
#   The scan of output, products and evidence found nothing that is hardly ever no credential, and found the secret that
#   it made up itself, through every layer. A finding without a tier is taken for a sure one.
# custom:
#   type: secretscan
#   required: true
#   severity: critical
#   attack: >-
#     A step prints the job's credentials, plain or encoded, or packs them into an artifact (tj-actions, Shai-Hulud).
#   fix: Revoke the credential first. Then keep the step from printing or packing it.
package baseline.secrets

import rego.v1

deny contains msg if {
	some f in input.findings
	object.get(f, "tier", "none") != "low"
	msg := sprintf("%s in %s, line %d", [f.ruleId, f.location, f.startLine])
}

listed := count([f | some f in input.findings; object.get(f, "tier", "none") != "low"])

deny contains msg if {
	input.high > listed
	msg := sprintf("%d more credentials are not listed", [input.high - listed])
}

deny contains "the scan did not find its own secret: it has not worked" if not input.canary
