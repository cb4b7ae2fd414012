package actionref

import "strings"

// parseImage reads [registry/]name[:tag][@digest], after docker://. Only
// sha256 and 64 hex digits at the end are a pin; a tag before it decides
// nothing, as docker ignores it then.
func (r Ref) parseImage(kind Kind, s string) Ref {
	name, digest, pinned := strings.Cut(s, "@")
	switch {
	case s == "":
		return r.invalid("the image is empty")
	case strings.ContainsAny(s, " \\"):
		return r.invalid("no image has a space or a backslash in its name")
	case strings.Contains(digest, "@"):
		return r.invalid("two @ in the name of an image")
	case name == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//"):
		return r.invalid("the name of the image has an empty part")
	}
	r.kind, r.image = kind, name
	hex, isSHA256 := strings.CutPrefix(digest, "sha256:")
	switch {
	case isSHA256 && isHex(hex, 64):
		r.pinned, r.digest = true, strings.ToLower(digest)
	case pinned:
		r.image = s
		r.why = "the digest is not sha256: and 64 hex digits"
	default:
		r.why = "the tag of an image can be moved: add @sha256: and its digest"
	}
	return r
}
