package pypi.registries_test

import data.pypi.registries
import rego.v1

hash := "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

file := {"path": "requirements.txt", "kind": "pip", "entries": 1, "unhashed": 0, "mode": "hashes"}

entry(fields) := object.union({"file": "requirements.txt", "name": "a", "version": "1.0", "registry": "", "hash": hash}, fields)

body(fields, more) := {"files": [object.union(file, fields)], "entries": [entry({}), entry(more)]}

denials(known, params) := n if n := count(registries.deny) with input as known with data.cilock as {"params": params}

test_deny_no_file if {
	denials({"files": [], "entries": []}, {}) == 1
	denials({"files": [object.union(file, {"kind": "npm"})], "entries": []}, {}) == 1
}

test_deny_not_listed if denials(object.union(body({}, {}), {"notlisted": 1}), {}) == 1

test_pass if denials(body({}, {}), {}) == 0

test_pass_entries_of_others if {
	others := [{"file": "package-lock.json", "name": "a", "version": "", "registry": "git"}]
	denials({"files": [file, object.union(file, {"path": "package-lock.json", "kind": "npm", "mode": ""})], "entries": others}, {}) == 0
}

test_deny_others if {
	every place in ["http://pypi.org", "https://pypi.org.evil.test", "git+https://github.com", "git", "file", "other", "https://pypi.org:444"] {
		denials(body({}, {"registry": place}), {}) == 1
	}
}

test_deny_index if {
	every place in ["https://evil.test", "http://pypi.org", "other", ""] {
		denials(body({"registries": ["https://pypi.org", place]}, {}), {}) == 1
	}
}

test_deny_wrong_params if {
	denials(body({}, {}), {"registries": ["http://pypi.org"]}) == 1
	denials(body({}, {}), {"registries": null}) == 1
	denials(body({"registries": ["https://pypi.org"]}, {}), {"registries": []}) == 1
}

test_pass_known if denials(body({"registries": ["https://pypi.org"]}, {"registry": "https://files.pythonhosted.org"}), {}) == 0

test_pass_own_index if {
	denials(body({"registries": ["https://py.example.com"]}, {}), {"registries": ["https://Py.example.com/"]}) == 0
}

test_deny_no_list if denials(body({}, {}), {"registries": {"a": "https://registry.npmjs.org", "b": "https://pypi.org"}}) == 1

test_pass_all_listed if denials(object.union(body({}, {}), {"notlisted": 0}), {}) == 0

test_pass_indexes_of_others if {
	denials({"files": [file, object.union(file, {"path": "package-lock.json", "kind": "npm", "registries": ["x"]})], "entries": []}, {}) == 0
}
