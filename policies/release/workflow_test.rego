package release.workflow_test

import data.release.workflow
import rego.v1

file := "org/app/.github/workflows/release.yml"

denials(claims, params) := n if n := count(workflow.deny) with input as {"claims": claims} with data.cilock as {"params": params}

both(ref) := {"workflow_ref": ref, "job_workflow_ref": ref}

only := {"workflows": [file]}

test_deny_another_file if denials(both("org/app/.github/workflows/other.yml@refs/heads/main"), only) == 2

test_deny_near_misses if {
	every ref in [
		concat("", [file, "2@refs/heads/main"]), concat("", ["x", file, "@refs/heads/main"]), upper(concat("", [file, "@refs/heads/main"])),
		concat("", [file, "@evil@refs/heads/main"]), "", "@",
	] {
		denials(both(ref), only) == 2
	}
}

test_deny_reusable_of_others if {
	denials({"workflow_ref": concat("", [file, "@refs/heads/main"]), "job_workflow_ref": "evil/x/.github/workflows/a.yml@refs/heads/main"}, only) == 1
}

test_deny_absent_claim if denials({"workflow_ref": concat("", [file, "@refs/heads/main"])}, only) == 1

test_deny_other_ref if {
	denials(both(concat("", [file, "@refs/heads/evil"])), {"workflows": [concat("", [file, "@refs/heads/main"])]}) == 2
}

test_deny_without_params if denials(both(concat("", [file, "@refs/heads/main"])), {}) == 3

test_deny_empty_list if denials(both(concat("", [file, "@refs/heads/main"])), {"workflows": []}) == 3

test_pass_any_ref if denials(both(concat("", [file, "@refs/tags/v1"])), only) == 0

test_pass_one_ref if denials(both(concat("", [file, "@refs/heads/main"])), {"workflows": [concat("", [file, "@refs/heads/main"])]}) == 0

test_deny_no_list if denials(both(concat("", [file, "@refs/heads/main"])), {"workflows": {"a": file}}) >= 1
