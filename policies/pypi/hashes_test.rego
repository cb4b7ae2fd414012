package pypi.hashes_test

import data.pypi.hashes
import rego.v1

hash := "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

file := {"path": "requirements.txt", "kind": "pip", "entries": 1, "unhashed": 0, "mode": "hashes"}

entry(fields) := object.union({"file": "requirements.txt", "name": "a", "version": "1.0", "registry": "", "hash": hash}, fields)

body(fields, more) := {"files": [object.union(file, fields)], "entries": [entry({}), entry(more)]}

denials(known, params) := n if n := count(hashes.deny) with input as known with data.cilock as {"params": params}

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

test_deny_mode if {
	denials(body({"mode": ""}, {}), {}) == 1
	denials(body({"mode": "Hashes"}, {}), {}) == 1
	denials({"files": [object.remove(file, {"mode"})], "entries": []}, {}) == 1
}

test_deny_weak_or_none if {
	every text in ["", "md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sha1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sha256:", "sha256:aa", "SHA256:aa"] {
		denials(body({}, {"hash": text}), {}) == 1
	}
	denials({"files": [file], "entries": [object.remove(entry({}), {"hash"})]}, {}) == 1
}

test_deny_one_weak_of_several if denials(body({}, {"hashes": [hash, "md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}), {}) == 1

test_deny_counted if denials(body({"unhashed": 1}, {}), {}) == 1

test_deny_includes if denials(body({"includes": ["-r other.txt"]}, {}), {}) == 1

test_deny_open_version if denials(body({}, {"version": ""}), {}) == 1

test_pass_several if denials(body({"includes": []}, {"hashes": [hash, hash]}), {}) == 0

test_pass_what_others_leave_open if {
	other := object.union(file, {"path": "package-lock.json", "kind": "npm", "mode": "", "unhashed": 3, "includes": ["a"], "registries": ["x"]})
	denials({"files": [file, other], "entries": []}, {}) == 0
}

test_pass_all_listed if denials(object.union(body({}, {}), {"notlisted": 0}), {}) == 0
