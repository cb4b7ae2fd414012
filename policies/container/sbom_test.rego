package container.sbom_test

import data.container.sbom
import rego.v1

denials(list) := n if n := count(sbom.deny) with input as {"documents": list, "counts": {"components": 9}}

test_deny_none if denials([]) == 1

test_deny_empty if {
	denials([{"path": "a", "counts": {}}]) == 1
	denials([{"path": "a", "counts": {"components": 0, "packages": 0, "files": 3}}]) == 1
}

test_deny_one_empty_of_two if denials([{"path": "a", "counts": {"packages": 3}}, {"path": "b", "counts": {"Packages": 3}}]) == 1

test_deny_failed if denials([{"path": "a", "counts": {"packages": 3}, "failed": true}]) == 1

test_pass_cyclonedx if denials([{"path": "a", "counts": {"components": 3}}]) == 0

test_pass_spdx if denials([{"path": "a", "counts": {"packages": 1}, "failed": false}]) == 0
