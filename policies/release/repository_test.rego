package release.repository_test

import data.release.repository
import rego.v1

denials(name, params) := n if n := count(repository.deny) with input as {"claims": {"repository": name}, "mismatch": []}
	with data.cilock as {"params": params}

only := {"repositories": ["org/app"]}

test_deny_another if denials("org/other", only) == 1

test_deny_near_misses if {
	every name in ["org/app2", "org2/app", "org/app/../other", "org/app ", "", "xorg/app", "org-app"] {
		denials(name, only) == 1
	}
}

test_deny_without_params if denials("org/app", {}) == 2

test_deny_empty_list if denials("org/app", {"repositories": []}) == 2

test_deny_no_list if {
	every value in ["org/app", null, {}, true] {
		denials("org/app", {"repositories": value}) >= 1
	}
}

test_deny_mismatch if {
	count(repository.deny) == 1 with input as {
		"claims": {"repository": "org/app"},
		"mismatch": [{"name": "sha", "context": "a", "claim": "b"}],
	}
		with data.cilock as {"params": only}
}

test_pass if denials("org/app", only) == 0

test_pass_other_case if denials("Org/App", only) == 0
