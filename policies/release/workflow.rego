# METADATA
# title: The job is defined by a workflow that may release
# description: >-
#   Both workflow_ref and job_workflow_ref of the ID token are in params.workflows: owner/name/.github/workflows/file,
#   or the same with @ref for one ref alone.
# custom:
#   type: github
#   required: true
#   severity: high
#   attack: Somebody adds another workflow to the repository that signs whatever it likes, with the same identity.
#   fix: Set params.workflows to the workflow, and to the reusable workflow if its job is in one.
package release.workflow

import rego.v1

default workflows := []

workflows := data.cilock.params.workflows

deny contains "set params.workflows to the list of workflows that may release, as owner/name/.github/workflows/release.yml" if {
	not nonempty(workflows)
}

nonempty(list) if {
	is_array(list)
	count(list) > 0
}

claims := ["workflow_ref", "job_workflow_ref"]

deny contains msg if {
	some name in claims
	not input.claims[name]
	msg := sprintf("the ID token has no %s", [name])
}

deny contains msg if {
	some name in claims
	ref := input.claims[name]
	not allowed(ref)
	msg := sprintf("%s is %s, which is not in params.workflows", [name, ref])
}

allowed(ref) if ref in workflows

allowed(ref) if {
	parts := split(ref, "@")
	count(parts) == 2
	parts[0] in workflows
}
