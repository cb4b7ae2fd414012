package release.ref_test

import data.release.ref
import rego.v1

denials(name, params) := n if n := count(ref.deny) with input as {"claims": {"ref": name}} with data.cilock as {"params": params}

some_refs := {"refs": ["refs/heads/main", "refs/tags/v*"]}

test_deny_others if {
	every name in [
		"refs/heads/feature", "refs/heads/main2", "refs/heads/Main", "refs/heads/x/refs/heads/main", "main", "refs/tags/x1",
		"refs/tags/v1/x", "refs/pull/1/merge", "", "refs/heads/v1", "refs/heads/../heads/main",
	] {
		denials(name, some_refs) == 1
	}
}

test_deny_without_params if denials("refs/heads/main", {}) == 2

test_deny_empty_list if denials("refs/heads/main", {"refs": []}) == 2

test_deny_short_name if denials("refs/heads/main", {"refs": ["main"]}) == 2

test_deny_asterisk_alone if denials("refs/heads/main", {"refs": ["*", "**"]}) == 3

test_pass_branch if denials("refs/heads/main", some_refs) == 0

test_pass_tag if denials("refs/tags/v1.2.3-rc.1", some_refs) == 0

test_deny_no_list if denials("refs/heads/main", {"refs": {"a": "refs/heads/main"}}) >= 1
