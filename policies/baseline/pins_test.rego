package baseline.pins_test

import data.baseline.pins
import rego.v1

sha := "8f4b7f84864484a7bf31766abe9204da3cbe65b3"

digest := concat("", ["sha256:", sha, "0123456789abcdef01234567"])

denials(ref, pinned) := n if n := count(pins.deny) with input as {"actionref": ref, "refpinned": pinned, "actiontype": "action", "locked": false}

test_deny_tag if denials("actions/checkout@v4", false) == 1

test_deny_image_by_tag if denials("docker://alpine:3", false) == 1

test_deny_what_only_looks_like_a_pin if {
	every ref in [
		concat("", ["o/r@v1@", sha]), concat("", ["o/r@", sha, "-evil"]), concat("", ["o/r@release-", sha]),
		"o/r@8f4b7f8", concat("", ["o\\r@", sha]), concat("", ["o/r @", sha]), concat("", ["docker://alpine@", digest, "0"]),
		"$/a@v1", "o/r@", "",
	] {
		denials(ref, true) == 1
	}
}

test_pass_commit if denials(concat("", ["actions/checkout@", sha]), true) == 0

test_pass_commit_in_capitals if denials(concat("", ["o/r/path/to@", upper(sha)]), true) == 0

test_pass_image_by_digest if {
	every name in ["docker://alpine@", "ghcr.io/o/i:1.2@", "docker://host:5000/i@"] {
		denials(concat("", [name, digest]), true) == 0
	}
}

test_pass_own_path if denials("$/actions/build", true) == 0
