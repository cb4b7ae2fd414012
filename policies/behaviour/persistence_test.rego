package behaviour.persistence_test

import data.behaviour.persistence
import rego.v1

body := {"inlined": true, "writes": []}

denials(writes) := n if n := count(persistence.deny) with input as object.union(body, {"writes": writes})

change(operation, path) := [{"processid": 1, "operation": operation, "path": path}]

test_deny_each if {
	every path in [
		"/home/runner/work/_actions/actions/checkout/v4/dist/index.js", "/home/runner/actions-runner/cached/bin/Runner.Worker",
		"/home/runner/actions-runner/externals/node20/bin/node", "/etc/ld.so.preload", "/etc/sudoers.d/x", "/home/runner/.bashrc",
		"/root/.ssh/authorized_keys", "/src/.git/hooks/post-checkout", "/etc/profile.d/x.sh", "/etc/cron.d/x", "/etc/systemd/system/x.service",
	] {
		every operation in ["write", "create", "truncate"] {
			denials(change(operation, path)) == 1
		}
	}
}

test_deny_renamed_to if denials([{"processid": 1, "operation": "rename", "path": "/tmp/x", "target": "/etc/ld.so.preload"}]) == 1

test_deny_cut if {
	count(persistence.deny) == 1 with input as {"inlined": false, "writes": []}
	count(persistence.deny) == 1 with input as {"inlined": true, "writes": [], "notlisted": 5}
}

test_pass_build if {
	every path in ["/src/a.o", "/home/runner/work/a/a/_actions.go", "/src/.git/hooks/pre-commit.sample", "/src/.git/config", "/home/runner/.cache/x", "/src/etc/sudoers", "/root/.bash_history"] {
		denials(change("create", path)) == 0
	}
}

test_pass_unlink if denials(change("unlink", "/root/.bashrc")) == 0

test_pass_nothing if denials([]) == 0
