# METADATA
# title: The step leaves alone what later steps run
# description: >-
#   Nothing is written into downloaded actions, the runner's own programs, what every shell or program loads at its
#   start, or the hooks of the checkout's git.
# custom:
#   type: trace
#   required: true
#   severity: high
#   attack: A step changes an action, a profile or a hook, and a later step with more rights runs it.
#   fix: Let nothing of the job be trusted after this step. Installers of tools belong into a job of their own.
package behaviour.persistence

import rego.v1

deny contains "the trace is not in the evidence whole: not all changes are known" if not whole

whole if {
	input.inlined
	not cut
}

cut if input.notlisted > 0

changes := {"write", "create", "truncate", "rename", "link", "symlink", "mknod", "mount", "chmod"}

# A build changes many files. Only where one of these words occurs are they looked at one by one.
hints := ["/_actions/", "/actions-runner/", "/runners/", "/etc/", "/.bash", "/.profile", "/.z", "/.ssh/", "/.git/hooks/"]

all_names := concat("\n", array.concat(
	[w.path | some w in input.writes],
	[w.target | some w in input.writes],
))

hinted if {
	some hint in hints
	contains(all_names, hint)
}

deny contains msg if {
	hinted
	some w in input.writes
	w.operation in changes
	some path in {w.path, object.get(w, "target", w.path)}
	loaded(path)
	msg := sprintf("process %d changed %s (%s)", [w.processid, path, w.operation])
}

loaded(path) if regex.match(`/_work/_actions/|/work/_actions/`, path)

loaded(path) if regex.match(`/(actions-runner|runners)/([^/]+/)?(bin|externals)/`, path)

loaded(path) if regex.match(`^/etc/(ld\.so\.preload|sudoers|profile|bash\.bashrc|environment|crontab)$`, path)

loaded(path) if regex.match(`^/etc/(sudoers\.d|profile\.d|cron[^/]*|pam\.d|systemd/system)/`, path)

loaded(path) if regex.match(`^(/root|/home/[^/]+|/Users/[^/]+)/\.(bashrc|bash_profile|bash_login|profile|zshrc|zshenv|zprofile|ssh/authorized_keys|ssh/config)$`, path)

# git init and clone copy samples there, which are not run.
loaded(path) if {
	regex.match(`/\.git/hooks/[^/]+$`, path)
	not endswith(path, ".sample")
}
