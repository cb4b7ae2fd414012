package actionref

import "strings"

// Kind says what a reference names.
type Kind string

// The kinds. Invalid is a spelling that the runner would refuse, or read as
// something else than it looks like. Error is a place in a file, not a
// reference: see Problem.
const (
	KindAction        Kind = "action"         // owner/repo[/path]@ref
	KindWorkflow      Kind = "workflow"       // owner/repo/.github/workflows/file@ref
	KindLocal         Kind = "local"          // ./path in the workspace
	KindLocalWorkflow Kind = "local-workflow" // ./.github/workflows/file of the caller's commit
	KindSelf          Kind = "self"           // $/path in the commit that holds the reference
	KindDocker        Kind = "docker"         // docker://image in a step
	KindImage         Kind = "image"          // image of a container, a service or a docker action
	KindDynamic       Kind = "dynamic"        // holds an expression: known only when it runs
	KindInvalid       Kind = "invalid"
	KindError         Kind = "error"
)

// Place is where in a file a reference stands; the same text means different
// things in different places.
type Place string

// The places.
const (
	InStep      Place = "step"       // uses of a step, in a workflow or a composite action
	InJob       Place = "job"        // uses of a job: a reusable workflow
	InContainer Place = "container"  // image of a job's container or service
	InRunsImage Place = "runs.image" // image of a docker action
)

// Ref is one parsed reference. It comes only from Parse; the zero value is no
// reference and not pinned.
type Ref struct {
	text   string
	kind   Kind
	owner  string // as written
	repo   string // as written
	path   string // inside the repository or the workspace; no slash at either end
	ref    string // what follows @
	image  string // without docker:// and digest
	digest string // sha256:HEX of an image, lower case
	pinned bool
	leaves bool // a local path that leaves the workspace
	why    string
}

// Text is the reference as it was written, without the white space around it.
func (r Ref) Text() string { return r.text }

// Kind says what the reference names.
func (r Ref) Kind() Kind { return r.kind }

// Owner is the repository's owner, in lower case: GitHub ignores case there.
// It is empty unless the kind is action or workflow.
func (r Ref) Owner() string { return strings.ToLower(r.owner) }

// Repo is the repository's name without its owner, in lower case.
func (r Ref) Repo() string { return strings.ToLower(r.repo) }

// Path is the folder of the action, or the file of the workflow, inside its
// repository or workspace; empty at the root. It is kept as written.
func (r Ref) Path() string { return r.path }

// Version is what follows the @ of an action or workflow: a tag, a branch or a
// commit, as written.
func (r Ref) Version() string { return r.ref }

// SHA is the commit that a pinned action or workflow names: 40 hex digits in
// lower case, or empty.
func (r Ref) SHA() string {
	if r.pinned && (r.kind == KindAction || r.kind == KindWorkflow) {
		return strings.ToLower(r.ref)
	}
	return ""
}

// Image is the name and tag of an image, without docker:// and digest.
func (r Ref) Image() string { return r.image }

// Digest is the digest of a pinned image, sha256:HEX in lower case, or empty.
func (r Ref) Digest() string { return r.digest }

// Pinned reports whether the reference can only ever mean the same bytes: a
// commit, an image digest, or the commit of the file that holds it. It proves
// immutability, not origin: see the package ghresolve.
func (r Ref) Pinned() bool { return r.pinned }

// Why explains in one sentence why a reference is not pinned or not valid. It
// may quote the reference, so it is as untrusted.
func (r Ref) Why() string { return r.why }

// Annotate reports whether a person should be told. A plain ./ action is not
// pinned, since earlier steps may have changed the workspace, and is still
// how actions of one's own repository are called: nobody is told.
func (r Ref) Annotate() bool {
	return !r.pinned && (r.kind != KindLocal || r.leaves)
}

// ThirdParty reports whether the reference names code from outside the
// repository that holds it.
func (r Ref) ThirdParty() bool {
	switch r.kind {
	case KindLocal, KindLocalWorkflow, KindSelf:
		return r.leaves
	}
	return r.kind != ""
}

// Repository is owner/repo in lower case, or empty.
func (r Ref) Repository() string {
	if r.owner == "" {
		return ""
	}
	return r.Owner() + "/" + r.Repo()
}

// Canonical is the one spelling of everything that means the same: owner,
// repository, commit and digest in lower case, the rest as written. What has
// no other spelling is returned as it was written.
func (r Ref) Canonical() string {
	switch r.kind {
	case KindAction, KindWorkflow:
		s := r.Repository()
		if r.path != "" {
			s += "/" + r.path
		}
		if sha := r.SHA(); sha != "" {
			return s + "@" + sha
		}
		return s + "@" + r.ref
	case KindDocker:
		return "docker://" + r.canonicalImage()
	case KindImage:
		return r.canonicalImage()
	case KindLocal:
		if strings.HasSuffix(r.path, " ") {
			return "./" + r.path + "/" // or the space would be around the reference
		}
		return "./" + r.path
	}
	return r.text
}

func (r Ref) canonicalImage() string {
	if r.digest != "" {
		return r.image + "@" + r.digest
	}
	return r.image
}

// String is the canonical form.
func (r Ref) String() string { return r.Canonical() }
