package fork_pr.runner_test

import data.fork_pr.runner
import rego.v1

denials(fork, context) := n if n := count(runner.deny) with input as {"fork": fork, "context": context}

test_deny_self_hosted if denials(true, {"runner_environment": "self-hosted"}) == 1

test_deny_near_misses if {
	every kind in ["", "GitHub-hosted", "github-hosted "] {
		denials(true, {"runner_environment": kind}) == 1
	}
}

test_deny_not_known if denials(true, {}) == 1

test_deny_fork_not_known if {
	every context in [{"event_name": "pull_request"}, {"event_name": "workflow_run"}, {}] {
		count(runner.deny) == 1 with input as {"context": object.union(context, {"runner_environment": "self-hosted"})}
	}
}

test_pass_hosted if denials(true, {"runner_environment": "github-hosted"}) == 0

test_pass_own if denials(false, {"runner_environment": "self-hosted"}) == 0

test_pass_no_request if {
	count(runner.deny) == 0 with input as {"context": {"event_name": "push", "runner_environment": "self-hosted"}}
}
