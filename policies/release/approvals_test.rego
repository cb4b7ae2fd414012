package release.approvals_test

import data.release.approvals
import rego.v1

by(login) := {"login": login, "commit": "head", "association": "MEMBER"}

request := {"number": 7, "author": "ann", "head": "head", "base": "main", "merged": true, "mergecommit": "merge"}

body(list) := {"commit": "merge", "author": "ann", "committer": "web-flow", "pullrequest": request, "approvals": list, "stale": []}

denials(list, params) := n if n := count(approvals.deny) with input as body(list) with data.cilock as {"params": params}

two := [by("bob"), by("eve")]

test_deny_none if denials([], {}) == 1

test_deny_one if denials([by("bob")], {}) == 1

test_deny_one_twice if denials([by("bob"), by("Bob")], {}) == 1

test_deny_those_who_do_not_count if {
	every a in [
		by("ann"), by("ANN"), by("web-flow"), by(""), object.union(by("eve"), {"bot": true}), object.union(by("eve"), {"commit": "older"}),
		object.union(by("eve"), {"commit": ""}), object.union(by("eve"), {"association": "NONE"}), object.union(by("eve"), {"association": "member"}),
		object.remove(by("eve"), {"association"}),
	] {
		denials([by("bob"), a], {}) == 1
	}
}

test_deny_what_is_no_number if {
	every n in ["1", 0, -1, null, [], 0.5] {
		denials(two, {"min_approvals": n}) == 2
	}
}

test_deny_another_commit if {
	count(approvals.deny) == 1 with input as object.union(body(two), {"commit": "other"}) with data.cilock as {"params": {}}
}

test_pass_two if denials(two, {}) == 0

test_pass_one_is_enough if denials([by("bob")], {"min_approvals": 1}) == 0

test_pass_head if {
	count(approvals.deny) == 0 with input as object.union(body(two), {"commit": "head"}) with data.cilock as {"params": {}}
}
