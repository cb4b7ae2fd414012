# METADATA
# title: A fork's pull request sees no secret
# description: >-
#   In a job for a pull request from another repository, no variable of the step is named like a credential. Names in
#   params.harmless are none.
# custom:
#   type: environment
#   required: true
#   severity: critical
#   attack: >-
#     A stranger's code, or a tool that reads its files, takes the secrets of the job (pull_request_target,
#     workflow_run).
#   fix: >-
#     Give secrets to steps that need them and run no code of the pull request; withhold the others from this step. A
#     variable that is none goes into params.harmless.
package fork_pr.secrets

import rego.v1

github := data.cilock.attestations["https://witness.dev/attestations/github/v0.1"]

deny contains "there is no attestation of the job (github) to tell its event" if not github[0]

from_fork if {
	some job in github
	job.fork
}

# Not knowing counts as a fork.
from_fork if {
	some job in github
	event := object.get(job, ["context", "event_name"], "")
	regex.match(`^(pull_request.*|workflow_run)?$`, event)
	not is_boolean(object.get(job, "fork", null))
}

harmless := {upper(name) | some name in data.cilock.params.harmless}

deny contains msg if {
	from_fork
	some name in variables
	credential(upper(name))
	not upper(name) in harmless
	msg := sprintf("the step of a pull request from a fork has the variable %s", [name])
}

# The scan for secrets withholds the values of such names, but evidence of others may have them.
variables := {name | some name in input.othernames} | {name | some name, _ in input.variables}

credential(name) if regex.match(`(^|_)(TOKEN|SECRETS?|PASSWORD|PASSWD|PASS|PAT|CREDENTIALS?|PRIVATE_?KEY|ACCESS_?KEY(_ID)?|API_?KEY|AUTH|SIGNING_?KEY|DEPLOY_?KEY|SSH_?KEY|WEBHOOK)(_|$)|KUBECONFIG|TOKEN$|APIKEY$`, name)
