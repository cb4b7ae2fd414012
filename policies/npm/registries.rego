# METADATA
# title: Every npm package is from a known registry
# description: >-
#   Packages are from params.registries (scheme and host; the public registry if it is not set) over https, or from
#   the workspace itself: none from git, a file or a bare URL. Where the file names no place, as with
#   omit-lockfile-registry-resolved, the hash has to say what it is.
# custom:
#   type: lockfile
#   required: true
#   severity: high
#   attack: >-
#     A package of the same name is taken from another registry (dependency confusion), or a lock file is edited to
#     point elsewhere (lock file injection).
#   fix: Look at who changed the lock file. List your own registry in params.registries.
package npm.registries

import rego.v1

default allowed := ["https://registry.npmjs.org"]

allowed := data.cilock.params.registries

own := {f.path | some f in input.files; f.kind == "npm"}

deny contains "there is no lock file of npm" if count(own) == 0

deny contains "params.registries must be a list of https://host" if not sensible

sensible if {
	is_array(allowed)
	every url in allowed { regex.match(`^https://[^/@\s]+/?$`, url) }
}

deny contains msg if {
	input.notlisted > 0
	msg := sprintf("%d entries of lock files are not listed", [input.notlisted])
}

deny contains msg if {
	some e in input.entries
	e.file in own
	not e.registry in {"link", "bundle"}
	not e.registry in {trim_suffix(lower(url), "/") | some url in allowed}
	not fixed(e)
	msg := sprintf("%s: %s %s is from %q", [e.file, e.name, e.version, e.registry])
}

fixed(e) if {
	e.registry == ""
	regex.match(`^sha(256|384|512)-[A-Za-z0-9+/=_-]{43,}$`, e.hash)
}
