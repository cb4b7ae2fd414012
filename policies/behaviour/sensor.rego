# METADATA
# title: The step leaves the sensor and the kernel alone
# description: >-
#   No process traces or writes into another one, tries to open its memory, loads programs into the kernel, or signals
#   the tracer, whether or not it succeeded; none writes where the kernel is told what to report or execute. Being
#   traced by a parent (strace, a sanitizer) is allowed.
# custom:
#   type: trace
#   required: true
#   severity: critical
#   attack: A step with root rights blinds the tracer before it does what it came for.
#   fix: Take the record for worthless from there on. A debugger does not belong into a release.
package behaviour.sensor

import rego.v1

deny contains "the trace is not in the evidence whole: not all calls are known" if not whole

whole if {
	input.inlined
	not cut
}

cut if input.notlisted > 0

calls := {
	"process_vm_readv", "process_vm_writev", "pidfd_getfd", "bpf", "kill", "tkill", "tgkill", "pidfd_send_signal",
	"rt_sigqueueinfo", "rt_tgsigqueueinfo", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "seccomp",
}

deny contains msg if {
	some c in input.syscalls
	c.syscall in calls
	msg := sprintf("process %d called %s (%s)", [c.processid, c.syscall, object.get(c, "target", "no target")])
}

deny contains msg if {
	some c in input.syscalls
	c.syscall == "ptrace"
	not startswith(object.get(c, "target", ""), "PTRACE_TRACEME")
	msg := sprintf("process %d called ptrace (%s)", [c.processid, object.get(c, "target", "no target")])
}

# A build changes many files. Only where one of these words occurs are they looked at one by one.
all_names := concat("\n", array.concat(
	[w.path | some w in changed],
	[w.target | some w in changed],
))

changed := array.concat(input.writes, input.failed)

hinted if {
	some hint in ["/sys/", "/proc/", "/dev/mem", "/dev/kmem"]
	contains(all_names, hint)
}

deny contains msg if {
	hinted
	some w in changed
	some path in {w.path, object.get(w, "target", w.path)}
	w.operation != "open"
	regex.match(`^/+(sys/kernel/(debug/)?tracing/|sys/fs/bpf/|proc/sys/kernel/|proc/sysrq-trigger|proc/(.*/)?mem$|dev/k?mem$)`, path)
	msg := sprintf("process %d changed %s (%s)", [w.processid, path, w.operation])
}

# What succeeded is behaviour/process_memory's. Environments are left out: ps tries all of them.
deny contains msg if {
	hinted
	some w in input.failed
	w.operation == "open"
	regex.match(`^/+proc/(.*/)?mem$`, w.path)
	not regex.match(sprintf(`^/proc/(self|thread-self|%d)/(task/[0-9]+/)?mem$`, [w.processid]), w.path)
	msg := sprintf("process %d tried to open %s", [w.processid, w.path])
}
