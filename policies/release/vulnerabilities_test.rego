package release.vulnerabilities_test

import data.release.vulnerabilities
import rego.v1

documents := [{"path": "grype.json"}]

denials(counts, params) := n if n := count(vulnerabilities.deny) with input as {"documents": documents, "counts": counts}
	with data.cilock as {"params": params}

test_deny_high_and_critical if denials({"critical": 1, "high": 2, "medium": 3}, {}) == 2

test_deny_at_the_limit if denials({"medium": 1}, {"max_severity": "medium"}) == 1

test_deny_other_words if denials({"High": 1, "severe": 1, "secrets": 1}, {}) == 3

test_deny_unknown_where_little_is_allowed if denials({"unknown": 1}, {"max_severity": "low"}) == 1

test_deny_wrong_limit if {
	every limit in ["High", "unknown", "", null, 7, []] {
		denials({}, {"max_severity": limit}) == 1
	}
}

test_deny_no_report if {
	count(vulnerabilities.deny) == 1 with input as {"documents": [], "counts": {}} with data.cilock as {"params": {}}
}

test_deny_failed_scan if {
	count(vulnerabilities.deny) == 1 with input as {"documents": [{"path": "a", "failed": true}], "counts": {}} with data.cilock as {"params": {}}
}

test_pass_below if denials({"medium": 9, "low": 9, "negligible": 1, "unknown": 1, "suppressed": 5, "misconfigurations": 1, "high": 0}, {}) == 0

test_pass_critical_alone if denials({"high": 3}, {"max_severity": "critical"}) == 0
