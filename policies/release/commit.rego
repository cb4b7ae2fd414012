# METADATA
# title: The checkout is the commit of the job
# description: >-
#   What is checked out is the commit that the ID token names, no tracked file differs from it before the step, and
#   the step does not move HEAD.
# custom:
#   type: git
#   required: true
#   severity: high
#   attack: >-
#     An earlier step changes the sources, or checks out others, before the build (SolarWinds, build-time tampering).
#   fix: Build in a job of its own, from a checkout that no other step has written to.
package release.commit

import rego.v1

github := data.cilock.attestations["https://witness.dev/attestations/github/v0.1"]

deny contains "there is no attestation of the job (github) to compare the commit with" if not github[0]

deny contains msg if {
	some job in github
	not job.claims.sha == input.commithash
	msg := sprintf("%s is checked out, the job is of %s", [input.commithash, object.get(job, ["claims", "sha"], "a commit that no ID token names")])
}

# Files that Git does not know are left to the rules about what is executed.
deny contains msg if {
	some path, words in input.status
	some word in words
	not word in {"untracked", "unmodified"}
	msg := sprintf("%s was %s before the step", [path, word])
}

deny contains msg if {
	input.dirtycount > count(object.get(input, "status", {}))
	msg := sprintf("%d files differ from the commit, of which not all are named", [input.dirtycount])
}

deny contains "there is no commit" if input.unborn

deny contains "the step moved HEAD to another commit or branch" if input.moved
