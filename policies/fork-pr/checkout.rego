# METADATA
# title: A privileged event does not build somebody else's code
# description: >-
#   In a job for pull_request_target, workflow_run or a comment, which has the rights of the base branch, what is
#   checked out is the commit of that branch and not the head of the pull request, and the step does not move to it.
# custom:
#   type: git
#   required: false
#   severity: critical
#   attack: >-
#     A pull request's code is checked out and built in a job that holds secrets and a token that may write (pwn
#     request).
#   fix: Build pull requests in a job for pull_request, and hand its result over as data.
package fork_pr.checkout

import rego.v1

github := data.cilock.attestations["https://witness.dev/attestations/github/v0.1"]

# Their workflow and GITHUB_SHA are those of the base or default branch.
privileged := {
	"pull_request_target", "workflow_run", "issue_comment", "issues", "discussion", "discussion_comment", "label",
}

deny contains "there is no attestation of the job (github) to tell its event" if not github[0]

deny contains msg if {
	some job in github
	not job.context.event_name
	msg := "the event of the job is not known"
}

deny contains msg if {
	some job in github
	job.context.event_name in privileged
	not job.context.sha == input.commithash
	msg := sprintf("a job for %s has checked out %s, which is not its own commit", [job.context.event_name, input.commithash])
}

deny contains msg if {
	some job in github
	job.context.event_name in privileged
	input.moved
	msg := sprintf("the step of a job for %s moved to another commit", [job.context.event_name])
}
