package refs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// Row is one reference in its place, or, of kind error, a place for which a
// file is refused. Its JSON names and their order are an interface: others
// compare them. Every text in it is untrusted.
type Row struct {
	File      string         `json:"file"` // with slashes; see filetree.RecordedName
	Line      int            `json:"line"` // from 1
	Col       int            `json:"col"`  // from 1, in characters; 0 if not known
	Uses      string         `json:"uses"` // as written
	Kind      actionref.Kind `json:"kind"`
	Pinned    bool           `json:"pinned"`
	Annotate  bool           `json:"annotate"` // a person should be told
	Why       string         `json:"why"`
	Count     int            `json:"count"` // how often the file executes it; 0 for an error
	Comment   string         `json:"comment"`
	Canonical string         `json:"canonical"`

	Job         string `json:"job,omitempty"`
	Locked      bool   `json:"locked,omitempty"`
	LockedSHA   string `json:"lockedsha,omitempty"`
	ResolvedSHA string `json:"resolvedsha,omitempty"` // commit that the reference names now
	// Via leads to a reference inside others, the outermost first. The place is
	// that of the outermost.
	Via          []string          `json:"via,omitempty"`
	Reachable    ghresolve.Verdict `json:"reachable,omitempty"`
	Reason       string            `json:"reason,omitempty"` // of Reachable, or of TreeVerified
	TreeVerified treecheck.State   `json:"treeverified,omitempty"`
	TreeSHA      string            `json:"treesha,omitempty"`    // git's id of what is on disk
	TreeSHA256   string            `json:"treesha256,omitempty"` // ours of the same

	ref    actionref.Ref
	exact  actionref.Exact  // where the reference itself stands
	key    string           // of its Reference
	from   origin           // of its file
	answer ghresolve.Answer // zero Verdict if nobody was asked
	bytes  treecheck.Result
	inside string // why it is not known what is inside, of a repository's reference that was proved
	unread bool   // an error of ours, not of the file's content
}

// Injection is untrusted text that an expression puts into a script.
type Injection struct {
	File       string
	Line, Col  int
	Expression string
	Job        string
}

// Report is everything that was found, in the order of path, line and column.
type Report struct {
	Files      int // that were read
	Rows       []Row
	Injections []Injection
	Resolved   bool // a resolver was asked
	Job        bool // of a running job, whose files are given and not searched for
	// What Follow found out, by key; and what it could not.
	References  []Reference
	NotFollowed []string
	Gaps        []string
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	slices.SortStableFunc(r.Injections, func(a, b Injection) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// Redact applies f to every text that may hold a secret of the environment.
// Findings are made from what it leaves.
func (r *Report) Redact(f func(string) string) {
	for i := range r.Rows {
		x := &r.Rows[i]
		x.File, x.Uses, x.Why, x.Comment = f(x.File), redactImage(x.Uses, f), f(x.Why), f(x.Comment)
		x.Canonical, x.Job, x.Reason, x.answer.Reason = redactImage(x.Canonical, f), f(x.Job), f(x.Reason), f(x.answer.Reason)
		x.redactProof(f)
	}
	r.NotFollowed, r.Gaps = mapped(r.NotFollowed, f), mapped(r.Gaps, f)
	for i := range r.Injections {
		x := &r.Injections[i]
		x.File, x.Expression, x.Job = f(x.File), f(x.Expression), f(x.Job)
	}
}

// redactImage leaves the scheme of an image away from f, for which
// docker://alpine@latest would be a URL with a login. A host behind the @ has a
// path, a digest never.
func redactImage(s string, f func(string) string) string {
	const scheme = "docker://"
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) || strings.Contains(s[strings.LastIndexByte(s, '@')+1:], "/") {
		return f(s)
	}
	return s[:len(scheme)] + f(s[len(scheme):])
}

// redactProof makes copies: rows share what was found out about a reference.
func (row *Row) redactProof(f func(string) string) {
	row.Via = mapped(row.Via, f)
	row.answer.Tags = mapped(row.answer.Tags, f)
	row.answer.RenamedTo, row.answer.Denied = f(row.answer.RenamedTo), f(row.answer.Denied)
	row.inside = f(row.inside)
	row.bytes.Reason, row.bytes.Differences = f(row.bytes.Reason), slices.Clone(row.bytes.Differences)
	for i := range row.bytes.Differences {
		row.bytes.Differences[i].Path = f(row.bytes.Differences[i].Path)
	}
}

func mapped(list []string, f func(string) string) []string {
	var out []string
	for _, s := range list {
		out = append(out, f(s))
	}
	return out
}

// counts are the numbers of the summary lines.
type counts struct{ references, pinned, local, problems int }

func (r Report) counts() (c counts) {
	for _, row := range r.Rows {
		switch {
		case row.Kind == actionref.KindError:
			c.problems++
			continue
		case row.Pinned:
			c.pinned++
		case !row.Annotate:
			c.local++
		}
		c.references++
	}
	return c
}

// Verdict is the one-word answer: fail for an error, warn for a warning.
func Verdict(findings []Finding) verdict.Verdict {
	v := verdict.Pass
	for _, f := range findings {
		if f.Level == Error {
			return verdict.Fail
		}
		v = verdict.Warn
	}
	return v
}

// ParseFailOn reads --fail-on: the mildest finding that fails. Empty means
// error. The words that action.yml has for run and verify mean the same here.
func ParseFailOn(s string) (verdict.FailOn, error) {
	switch s {
	case "", "error", string(verdict.FailOnFail):
		return verdict.FailOnFail, nil
	case "warning", string(verdict.FailOnWarn):
		return verdict.FailOnWarn, nil
	}
	return "", verdict.Misuse("fail-on is %q, expected error or warning", s)
}
