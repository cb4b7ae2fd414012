package behaviour.staging_test

import data.behaviour.staging
import rego.v1

denials(file) := n if n := count(staging.deny) with input as {"processes": [
	{"program": "/bin/a", "processid": 1, "parentpid": 0},
	{"program": "/bin/sh", "processid": 2, "parentpid": 1, "openedfiles": {"/bin/sh": {}, file: {"sha256": "aa"}}},
]}

test_deny_each if {
	every file in [
		"/tmp/runner_collected_123.txt", "/tmp/runner_collected", "/TMP/RUNNER_COLLECTED", "/var/tmp/x/runner_collected.json", "/srv/tpcp.tar.gz",
		"/home/a/session.key.enc", "/tmp/data.tar.gz.enc", "/dev/shm/a.zip.gpg", "/private/tmp/a.json.aes", "/w/truffleSecrets.json",
		"/tmp/../tmp/a.tgz.age", "//tmp/a.key.enc",
	] {
		denials(file) == 1
	}
}

test_pass_others if {
	every file in [
		"/tmp/a.tar.gz", "/src/secrets.json", "/src/testdata/a.zip.gpg", "/tmp/a.gpg", "/tmp/apt.conf/trusted.gpg", "/tmp/enc", "/tmp/x.encoding",
		"/tmp/runner_uncollected", "/src/not_runner_collected.go",
	] {
		denials(file) == 0
	}
}

test_pass_nothing if {
	count(staging.deny) == 0 with input as {"processes": []}
}
