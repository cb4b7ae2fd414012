package release.commit_test

import data.release.commit
import rego.v1

github := "https://witness.dev/attestations/github/v0.1"

clean := {"commithash": "aa", "dirtycount": 0, "unborn": false, "moved": false}

denials(fields, jobs) := n if n := count(commit.deny) with input as object.union(clean, fields)
	with data.cilock as {"attestations": jobs}

job := {github: [{"claims": {"sha": "aa"}}]}

test_deny_other_commit if denials({"commithash": "bb"}, job) == 1

test_deny_no_job if {
	denials({}, {}) == 1
	denials({}, {github: []}) == 1
}

test_deny_job_without_token if denials({}, {github: [{"context": {"sha": "aa"}}]}) == 1

test_deny_modified if {
	every words in [{"staging": "modified"}, {"worktree": "modified"}, {"staging": "unmodified", "worktree": "deleted"}, {"staging": "added"}] {
		denials({"status": {"main.go": words}, "dirtycount": 1}, job) == 1
	}
}

test_deny_not_all_named if denials({"status": {"a": {"worktree": "untracked"}}, "dirtycount": 2}, job) == 1

test_deny_not_named if denials({"dirtycount": 1}, job) == 1

test_deny_moved if denials({"moved": true}, job) == 1

test_deny_unborn if denials({"unborn": true}, job) == 1

test_pass if denials({}, job) == 0

test_pass_untracked if denials({"status": {"node_modules/": {"staging": "untracked", "worktree": "untracked"}}, "dirtycount": 1}, job) == 0
