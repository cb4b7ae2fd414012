# METADATA
# title: This action is what its repository published
# description: >-
#   The files that the runner downloaded are those of the commit, the commit belongs to the repository that is named,
#   and it is not on the list of known bad ones. Not knowing is no denial: repositories are asked with `--resolve
#   online`.
# custom:
#   type: action-self
#   severity: critical
#   attack: >-
#     A commit of a fork is named by the parent's name (impostor commit), or somebody changes cilock itself on disk.
#   fix: Do not run it. Compare with the action's releases, and pin a commit of its own branches.
package baseline.own_action

import rego.v1

known_bytes := {"", "true", "false", "unverified"}

known_places := {
	"", "reachable-default", "reachable-ref", "tag-only", "tag-object",
	"unreachable", "missing", "undetermined", "not-asked",
}

deny contains msg if {
	input.treeverified == "false"
	paths := [d.path | some i, d in input.differences; i < 3]
	msg := sprintf("%s: the files on disk are not those of the commit: %s", [input.actionref, concat(", ", paths)])
}

deny contains msg if {
	input.reachable in {"unreachable", "missing"}
	msg := sprintf("%s: the commit is in no branch and no tag of that repository (%s)", [input.actionref, input.reachable])
}

deny contains msg if {
	input.denied != ""
	msg := sprintf("%s is on the deny-list: %s", [input.actionref, input.denied])
}

# Another word might be a worse one.
deny contains msg if {
	not input.treeverified in known_bytes
	input.treeverified
	msg := sprintf("%s: %q is an answer that this rule does not know", [input.actionref, input.treeverified])
}

deny contains msg if {
	not input.reachable in known_places
	input.reachable
	msg := sprintf("%s: %q is an answer that this rule does not know", [input.actionref, input.reachable])
}
