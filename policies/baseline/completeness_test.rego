package baseline.completeness_test

import data.baseline.completeness
import rego.v1

ran := {"name": "git", "state": "ran"}

traced := {"name": "trace", "state": "ran", "attempted": 10, "received": 7, "deduplicated": 3}

denials(fields) := n if n := count(completeness.deny) with input as object.union({"started": true, "collectors": [ran, traced]}, fields)

with_row(row) := denials({"collectors": [ran, object.union(traced, row)]})

test_deny_not_started if denials({"started": false, "reason": "denied"}) == 1

test_deny_not_started_without_a_reason if denials({"started": false}) == 1

test_deny_cancelled if denials({"cancelled": "SIGTERM"}) == 1

test_deny_no_collectors if denials({"collectors": []}) == 1

test_deny_failed if with_row({"state": "failed"}) == 1

test_deny_gap if with_row({"gaps": ["the tracer died"]}) == 1

test_deny_lost if with_row({"attempted": 11, "lost": 1}) == 1

test_deny_sum_that_does_not_fit if with_row({"attempted": 11}) == 1

test_deny_sum_without_attempts if with_row({"attempted": 0}) == 1

test_pass if denials({}) == 0

test_pass_off_and_not_applicable if {
	denials({"collectors": [ran, {"name": "github", "state": "notapplicable", "reason": "none"}, {"name": "trace", "state": "off"}]}) == 0
}

test_pass_limits_and_empty_gaps if with_row({"limits": ["io_uring is not seen"], "gaps": []}) == 0

test_pass_nothing_lost_nor_cancelled if {
	with_row({"lost": 0}) == 0
	denials({"cancelled": ""}) == 0
}
