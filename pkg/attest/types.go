package attest

// The attestation types of a collection. Bodies under Witness' names keep
// Witness' fields, so that policies written for it work unchanged; fields of
// ours stand beside them.
const (
	TypeCommandRun  = "https://witness.dev/attestations/command-run/v0.1"
	TypeMaterial    = "https://witness.dev/attestations/material/v0.1"
	TypeProduct     = "https://witness.dev/attestations/product/v0.1"
	TypeEnvironment = "https://witness.dev/attestations/environment/v0.1"
	TypeGit         = "https://witness.dev/attestations/git/v0.1"
	TypeGitHub      = "https://witness.dev/attestations/github/v0.1"

	TypeGitHubAction = "https://github.com/org/cilock-action/github-action/v0.1"
	TypeTrees        = "https://github.com/org/cilock-action/trees/v0.1"
	TypeCompleteness = "https://github.com/org/cilock-action/completeness/v0.1"
)

// WitnessTypes are the types that go into the Witness envelope. Witness
// refuses a whole collection in which it does not know one type (go-witness
// v0.9.2), so nothing of ours may be among them.
func WitnessTypes() []string {
	return []string{TypeCommandRun, TypeMaterial, TypeProduct, TypeEnvironment, TypeGit, TypeGitHub}
}

// CommandRun is the body of TypeCommandRun. Processes is absent when nothing
// was traced: an empty list would let a rule over processes pass.
type CommandRun struct {
	Cmd       []string       `json:"cmd"`
	ExitCode  int            `json:"exitcode"`
	Signal    string         `json:"signal,omitempty"`
	Outputs   []OutputStream `json:"outputs,omitempty"`
	Survivors []Survivor     `json:"survivors,omitempty"`
}

// OutputStream describes what the step printed, without the text. Digest is
// of the redacted stream, so that it gives nobody a way to test guesses of a
// secret.
type OutputStream struct {
	Name      string    `json:"name"` // stdout, stderr or terminal
	Size      int64     `json:"size"` // bytes
	Digest    DigestSet `json:"digest"`
	Truncated bool      `json:"truncated"` // the spool kept only the first part
	Complete  bool      `json:"complete"`  // read to its end
}

// Survivor is a process of the step that outlived the command.
type Survivor struct {
	ProcessID int    `json:"processid"`
	Comm      string `json:"comm"`
}

// Product is one entry of TypeProduct: path to product.
type Product struct {
	MimeType string    `json:"mime_type"`
	Digest   DigestSet `json:"digest"`
}

// Trees is the body of TypeTrees.
type Trees struct {
	Materials Tree `json:"materials"`
	Products  Tree `json:"products"`
}

// Tree is the Merkle root over a path-to-digest map (see [TreeRoot]), and what
// stood in the same folder and is not a file.
type Tree struct {
	Root      string   `json:"root"` // hex
	LeafCount int      `json:"leafcount"`
	Others    []Other  `json:"others,omitempty"`
	Deleted   []string `json:"deleted,omitempty"` // products only: materials that are gone
	// NotListed counts the entries beyond the bound of the two lists.
	NotListed int `json:"notlisted,omitempty"`
}

// Other is a directory entry that has no digest.
type Other struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"` // symlink, socket, fifo, device, unreadable, changed
	Target string `json:"target,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Completeness is the body of TypeCompleteness: what was meant to be seen and
// what became of it.
type Completeness struct {
	Started    bool           `json:"started"`
	Reason     string         `json:"reason,omitempty"` // why not started
	Cancelled  string         `json:"cancelled,omitempty"`
	Collectors []CollectorRow `json:"collectors"`
}

// CollectorRow is one collector's account of itself.
type CollectorRow struct {
	Name   string   `json:"name"`
	Phase  string   `json:"phase,omitempty"`
	State  string   `json:"state"` // ran, off, notapplicable, failed
	Reason string   `json:"reason,omitempty"`
	Gaps   []string `json:"gaps,omitempty"`
	Limits []string `json:"limits,omitempty"`
}

// The states of a collector. Only a failed one, or one with gaps, makes
// evidence incomplete.
const (
	StateRan           = "ran"
	StateOff           = "off"
	StateNotApplicable = "notapplicable"
	StateFailed        = "failed"
)
