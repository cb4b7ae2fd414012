# METADATA
# title: Nothing is executed that the step has just downloaded
# description: >-
#   No program or script in a place for temporary files is executed that a process of this step wrote which also had a
#   connection to the outside. Full paths in params.downloads may be, where an asterisk stands for anything but a
#   slash. What go and pip build for themselves is no download, and neither is what lies below the working directory
#   of the command.
# custom:
#   type: command-run
#   required: true
#   severity: high
#   attack: A script fetches a second stage and runs it (codecov's bash uploader, curl into a shell, install hooks).
#   fix: Install tools in a step before, by a version and a checksum; or list the path in params.downloads.
package behaviour.downloaded

import rego.v1

traces := data.cilock.attestations["https://github.com/org/cilock-action/trace/v0.1"]

deny contains "there is no trace to tell what was downloaded" if not traces[0]

deny contains "the trace is not in the evidence whole: what was downloaded is not known" if {
	some t in traces
	not whole(t)
}

whole(t) if {
	t.inlined
	object.get(t, "notlisted", 0) == 0
}

# Processes with a connection to another machine.
connected := {n.processid |
	some t in traces
	some n in t.network
	n.syscall in {"connect", "send"}
	n.family in {"inet", "inet6"}
	not regex.match(`^(::ffff:)?127\.|^::1$|^(::ffff:)?0\.0\.0\.0$|^::$`, object.get(n, "address", ""))
}

written := {[w.processid, w.path] |
	some t in traces
	some w in t.writes
	w.processid in connected
	w.operation in {"write", "create", "truncate", "link", "mknod"}
}

renamed := {[w.processid, w.path, w.target] |
	some t in traces
	some w in t.writes
	w.operation in {"rename", "link"}
}

# Files that connected processes wrote, by the name that they have at last. Who renames need not be who wrote.
loaded contains [pid, path] if {
	some [pid, path] in written
	temporary(path)
}

loaded contains [pid, target] if {
	some [pid, _, target] in renamed
	pid in connected
	temporary(target)
}

loaded contains [pid, target] if {
	some [_, from, target] in renamed
	temporary(target)
	some pid in object.get(writers, from, set())
}

writers[path] contains pid if some [pid, path] in written

loaders[path] contains pid if some [pid, path] in loaded

temporary(path) if {
	regex.match(places, path)
	not startswith(path, workspace)
}

places := `^((/private)?(/var)?/tmp|/dev/shm|/run/user/[0-9]+|/run/shm)/`

# A checkout may lie among temporary files. What the lock files bring into it is for the rules about them.
default workspace := "//"

workspace := concat("", [input.processes[0].cwd, "/"]) if regex.match(concat("", [places, `[^/]`]), input.processes[0].cwd)

deny contains msg if {
	count(loaders) > 0
	some p in input.processes
	some file in executed(p)
	some pid in loaders[file]
	not allowed(file)
	not built(pid, file)
	msg := sprintf("process %d executed %s, which process %d wrote and had a connection", [p.processid, file, pid])
}

executed(p) := {p.program, object.get(p, "exe", p.program)} | scripts(p) if not p.forked

# An interpreter names its script among its first arguments, and opens it.
scripts(p) := {file |
	regex.match(interpreter, object.get(p, "exe", p.program))
	some word in array.slice(split(object.get(p, "cmdline", ""), " "), 1, 6)
	some file in {word, concat("/", [object.get(p, "cwd", ""), trim_prefix(word, "./")])}
	p.openedfiles[file]
}

interpreter := `/(sh|bash|dash|zsh|ksh|node|nodejs|deno|bun|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*|java|pwsh)$`

allowed(file) if {
	some pattern in data.cilock.params.downloads
	startswith(pattern, "/")
	glob.match(pattern, ["/"], file)
}

# go links what it builds and runs; pip's build environments hold what their lock file says.
built(pid, file) if {
	regex.match(`/go-build[0-9]+/`, file)
	some p in input.processes
	p.processid == pid
	regex.match(`^/(usr|opt|root|home)/.*/go$`, p.program)
}

built(_, file) if regex.match(`^/tmp/pip-(build-env|install|ephem-wheel-cache)-[^/]+/`, file)
