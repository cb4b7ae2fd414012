package fork_pr.checkout_test

import data.fork_pr.checkout
import rego.v1

uri := "https://witness.dev/attestations/github/v0.1"

job(event) := {uri: [{"context": {"event_name": event, "sha": "base"}}]}

denials(commit, jobs) := n if n := count(checkout.deny) with input as {"commithash": commit, "moved": false} with data.cilock as {"attestations": jobs}

test_deny_head if {
	every event in ["pull_request_target", "workflow_run", "issue_comment"] {
		denials("head", job(event)) == 1
	}
}

test_deny_near_misses if {
	every commit in ["", "BASE", "base ", "bas"] {
		denials(commit, job("pull_request_target")) == 1
	}
}

test_deny_no_sha if denials("head", {uri: [{"context": {"event_name": "workflow_run"}}]}) == 1

test_deny_not_known if {
	denials("base", {}) == 1
	denials("base", {uri: []}) == 1
	denials("base", {uri: [{"context": {}}]}) == 1
	denials("base", {uri: [{}]}) == 1
}

test_deny_moved if {
	count(checkout.deny) == 1 with input as {"commithash": "base", "moved": true} with data.cilock as {"attestations": job("workflow_run")}
}

test_pass_base if denials("base", job("pull_request_target")) == 0

test_pass_other_events if {
	every event in ["pull_request", "push", "schedule"] {
		denials("head", job(event)) == 0
	}
}

test_pass_moved_in_another_event if {
	count(checkout.deny) == 0 with input as {"commithash": "base", "moved": true} with data.cilock as {"attestations": job("push")}
}
