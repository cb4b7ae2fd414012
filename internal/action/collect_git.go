package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/org/cilock-action/internal/gitcmd"
	"github.com/org/cilock-action/pkg/attest"
)

// gitBody is Witness' git attestation for the state before the step, with
// fields of ours from objectformat on. Dates are RFC 3339.
type gitBody struct {
	GitTool        string                   `json:"gittool"`
	GitBinPath     string                   `json:"gitbinpath,omitempty"`
	GitBinHash     map[string]string        `json:"gitbinhash,omitempty"`
	CommitHash     string                   `json:"commithash"`
	Author         string                   `json:"author"`
	AuthorEmail    string                   `json:"authoremail"`
	CommitterName  string                   `json:"committername"`
	CommitterEmail string                   `json:"committeremail"`
	CommitDate     string                   `json:"commitdate"` // the author's, as in Witness
	CommitMessage  string                   `json:"commitmessage"`
	Status         map[string]gitFileStatus `json:"status,omitempty"`
	CommitDigest   map[string]string        `json:"commitdigest,omitempty"` // git's own id of the commit
	Signature      string                   `json:"signature,omitempty"`
	ParentHashes   []string                 `json:"parenthashes,omitempty"`
	TreeHash       string                   `json:"treehash,omitempty"`
	Refs           []string                 `json:"refs,omitempty"` // that point at the commit, directly or through a tag object
	Remotes        []string                 `json:"remotes,omitempty"`
	Tags           []gitTag                 `json:"tags,omitempty"`
	Branch         string                   `json:"branch,omitempty"` // HEAD if detached

	ObjectFormat string `json:"objectformat"`           // sha1 or sha256
	CommitSHA256 string `json:"commitsha256,omitempty"` // hex, of the commit object's text
	Dirty        bool   `json:"dirty"`
	DirtyCount   int    `json:"dirtycount"` // of which status names the first 10,000
	Detached     bool   `json:"detached"`
	Unborn       bool   `json:"unborn"` // a branch without a commit
	Shallow      bool   `json:"shallow"`

	Moved *bool     `json:"moved,omitempty"` // HEAD names another commit or branch than before; absent if not known
	After *gitAfter `json:"after,omitempty"`
}

// gitAfter is the state after the step, as far as it can differ.
type gitAfter struct {
	CommitHash string                   `json:"commithash"`
	TreeHash   string                   `json:"treehash,omitempty"`
	Branch     string                   `json:"branch,omitempty"`
	Status     map[string]gitFileStatus `json:"status,omitempty"`
	Dirty      bool                     `json:"dirty"`
	DirtyCount int                      `json:"dirtycount"`
	Detached   bool                     `json:"detached"`
	Unborn     bool                     `json:"unborn"`
	Shallow    bool                     `json:"shallow"`
}

// gitLimits are what the collector never sees, for the safety explained at
// gitView and to be quick.
var gitLimits = []string{
	"content filters are not run: a file that needs one may be named as modified when only its time stamp changed",
	"the user's and the system's git configuration is not read: files that only it ignores are named as untracked",
	"changes inside a submodule are not looked at, only the commit that it is at",
	"a directory of untracked files is named once",
	"what differs is judged by the index, which a step can falsify: the digests of materials and products are not",
}

// gitCollector describes the checkout around the step's directory, before and
// after the step, by running git.
type gitCollector struct {
	timeout   time.Duration // of each call of git
	maxOutput int           // bytes of each call
}

// newGit returns the collector of the git section. It runs the first git on
// the PATH of Plan.OwnEnv that is not inside the checkout.
func newGit() gitCollector {
	return gitCollector{timeout: gitcmd.Timeout, maxOutput: gitcmd.MaxOutput}
}

func (gitCollector) Name() string { return "git" }

// Start looks at the checkout before the step. Without a .git above the
// directory it runs nothing.
func (c gitCollector) Start(ctx context.Context, t Target) (Stop, error) {
	checkout, ok := gitcmd.Checkout(t.Plan.Dir)
	if !ok {
		return nil, &NotApplicable{Reason: "no git checkout"}
	}
	look := gitLook{checkout: checkout, path: searchPath(t.Plan.OwnEnv, checkout)}
	bin, err := gitcmd.Find(look.path)
	if err != nil {
		return nil, err
	}
	look.git = gitcmd.Command{Bin: bin, Timeout: c.timeout, MaxOutput: c.maxOutput}
	if look.binHash, err = gitcmd.Hash(bin); err != nil {
		return nil, fmt.Errorf("hash git: %w", err)
	}
	s := Section{Type: attest.TypeGit, Phase: PreMaterial, Limits: gitLimits[:len(gitLimits):len(gitLimits)]}
	body, err := look.before(ctx, &s)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ Step) (Section, error) {
		s.Body = body
		look.finish(ctx, t.Plan.Dir, body, &s)
		return s, nil
	}, nil
}

// gitLook is one collector's way to look at one checkout, twice.
type gitLook struct {
	git      gitcmd.Command
	binHash  string
	path     []string
	checkout string
}

// gitState is where HEAD is and what differs from it.
type gitState struct {
	gitStatus
	detached bool
	shallow  bool
}

func (l gitLook) open(ctx context.Context) (*gitView, gitState, error) {
	v, err := openGitView(ctx, l.git, l.path, l.checkout)
	if err != nil {
		return nil, gitState{}, err
	}
	out, err := v.git.Run(ctx, l.checkout, "status", "--porcelain=v2", "--branch", "-z",
		"--untracked-files=normal", "--no-renames", "--no-ahead-behind",
		// "dirty" compares a submodule's commit and runs no git inside it,
		// where a configuration would be read that is not ours
		"--ignore-submodules=dirty")
	var st gitState
	if err == nil {
		st.gitStatus, err = parseStatus(out)
	}
	if err != nil {
		v.close()
		return nil, gitState{}, err
	}
	st.shallow = v.isShallow()
	if st.branch == "(detached)" && !v.headIsBranch(st.branch) {
		st.detached, st.branch = true, "HEAD"
	}
	return v, st, nil
}

// before fills the body with the state before the step. What fails after the
// status is a gap and not an error: the commit is known by then.
func (l gitLook) before(ctx context.Context, s *Section) (*gitBody, error) {
	v, st, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	b := &gitBody{
		GitTool: "git", GitBinPath: recordedText(l.git.Bin), GitBinHash: map[string]string{"sha256": l.binHash},
		CommitHash: st.commit, Branch: recordedText(st.branch), ObjectFormat: v.config.format,
		Status: st.files, Dirty: st.count > 0, DirtyCount: st.count,
		Detached: st.detached, Unborn: st.commit == "", Shallow: st.shallow,
	}
	s.limitCount("before the step: files that differ", len(st.files), st.count)
	var remotes int
	b.Remotes, remotes = v.config.remotes()
	s.limitCount("remotes", len(b.Remotes), remotes)
	if v.config.includes {
		s.Limits = append(s.Limits, "files that the repository's configuration includes are not read")
	}
	if b.Unborn {
		return b, nil
	}
	b.CommitDigest = map[string]string{b.ObjectFormat: b.CommitHash}
	if err := l.fillCommit(ctx, v, b, s); err != nil {
		s.Gaps = append(s.Gaps, "the commit: "+err.Error())
	}
	if err := l.fillRefs(ctx, v, b, s); err != nil {
		s.Gaps = append(s.Gaps, "refs and tags: "+err.Error())
	}
	return b, nil
}

func (l gitLook) commit(ctx context.Context, v *gitView, id string) (gitCommit, []byte, error) {
	raw, err := v.git.Run(ctx, l.checkout, "cat-file", "commit", id)
	if err != nil {
		return gitCommit{}, nil, err
	}
	c, err := parseCommit(raw)
	return c, raw, err
}

func (l gitLook) fillCommit(ctx context.Context, v *gitView, b *gitBody, s *Section) error {
	c, raw, err := l.commit(ctx, v, b.CommitHash)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	b.CommitSHA256 = hex.EncodeToString(sum[:])
	b.TreeHash, b.Signature, b.CommitMessage = c.tree, c.signature, c.message
	b.Author, b.AuthorEmail = c.author.name, c.author.email
	b.CommitterName, b.CommitterEmail = c.committer.name, c.committer.email
	if !c.author.when.IsZero() {
		b.CommitDate = c.author.when.Format(time.RFC3339)
	}
	b.ParentHashes = c.parents[:min(len(c.parents), maxParents)]
	s.limitCount("parents", len(b.ParentHashes), len(c.parents))
	return nil
}

func (l gitLook) fillRefs(ctx context.Context, v *gitView, b *gitBody, s *Section) error {
	out, err := v.git.Run(ctx, l.checkout, "for-each-ref", "--points-at="+b.CommitHash,
		"--count="+strconv.Itoa(maxRefs+1), refsFormat)
	if err != nil {
		return err
	}
	b.Refs, b.Tags, err = parseRefs(out)
	if len(b.Refs) > maxRefs {
		b.Refs = b.Refs[:maxRefs]
		s.Limits = append(s.Limits, fmt.Sprintf("of the refs at the commit only the first %d are named", maxRefs))
	}
	return err
}

// limitCount says that a list was cut.
func (s *Section) limitCount(what string, kept, all int) {
	if kept < all {
		s.Limits = append(s.Limits, fmt.Sprintf("%s: %d, of which the first %d are named", what, all, kept))
	}
}

// finish adds the state after the step. The checkout is the same one: a step
// that takes .git away does not make us describe the next one above it.
func (l gitLook) finish(ctx context.Context, dir string, b *gitBody, s *Section) {
	gap := func(err error) { s.Gaps = append(s.Gaps, "after the step: "+err.Error()) }
	if now, _ := gitcmd.Checkout(dir); len(now) > len(l.checkout) {
		gap(fmt.Errorf("another checkout now stands between the directory and %s", l.checkout))
	}
	if hash, err := gitcmd.Hash(l.git.Bin); err != nil || hash != l.binHash {
		gap(fmt.Errorf("%s is not the git it was, and is not run", l.git.Bin))
		return
	}
	v, st, err := l.open(ctx)
	if err != nil {
		gap(err)
		return
	}
	defer v.close()
	a := &gitAfter{
		CommitHash: st.commit, Branch: recordedText(st.branch), Status: st.files,
		Dirty: st.count > 0, DirtyCount: st.count,
		Detached: st.detached, Unborn: st.commit == "", Shallow: st.shallow,
	}
	b.After = a
	s.limitCount("after the step: files that differ", len(st.files), st.count)
	moved := a.CommitHash != b.CommitHash || a.Branch != b.Branch || a.Detached != b.Detached
	b.Moved = &moved
	if moved {
		s.Notices = append(s.Notices, Notice{Level: NoticeLevel, Text: fmt.Sprintf("the step moved HEAD from %s (%s) to %s (%s)",
			orNone(b.CommitHash), b.Branch, orNone(a.CommitHash), a.Branch)})
	}
	switch {
	case a.CommitHash == b.CommitHash:
		a.TreeHash = b.TreeHash
	case a.CommitHash != "":
		c, _, err := l.commit(ctx, v, a.CommitHash)
		if err != nil {
			gap(err)
		}
		a.TreeHash = c.tree
	}
}

func orNone(commit string) string {
	if commit == "" {
		return "no commit"
	}
	return commit
}
