# METADATA
# title: Every Python package has a hash
# description: >-
#   There is a requirements file in which pip refuses what has no hash, each of its packages has an exact version and
#   a SHA-256 or stronger, and it includes no other file.
# custom:
#   type: lockfile
#   required: true
#   severity: high
#   attack: The index or a stolen account serves other bytes under a version that was chosen before (litellm).
#   fix: Make the file with pip-compile --generate-hashes, and install with pip install --require-hashes -r FILE.
package pypi.hashes

import rego.v1

own := {f.path | some f in input.files; f.kind == "pip"}

deny contains "there is no requirements file of pip" if count(own) == 0

deny contains msg if {
	input.notlisted > 0
	msg := sprintf("%d entries of lock files are not listed", [input.notlisted])
}

deny contains msg if {
	some f in input.files
	f.kind == "pip"
	object.get(f, "mode", "") != "hashes"
	msg := sprintf("%s: pip takes packages without a hash", [f.path])
}

deny contains msg if {
	some f in input.files
	f.kind == "pip"
	f.unhashed > 0
	msg := sprintf("%s: %d packages have no hash", [f.path, f.unhashed])
}

# Files are read as they are given: what another file adds is judged if that file is among them.
deny contains msg if {
	some f in input.files
	f.kind == "pip"
	some other in f.includes
	msg := sprintf("%s includes %s, which was not followed", [f.path, other])
}

deny contains msg if {
	some e in input.entries
	e.file in own
	not all_strong(e)
	msg := sprintf("%s: %s %s has no hash that can be relied on (%q)", [e.file, e.name, e.version, object.get(e, "hash", "")])
}

# pip accepts any of the hashes, so the weakest counts.
all_strong(e) if {
	every hash in array.concat([object.get(e, "hash", "")], object.get(e, "hashes", [])) {
		regex.match(`^(sha256:[0-9a-fA-F]{64}|sha384:[0-9a-fA-F]{96}|sha512:[0-9a-fA-F]{128})$`, hash)
	}
}

deny contains msg if {
	some e in input.entries
	e.file in own
	e.version == ""
	msg := sprintf("%s: %s has no exact version", [e.file, e.name])
}
