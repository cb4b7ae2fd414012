package npm.registries_test

import data.npm.registries
import rego.v1

hash := "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

file := {"path": "package-lock.json", "kind": "npm", "entries": 1, "unhashed": 0}

entry(fields) := object.union({"file": "package-lock.json", "name": "a", "version": "1.0.0", "registry": "https://registry.npmjs.org", "hash": hash}, fields)

body(fields) := {"files": [file], "entries": [entry({}), entry(fields)]}

denials(known, params) := n if n := count(registries.deny) with input as known with data.cilock as {"params": params}

test_deny_no_file if {
	denials({"files": [], "entries": []}, {}) == 1
	denials({"files": [object.union(file, {"kind": "go"})], "entries": []}, {}) == 1
}

test_deny_not_listed if denials(object.union(body({}), {"notlisted": 1}), {}) == 1

test_pass if denials(body({}), {}) == 0

test_pass_link_and_bundle if {
	every place in ["link", "bundle"] {
		known := {"files": [file], "entries": [object.remove(entry({"registry": place}), {"hash"})]}
		denials(known, {}) == 0
	}
}

test_pass_entries_of_others if {
	denials({"files": [file, object.union(file, {"path": "go.sum", "kind": "go"})], "entries": [{"file": "go.sum", "name": "a", "version": "v1", "registry": ""}]}, {}) == 0
}

test_deny_others if {
	every place in [
		"http://registry.npmjs.org", "https://registry.npmjs.org.evil.test", "https://evil.test", "git+ssh://github.com", "git", "file", "other",
		"https://registry.npmjs.org:8443", "https://registry.yarnpkg.com",
	] {
		denials(body({"registry": place}), {}) == 1
	}
}

test_deny_public_where_another_is_set if denials(body({}), {"registries": ["https://npm.example.com"]}) == 1

test_deny_wrong_params if {
	denials(body({}), {"registries": ["http://registry.npmjs.org"]}) == 2
	denials(body({}), {"registries": ["link"]}) == 2
	denials(body({}), {"registries": []}) == 1
	denials(body({}), {"registries": "https://registry.npmjs.org"}) >= 1
}

test_pass_own_registry if {
	denials(body({"registry": "https://npm.example.com"}), {"registries": ["https://npm.Example.com/", "https://registry.npmjs.org"]}) == 0
}

test_deny_no_list if denials(body({}), {"registries": {"a": "https://registry.npmjs.org", "b": "https://pypi.org"}}) == 1

test_pass_all_listed if denials(object.union(body({}), {"notlisted": 0}), {}) == 0

test_deny_no_place_and_no_hash if {
	denials({"files": [file], "entries": [object.remove(entry({"registry": ""}), {"hash"})]}, {}) == 1
	denials(body({"registry": "", "hash": "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA="}), {}) == 1
}

test_pass_no_place_and_a_hash if denials(body({"registry": ""}), {}) == 0
