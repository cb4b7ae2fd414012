package release.analysis_test

import data.release.analysis
import rego.v1

denials(counts, params) := n if n := count(analysis.deny) with input as {"documents": [{"path": "a.sarif"}], "counts": counts}
	with data.cilock as {"params": params}

test_deny_error if denials({"error": 1, "warning": 4}, {}) == 1

test_deny_warning if denials({"error": 1, "warning": 4}, {"max_severity": "medium"}) == 2

test_deny_other_words if denials({"Error": 1, "fatal": 2}, {}) == 2

test_deny_wrong_limit if {
	every limit in ["error", "HIGH", null, 1] {
		denials({}, {"max_severity": limit}) == 1
	}
}

test_deny_failed if {
	count(analysis.deny) == 1 with input as {"documents": [{"path": "a", "failed": true}], "counts": {}} with data.cilock as {"params": {}}
}

test_pass_below if denials({"warning": 4, "note": 1, "none": 2, "suppressed": 7, "error": 0}, {}) == 0

test_pass_nothing if denials({}, {"max_severity": "low"}) == 0

test_deny_by_severity if {
	denials({"error": 1, "warning": 1, "note": 1}, {"max_severity": "critical"}) == 1
	denials({"error": 1, "warning": 1, "note": 1}, {"max_severity": "medium"}) == 2
	denials({"error": 1, "warning": 1, "note": 1}, {"max_severity": "negligible"}) == 3
}

test_pass_critical if denials({"warning": 1}, {"max_severity": "critical"}) == 0

test_pass_medium if denials({"note": 1}, {"max_severity": "medium"}) == 0
