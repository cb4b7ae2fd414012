package baseline.own_action_test

import data.baseline.own_action
import rego.v1

body(fields) := object.union({"actionref": "o/r@v1", "refpinned": false, "actiontype": "action", "locked": false}, fields)

denials(fields) := n if n := count(own_action.deny) with input as body(fields)

test_deny_other_bytes if denials({"treeverified": "false", "differences": [{"path": "index.js", "kind": "content"}]}) == 1

test_deny_other_bytes_without_a_list if denials({"treeverified": "false"}) == 1

test_deny_other_bytes_with_an_empty_list if denials({"treeverified": "false", "differences": []}) == 1

test_deny_commit_of_a_fork if denials({"reachable": "unreachable"}) == 1

test_deny_commit_that_is_gone if denials({"reachable": "missing"}) == 1

test_deny_listed if denials({"denied": "stole credentials"}) == 1

test_deny_unknown_words if {
	every fields in [{"reachable": "Unreachable"}, {"treeverified": "False"}, {"treeverified": "no"}, {"reachable": "unreachable "}] {
		denials(fields) == 1
	}
}

test_pass_of_its_default_branch if denials({"treeverified": "true", "reachable": "reachable-default"}) == 0

test_pass_nobody_was_asked if denials({}) == 0

test_pass_not_known if denials({"treeverified": "unverified", "reachable": "undetermined", "reason": "no network"}) == 0

test_pass_not_listed if denials({"denied": ""}) == 0
