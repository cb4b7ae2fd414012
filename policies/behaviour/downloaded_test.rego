package behaviour.downloaded_test

import data.behaviour.downloaded
import rego.v1

uri := "https://github.com/org/cilock-action/trace/v0.1"

curl := {"program": "/usr/bin/curl", "processid": 10, "parentpid": 1, "cmdline": "curl -o x y"}

away := {"processid": 10, "syscall": "connect", "family": "inet", "address": "203.0.113.7", "port": 443}

record(network, writes) := {"params": {}, "attestations": {uri: [{"inlined": true, "network": network, "writes": writes}]}}

ran(fields) := [curl, object.union({"program": "/usr/bin/true", "processid": 20, "parentpid": 1, "cmdline": "", "cwd": "/tmp"}, fields)]

denials(processes, known) := n if n := count(downloaded.deny) with input as {"processes": processes} with data.cilock as known

wrote(path) := [{"processid": 10, "operation": "create", "path": path}]

test_deny_program if denials(ran({"program": "/tmp/x"}), record([away], wrote("/tmp/x"))) == 1

test_deny_everywhere_for_temporary_files if {
	every dir in ["/tmp", "/var/tmp", "/dev/shm", "/private/var/tmp", "/run/user/1000"] {
		path := concat("", [dir, "/x"])
		denials(ran({"program": path}), record([away], wrote(path))) == 1
	}
}

test_deny_renamed if {
	writes := array.concat(wrote("/home/a/part"), [{"processid": 20, "operation": "rename", "path": "/home/a/part", "target": "/tmp/x"}])
	denials(ran({"program": "/tmp/x"}), record([away], writes)) == 1
}

test_deny_script if {
	denials(ran({"program": "/usr/bin/bash", "cmdline": "bash -e /tmp/x.sh", "openedfiles": {"/tmp/x.sh": {}}}), record([away], wrote("/tmp/x.sh"))) == 1
	denials(ran({"program": "/usr/bin/bash", "cmdline": "bash ./x.sh", "openedfiles": {"/tmp/x.sh": {}}}), record([away], wrote("/tmp/x.sh"))) == 1
}

test_deny_script_as_the_program if {
	denials(ran({"program": "/tmp/x.sh", "exe": "/usr/bin/dash"}), record([away], wrote("/tmp/x.sh"))) == 1
}

test_deny_go_build_of_somebody_else if {
	denials(ran({"program": "/tmp/go-build1/b001/exe/a"}), record([away], wrote("/tmp/go-build1/b001/exe/a"))) == 1
}

test_deny_no_trace if {
	denials([], {"params": {}, "attestations": {}}) == 1
	denials([], {"params": {}, "attestations": {uri: []}}) == 1
}

test_deny_trace_that_is_not_whole if {
	denials([], {"params": {}, "attestations": {uri: [{"inlined": false, "network": [], "writes": []}]}}) == 1
	denials([], {"params": {}, "attestations": {uri: [{"inlined": true, "notlisted": 3, "network": [], "writes": []}]}}) == 1
}

test_deny_address_that_only_looks_like_loopback if {
	every address in ["1.127.0.0", "", "::ffff:8.8.8.8", "::12"] {
		denials(ran({"program": "/tmp/x"}), record([object.union(away, {"address": address})], wrote("/tmp/x"))) == 1
	}
}

test_pass_loopback if {
	every address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
		denials(ran({"program": "/tmp/x"}), record([object.union(away, {"address": address})], wrote("/tmp/x"))) == 0
	}
}

test_pass_own_build if denials(ran({"program": "/tmp/x"}), record([], wrote("/tmp/x"))) == 0

test_pass_not_executed if denials(ran({"openedfiles": {"/tmp/x": {}}}), record([away], wrote("/tmp/x"))) == 0

test_pass_of_go if {
	linked := array.concat(ran({"program": "/tmp/go-build1/b001/exe/a"}), [])
	go := array.concat([object.union(curl, {"program": "/usr/local/go/bin/go"})], [linked[1]])
	denials(go, record([away], wrote("/tmp/go-build1/b001/exe/a"))) == 0
}

test_pass_listed if {
	known := object.union(record([away], wrote("/tmp/x")), {"params": {"downloads": ["/tmp/*"]}})
	denials(ran({"program": "/tmp/x"}), known) == 0
}

test_deny_listed_by_more_than_a_path if {
	every pattern in ["*", "**", "x", "/tmp", "/tmp/y", "/*"] {
		known := object.union(record([away], wrote("/tmp/x")), {"params": {"downloads": [pattern]}})
		denials(ran({"program": "/tmp/x"}), known) == 1
	}
}

test_deny_renamed_by_who_is_connected if {
	writes := [{"processid": 10, "operation": "rename", "path": "/home/a/part", "target": "/tmp/x"}]
	denials(ran({"program": "/tmp/x"}), record([away], writes)) == 1
}

test_deny_other_files_of_go if {
	go := object.union(curl, {"program": "/usr/local/go/bin/go"})
	denials([go, ran({"program": "/tmp/x"})[1]], record([away], wrote("/tmp/x"))) == 1
	denials([curl, object.union(go, {"processid": 11}), ran({"program": "/tmp/go-build1/a"})[1]], record([away], wrote("/tmp/go-build1/a"))) == 1
}

test_pass_of_pip if denials(ran({"program": "/tmp/pip-build-env-a/overlay/bin/cmake"}), record([away], wrote("/tmp/pip-build-env-a/overlay/bin/cmake"))) == 0

test_pass_no_connection_out if {
	every fields in [{"syscall": "bind"}, {"syscall": "accept"}, {"family": "unix", "address": "/run/x"}] {
		denials(ran({"program": "/tmp/x"}), record([object.union(away, fields)], wrote("/tmp/x"))) == 0
	}
}

test_pass_not_written if {
	every operation in ["unlink", "chmod", "mkdir"] {
		denials(ran({"program": "/tmp/x"}), record([away], [{"processid": 10, "operation": operation, "path": "/tmp/x"}])) == 0
	}
	denials(ran({"program": "/tmp/x"}), record([away], [{"processid": 10, "operation": "chmod", "path": "/a", "target": "/tmp/x"}])) == 0
}

test_pass_installed if {
	denials(ran({"program": "/src/node_modules/.bin/x"}), record([away], wrote("/src/node_modules/.bin/x"))) == 0
	renamed := [{"processid": 10, "operation": "rename", "path": "/tmp/part", "target": "/src/x"}]
	denials(ran({"program": "/src/x"}), record([away], renamed)) == 0
}

test_pass_only_read if {
	denials(ran({"program": "/usr/bin/cat", "cmdline": "cat /tmp/x", "openedfiles": {"/tmp/x": {}}}), record([away], wrote("/tmp/x"))) == 0
	denials(ran({"program": "/usr/bin/bash", "cmdline": "bash -c /tmp/x"}), record([away], wrote("/tmp/x"))) == 0
}

test_pass_moved_into_the_sources if {
	writes := array.concat(wrote("/tmp/part"), [{"processid": 20, "operation": "rename", "path": "/tmp/part", "target": "/src/x"}])
	denials(ran({"program": "/src/x"}), record([away], writes)) == 0
}

test_pass_below_the_working_directory if {
	processes := array.concat([object.union(curl, {"cwd": "/tmp/work/src"})], [ran({"program": "/tmp/work/src/x"})[1]])
	denials(processes, record([away], wrote("/tmp/work/src/x"))) == 0
}

test_deny_beside_the_working_directory if {
	every cwd in ["/tmp", "/tmp/", "/tmp/work/src", "/tmp/wor", "/", "", "/dev/shm", "/tmp//"] {
		processes := array.concat([object.union(curl, {"cwd": cwd})], [ran({"program": "/tmp/work/x"})[1]])
		denials(processes, record([away], wrote("/tmp/work/x"))) == 1
	}
}
