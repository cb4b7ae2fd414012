# METADATA
# title: Every image is named by its digest
# description: >-
#   Images of steps, jobs, services and actions end in the digest of their content.
# custom:
#   type: github-action
#   required: false
#   severity: high
#   attack: Somebody pushes other content under a tag, and the next run is in it (an overwritten image).
#   fix: Write image@sha256, as the registry or docker inspect gives it; `cilock refs` lists what is not pinned.
package container.images

import rego.v1

images := {"docker", "image"}

deny contains msg if {
	is_image
	not regex.match(`^[^@\s]+@sha256:[0-9a-f]{64}$`, input.actionref)
	msg := sprintf("the image %s is not named by its digest", [input.actionref])
}

is_image if input.actiontype in images

is_image if regex.match(`(?i)^docker:`, input.actionref)

# An expression in the place of an image is none that can be known.
deny contains msg if {
	input.actiontype == "dynamic"
	msg := sprintf("%s is known only when it runs", [input.actionref])
}
