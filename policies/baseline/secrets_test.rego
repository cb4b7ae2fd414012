package baseline.secrets_test

import data.baseline.secrets
import rego.v1

finding(tier) := {"ruleId": "github-pat", "description": "d", "location": "stdout", "startLine": 1, "tier": tier}

denials(fields) := n if n := count(secrets.deny) with input as object.union({"findings": [], "high": 0, "low": 0, "canary": true}, fields)

test_deny_high if denials({"findings": [finding("high")], "high": 1}) == 1

test_deny_unknown_tier if denials({"findings": [finding("Low")], "high": 0}) == 1

test_deny_without_tier if denials({"findings": [object.remove(finding("low"), {"tier"})]}) == 1

test_deny_not_listed if denials({"high": 1001}) == 1

test_deny_no_canary if denials({"canary": false}) == 1

test_pass_nothing if denials({}) == 0

test_pass_low if denials({"findings": [finding("low")], "low": 1}) == 0
