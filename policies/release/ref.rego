# METADATA
# title: The job runs for a ref that may release
# description: >-
#   The ID token's ref is in params.refs: full refs, where an asterisk stands for anything but a slash (refs/tags/v*).
# custom:
#   type: github
#   required: true
#   severity: critical
#   attack: Somebody with write access pushes a branch and has its job release (a stolen account, an abused bot).
#   fix: Set params.refs, as refs/heads/main or refs/tags/v*, and protect these refs on the server.
package release.ref

import rego.v1

default refs := []

refs := data.cilock.params.refs

deny contains "set params.refs to the list of full refs that may release, as refs/heads/main or refs/tags/v*" if {
	not nonempty(refs)
}

nonempty(list) if {
	is_array(list)
	count(list) > 0
}

deny contains msg if {
	some ref in refs
	not startswith(ref, "refs/")
	msg := sprintf("params.refs has %q, which is no full ref: write refs/heads/%s or refs/tags/%s", [ref, ref, ref])
}

# Braces and other signs of patterns are no part of names that Git allows here.
deny contains msg if {
	not matches(input.claims.ref)
	msg := sprintf("the job runs for %s, which is not in params.refs", [input.claims.ref])
}

matches(ref) if {
	some pattern in refs
	startswith(pattern, "refs/")
	glob.match(pattern, ["/"], ref)
}
