package npm.hashes_test

import data.npm.hashes
import rego.v1

hash := "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

file := {"path": "package-lock.json", "kind": "npm", "entries": 1, "unhashed": 0}

entry(fields) := object.union({"file": "package-lock.json", "name": "a", "version": "1.0.0", "registry": "https://registry.npmjs.org", "hash": hash}, fields)

body(fields) := {"files": [file], "entries": [entry({}), entry(fields)]}

denials(known, params) := n if n := count(hashes.deny) with input as known with data.cilock as {"params": params}

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

test_deny_weak_or_none if {
	every text in ["", "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "sha512-", "SHA512-AAAA", "sha512-AAAA", "md5-AAAA", " sha512-AAAA"] {
		denials(body({"hash": text}), {}) == 1
	}
}

test_deny_absent_hash if denials({"files": [file], "entries": [object.remove(entry({}), {"hash"})]}, {}) == 1

test_deny_counted if denials({"files": [object.union(file, {"unhashed": 2})], "entries": []}, {}) == 1

test_pass_counted_of_others if {
	denials({"files": [file, object.union(file, {"path": "go.sum", "kind": "go", "unhashed": 3})], "entries": []}, {}) == 0
}

test_pass_all_listed if denials(object.union(body({}), {"notlisted": 0}), {}) == 0
