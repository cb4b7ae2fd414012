# METADATA
# title: The job runs on a runner that may release
# description: >-
#   The ID token's runner_environment (github-hosted or self-hosted) is in params.runners.
# custom:
#   type: github
#   required: true
#   severity: medium
#   attack: A self-hosted runner keeps what an earlier job left behind, as a changed tool or a running process.
#   fix: Set params.runners, best to github-hosted alone.
package release.runner

import rego.v1

default runners := []

runners := data.cilock.params.runners

deny contains "set params.runners to the kinds of runners that may release, as github-hosted" if {
	not nonempty(runners)
}

nonempty(list) if {
	is_array(list)
	count(list) > 0
}

deny contains msg if {
	kind := object.get(input.claims, "runner_environment", "not named by the ID token")
	not kind in {name | some name in runners}
	msg := sprintf("the runner is %s, which is not in params.runners", [kind])
}
