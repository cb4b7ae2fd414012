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
	TypeActionSelf   = "https://github.com/org/cilock-action/action-self/v0.1"
	TypeActionLocal  = "https://github.com/org/cilock-action/action-local/v0.1"
	TypeTrees        = "https://github.com/org/cilock-action/trees/v0.1"
	TypeCompleteness = "https://github.com/org/cilock-action/completeness/v0.1"
)

// WitnessTypes are the types that go into the Witness envelope. Witness
// refuses a whole collection in which it does not know one type (go-witness
// v0.9.2), so nothing of ours may be among them.
func WitnessTypes() []string {
	return []string{
		TypeCommandRun, TypeMaterial, TypeProduct, TypeEnvironment, TypeGit, TypeGitHub,
		TypeSecretScan,
		TypeSBOM, TypeSPDX, TypeCycloneDX, TypeSARIF, TypeVEX,
	}
}

// CommandRun is the body of TypeCommandRun. Processes is absent when nothing
// was traced, or not everything is in it: an empty or shortened list would let
// a rule over processes pass.
type CommandRun struct {
	Cmd       []string       `json:"cmd"`
	ExitCode  int            `json:"exitcode"`
	Signal    string         `json:"signal,omitempty"`
	Processes []Process      `json:"processes,omitzero"`
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

	// Of a collector that counts events: how many there were, and what became of
	// them. Attempted is the sum of the others in a sound trace.
	Backend      string `json:"backend,omitempty"`
	Attempted    uint64 `json:"attempted,omitempty"`
	Received     uint64 `json:"received,omitempty"`
	Deduplicated uint64 `json:"deduplicated,omitempty"`
	Lost         uint64 `json:"lost,omitempty"`
}

// The states of a collector. Only a failed one, or one with gaps, makes
// evidence incomplete.
const (
	StateRan           = "ran"
	StateOff           = "off"
	StateNotApplicable = "notapplicable"
	StateFailed        = "failed"
)

// GitHubAction is the body of TypeGitHubAction, TypeActionSelf and
// TypeActionLocal: one distinct reference of the workflow, or inside an action
// that it uses. Policies rely on the names of the first two, which are always
// present.
type GitHubAction struct {
	ActionRef  string `json:"actionref"` // canonical: owner/repo[/path]@ref, docker://image, ./path, $/path
	RefPinned  bool   `json:"refpinned"`
	ActionType string `json:"actiontype"`           // kind of the reference: action, workflow, docker, image, local, ...
	ActionName string `json:"actionname,omitempty"` // that its file gives it
	Using      string `json:"using,omitempty"`      // runs.using of its file

	ResolvedSHA string `json:"resolvedsha,omitempty"` // commit that the reference names: by its pin, or as looked up
	Reachable   string `json:"reachable,omitempty"`   // where that commit belongs; absent: nobody was asked
	Reason      string `json:"reason,omitempty"`      // of Reachable, of TreeVerified, or why nested is not known
	Denied      string `json:"denied,omitempty"`      // reason from the deny-list

	TreeSHA      string           `json:"treesha,omitempty"`      // git's id of what the runner downloaded
	TreeSHA256   string           `json:"treesha256,omitempty"`   // ours of the same, over mode, path and content
	TreeVerified string           `json:"treeverified,omitempty"` // true, false or unverified, against the commit's tree
	Differences  []TreeDifference `json:"differences,omitempty"`  // the first 100 that nothing explains

	Locked    bool     `json:"locked"`
	LockedSHA string   `json:"lockedsha,omitempty"`
	Nested    []string `json:"nested,omitzero"` // references inside it; absent if they are not known
	Via       []string `json:"via,omitempty"`   // what leads to it, outermost first; absent if the workflow names it
	Count     int      `json:"count,omitempty"` // how often the workflow executes it

	// Of an action that was wrapped, and of those inside it.
	Wrapped       bool              `json:"wrapped,omitempty"`
	Source        string            `json:"source,omitempty"`        // where its files came from: action-dir, runner, git, tarball
	ActionInputs  map[string]string `json:"actioninputs,omitempty"`  // that the caller gave, redacted
	ActionOutputs map[string]string `json:"actionoutputs,omitempty"` // redacted
	ExitCode      *int              `json:"exitcode,omitempty"`      // of the outermost; absent if it was never started, or did not say
	Outcome       string            `json:"outcome,omitempty"`       // of the outermost: success, failure or cancelled
	Images        []string          `json:"images,omitempty"`        // what ran of a Docker action, NAME@sha256:HEX or sha256:HEX
	Steps         []ActionStep      `json:"steps,omitempty"`         // what ran, in its order
}

// ActionStep is one stage of one step of a wrapped action.
type ActionStep struct {
	Step     string `json:"step"`
	Uses     string `json:"uses,omitempty"` // actionref of the action; absent for a script
	Stage    string `json:"stage"`          // pre, main or post
	Outcome  string `json:"outcome"`        // success, failure, cancelled or skipped
	ExitCode int    `json:"exitcode"`
	Error    string `json:"error,omitempty"` // why it failed, where an exit code does not say
}

// TreeDifference is one path in which what is on disk is not the commit.
type TreeDifference struct {
	Path string `json:"path"`
	Kind string `json:"kind"` // missing, extra, content, mode
}
