# METADATA
# title: Every npm package has a hash
# description: >-
#   There is a lock file of npm, and each of its packages has a hash stronger than SHA-1, but for links into the
#   workspace and what is bundled in a package that has one.
# custom:
#   type: lockfile
#   required: true
#   severity: high
#   attack: A registry, a mirror or a stolen account serves other bytes under a version that was locked.
#   fix: Run npm install with a current npm and commit package-lock.json; install with npm ci.
package npm.hashes

import rego.v1

own := {f.path | some f in input.files; f.kind == "npm"}

deny contains "there is no lock file of npm" if count(own) == 0

deny contains msg if {
	input.notlisted > 0
	msg := sprintf("%d entries of lock files are not listed", [input.notlisted])
}

deny contains msg if {
	some f in input.files
	f.kind == "npm"
	f.unhashed > 0
	msg := sprintf("%s: %d packages have no hash", [f.path, f.unhashed])
}

deny contains msg if {
	some e in input.entries
	e.file in own
	not e.registry in {"link", "bundle"}
	not strong(object.get(e, "hash", ""))
	msg := sprintf("%s: %s %s has no hash that can be relied on (%q)", [e.file, e.name, e.version, object.get(e, "hash", "")])
}

strong(hash) if regex.match(`^sha(256|384|512)-[A-Za-z0-9+/=_-]{43,}$`, hash)
