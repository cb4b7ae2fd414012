package container.images_test

import data.container.images
import rego.v1

digest := "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

denials(kind, ref) := n if n := count(images.deny) with input as {"actiontype": kind, "actionref": ref, "refpinned": true, "locked": false}

test_deny_tags if {
	every ref in ["docker://alpine", "docker://alpine:3", "alpine:3", "ghcr.io/o/i@v1", concat("", ["alpine@", digest, "a"]), concat("", ["alpine@", upper(digest)]), "docker://", ""] {
		denials("image", ref) == 1
		denials("docker", ref) == 1
	}
}

test_deny_by_its_scheme_alone if {
	denials("action", "docker://alpine:3") == 1
	denials("invalid", "DOCKER://alpine:3") == 1
}

test_deny_expression if denials("dynamic", "${{ matrix.image }}") == 1

test_pass_digest if {
	denials("image", concat("", ["docker://alpine:3@", digest])) == 0
	denials("docker", concat("", ["ghcr.io/o/i@", digest])) == 0
}

test_pass_action if denials("action", "actions/checkout@v4") == 0
