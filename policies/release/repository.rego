# METADATA
# title: The job is of a repository that may release
# description: >-
#   The ID token's repository is in params.repositories (owner/name, case does not matter), and the runner's variables
#   agree with the token.
# custom:
#   type: github
#   required: true
#   severity: critical
#   attack: A fork, or another repository of the organisation, makes evidence for a release that it does not own.
#   fix: Set params.repositories; grant the job the permission id-token write.
package release.repository

import rego.v1

default names := []

names := data.cilock.params.repositories

deny contains "set params.repositories to the list of repositories that may release, as owner/name" if {
	not nonempty(names)
}

nonempty(list) if {
	is_array(list)
	count(list) > 0
}

allowed := {lower(name) | some name in names}

deny contains msg if {
	not lower(input.claims.repository) in allowed
	msg := sprintf("the job is of %s, which is not in params.repositories", [input.claims.repository])
}

deny contains msg if {
	some m in input.mismatch
	msg := sprintf("the environment says that %s is %q, the ID token says %q", [m.name, m.context, m.claim])
}
