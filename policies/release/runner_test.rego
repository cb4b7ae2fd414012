package release.runner_test

import data.release.runner
import rego.v1

denials(claims, params) := n if n := count(runner.deny) with input as {"claims": claims} with data.cilock as {"params": params}

hosted := {"runners": ["github-hosted"]}

test_deny_self_hosted if denials({"runner_environment": "self-hosted"}, hosted) == 1

test_deny_near_misses if {
	every kind in ["GitHub-Hosted", "github-hosted ", "", "hosted"] {
		denials({"runner_environment": kind}, hosted) == 1
	}
}

test_deny_not_named if denials({}, hosted) == 1

test_deny_without_params if denials({"runner_environment": "github-hosted"}, {}) == 2

test_deny_no_list if {
	denials({"runner_environment": "github-hosted"}, {"runners": "github-hosted"}) >= 1
	denials({"runner_environment": "github-hosted"}, {"runners": []}) == 2
}

test_pass if denials({"runner_environment": "github-hosted"}, hosted) == 0

test_deny_object if denials({"runner_environment": "github-hosted"}, {"runners": {"a": "github-hosted"}}) >= 1
