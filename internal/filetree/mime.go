package filetree

import (
	"bytes"
	"net/http"
	"strings"
)

// sniffLen is how much of a file's start decides its type: what
// http.DetectContentType looks at.
const sniffLen = 512

// DetectMIME returns the media type of a file from its first 512 bytes, as
// http.DetectContentType does, and the finer types by which Witness
// recognises bills of materials, VEX documents and digest files (go-witness
// v0.9.2, attestation/product).
func DetectMIME(head []byte) string {
	head = head[:min(len(head), sniffLen)]
	kind := http.DetectContentType(head)
	if !strings.HasPrefix(kind, "text/") {
		return kind
	}
	switch start := bytes.TrimLeft(head, " \t\r\n"); {
	case bytes.HasPrefix(start, []byte("{")):
		return jsonType(head, kind)
	case bytes.HasPrefix(head, []byte(`<?xml version="1.0" encoding="UTF-8"?><bom xmlns="http://cyclonedx.org/schema/bom/`)):
		return "application/vnd.cyclonedx+xml"
	case bytes.HasPrefix(head, []byte("sha256:")):
		return "text/sha256+text"
	}
	return kind
}

// jsonType looks for the documents that are marked near their start.
func jsonType(head []byte, kind string) string {
	has := func(marks ...string) bool {
		for _, m := range marks {
			if bytes.Contains(head, []byte(m)) {
				return true
			}
		}
		return false
	}
	switch {
	case has(`"spdxVersion":"SPDX-`, `"spdxVersion": "SPDX-`):
		return "application/spdx+json"
	case has(`"bomFormat":"CycloneDX"`, `"bomFormat": "CycloneDX"`):
		return "application/vnd.cyclonedx+json"
	case bytes.HasPrefix(head, []byte(`{"@context":"https://openvex.dev/ns`)):
		return "application/vex+json"
	}
	return kind
}
