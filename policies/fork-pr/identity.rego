# METADATA
# title: A fork's pull request gets no identity
# description: >-
#   A job for a pull request from another repository cannot have an ID token, and whether it is from one is known.
# custom:
#   type: github
#   required: true
#   severity: high
#   attack: The job of a stranger's pull request gets a token for the cloud in the project's name.
#   fix: >-
#     Take the permission id-token from workflows for pull requests, above all from pull_request_target and
#     workflow_run.
package fork_pr.identity

import rego.v1

deny contains msg if {
	about_requests
	input.fork
	input.granted
	msg := sprintf("the job for %s of a pull request from a fork may have an ID token", [input.context.event_name])
}

deny contains "whether the pull request is from a fork is not known" if {
	about_requests
	not fork_known
}

fork_known if is_boolean(input.fork)

about_requests if startswith(input.context.event_name, "pull_request")

about_requests if input.context.event_name == "workflow_run"

deny contains "the event of the job is not known" if not input.context.event_name
