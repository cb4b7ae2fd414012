# METADATA
# title: There is a bill of materials with something in it
# description: >-
#   Among the products is a bill of materials that lists components or packages, none of them empty or the word of a
#   tool that failed.
# custom:
#   type: sbom
#   required: true
#   severity: medium
#   attack: >-
#     What is in the image is not known when the next vulnerability comes out, or an empty list is shipped to satisfy
#     a rule.
#   fix: Have syft, cyclonedx or trivy write the bill of materials of the image into the step's products.
package container.sbom

import rego.v1

deny contains "there is no bill of materials" if count(input.documents) == 0

deny contains msg if {
	some d in input.documents
	object.get(d.counts, "components", 0) + object.get(d.counts, "packages", 0) == 0
	msg := sprintf("%s lists no component and no package", [d.path])
}

deny contains msg if {
	some d in input.documents
	d.failed
	msg := sprintf("the tool that wrote %s did not succeed, by its own word", [d.path])
}
