package container.scan_test

import data.container.scan
import rego.v1

report := {"path": "a", "tools": [{"name": "grype"}]}

denials(list, counts) := n if n := count(scan.deny) with input as {"documents": list, "counts": counts}

test_deny_severe if denials([report], {"critical": 1, "high": 1, "low": 7}) == 2

test_deny_other_words if denials([report], {"High": 1, "Critical": 1, "severe": 1, "secrets": 1}) == 4

test_deny_no_report if denials([], {}) == 1

test_deny_no_tool if denials([object.union(report, {"tools": []})], {}) == 1

test_deny_failed if denials([object.union(report, {"failed": true})], {}) == 1

test_pass if denials([report], {"medium": 3, "low": 1, "unknown": 1, "suppressed": 2, "high": 0}) == 0

test_pass_nothing_found if denials([report], {}) == 0
