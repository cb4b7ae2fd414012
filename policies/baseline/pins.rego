# METADATA
# title: Every action and image is pinned
# description: >-
#   A reference to an action or a reusable workflow ends in the full SHA of a commit, one to an image in its digest.
#   What holds an expression is known only when it runs, and is no pin.
# custom:
#   type: github-action
#   severity: high
#   attack: >-
#     Somebody moves a tag or branch, and the next run executes other code (tj-actions/changed-files, trivy-action).
#   fix: Run `cilock refs --resolve online --fix` to pin the references of workflows in place; name images by @sha256.
package baseline.pins

import rego.v1

deny contains msg if {
	not input.refpinned
	msg := sprintf("%s is not pinned: it may be other code tomorrow", [input.actionref])
}

# The evidence may be of another tool, whose idea of a pin is wider: a tag that looks like a SHA, two @, a short SHA.
deny contains msg if {
	input.refpinned
	not immutable(input.actionref)
	msg := sprintf("%s is said to be pinned, and does not end in a commit's SHA or an image's digest", [input.actionref])
}

immutable(ref) if regex.match(`^[^@\s\\]+@[0-9a-fA-F]{40}$`, ref)

immutable(ref) if regex.match(`^(docker://)?[^@\s\\]+@sha256:[0-9a-fA-F]{64}$`, ref)

# A path in the repository whose commit holds the reference: it changes with that commit and not by itself.
immutable(ref) if {
	startswith(ref, "$/")
	not contains(ref, "@")
}
