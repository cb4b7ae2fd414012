# METADATA
# title: A fork's pull request runs on no runner of our own
# description: >-
#   A job for a pull request from another repository runs on a runner of GitHub's, which is thrown away.
# custom:
#   type: github
#   required: true
#   severity: high
#   attack: A stranger's code runs inside the network, and leaves something behind for the next job.
#   fix: Use runners of GitHub's for pull requests, or require approval for all outside contributors.
package fork_pr.runner

import rego.v1

deny contains msg if {
	from_fork
	kind := object.get(input.context, "runner_environment", "not known")
	kind != "github-hosted"
	msg := sprintf("the job for a pull request from a fork runs on a runner that is %s", [kind])
}

from_fork if input.fork

# Not knowing counts as a fork.
from_fork if {
	not fork_known
	event := object.get(input.context, "event_name", "")
	regex.match(`^(pull_request.*|workflow_run)?$`, event)
}

fork_known if is_boolean(input.fork)
