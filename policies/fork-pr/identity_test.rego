package fork_pr.identity_test

import data.fork_pr.identity
import rego.v1

denials(event, fields) := n if n := count(identity.deny) with input as object.union({"context": {"event_name": event}, "granted": false, "fork": false}, fields)

test_deny_token if {
	every event in ["pull_request_target", "workflow_run", "pull_request"] {
		denials(event, {"fork": true, "granted": true}) == 1
	}
}

test_deny_fork_not_known if {
	count(identity.deny) == 1 with input as {"context": {"event_name": "pull_request"}, "granted": false}
}

test_deny_event_not_known if {
	count(identity.deny) == 1 with input as {"context": {}, "granted": false}
}

test_pass_no_token if denials("pull_request_target", {"fork": true}) == 0

test_pass_own_branch if denials("pull_request", {"granted": true}) == 0

test_pass_push if {
	count(identity.deny) == 0 with input as {"context": {"event_name": "push"}, "granted": true}
}

test_pass_fork_of_no_request if denials("push", {"fork": true, "granted": true}) == 0
