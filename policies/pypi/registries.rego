# METADATA
# title: Every Python package is from a known index
# description: >-
#   Indexes that a requirements file names, and addresses of packages in it, are in params.registries (scheme and
#   host; pypi.org and files.pythonhosted.org if it is not set): none from git, a file or over http. A file that names
#   no index leaves it to pip's configuration, which this rule does not see.
# custom:
#   type: lockfile
#   required: true
#   severity: high
#   attack: A package of the same name is taken from a second index (dependency confusion, torchtriton).
#   fix: Name one index only. List your own in params.registries.
package pypi.registries

import rego.v1

default allowed := ["https://pypi.org", "https://files.pythonhosted.org"]

allowed := data.cilock.params.registries

own := {f.path | some f in input.files; f.kind == "pip"}

deny contains "there is no requirements file of pip" if count(own) == 0

deny contains "params.registries must be a list of https://host" if not sensible

sensible if {
	is_array(allowed)
	every url in allowed { regex.match(`^https://[^/@\s]+/?$`, url) }
}

known := {trim_suffix(lower(url), "/") | some url in allowed}

deny contains msg if {
	input.notlisted > 0
	msg := sprintf("%d entries of lock files are not listed", [input.notlisted])
}

deny contains msg if {
	some f in input.files
	f.kind == "pip"
	some place in f.registries
	not place in known
	msg := sprintf("%s names the index %q", [f.path, place])
}

deny contains msg if {
	some e in input.entries
	e.file in own
	e.registry != ""
	not e.registry in known
	msg := sprintf("%s: %s %s is from %q", [e.file, e.name, e.version, e.registry])
}
