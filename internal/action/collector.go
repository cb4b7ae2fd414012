package action

import (
	"context"
	"errors"

	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/pkg/attest"
)

// A Collector records one kind of fact about a step. It lives in one file,
// sees no other collector's state, and never changes the step's own result:
// what it could not see becomes a gap in the signed statement.
//
// Start is called while the step's process exists and is frozen: it has its
// PID but has not exec'd the command. Start does what must be done before the
// step runs (hash the materials, arm a tracer) and returns the Stop that is
// called once, after the step has ended. A Start that returns an error is
// recorded as failed, or as not applicable if the error is a NotApplicable.
type Collector interface {
	Name() string
	Start(ctx context.Context, t Target) (Stop, error)
}

// Stop ends what Start began and returns what was seen. After a cancel signal
// its context carries the deadline that is left; a Stop that runs out of time
// returns what it has, with a gap.
type Stop func(ctx context.Context, s Step) (Section, error)

// Target is the frozen process. PID is 0 if the step is never started, and
// Process nil.
type Target struct {
	PID     int
	Process *step.Process // for what a tracer needs done inside it
	Plan    Plan
	// Cancelled is closed at the first cancel signal, for a Stop that waits for
	// something that evidence can do without. Nil: nobody can cancel.
	Cancelled <-chan struct{}
}

// Section is one collector's finding. Body is marshalled to JSON as the
// attestation of the given Type; no Body or no Type adds no attestation.
//
//   - Gaps name what should have been seen and was not: evidence with a gap is
//     at best incomplete.
//   - Limits name what this collector, as built, never sees.
//   - Notices are for people, and are not signed.
type Section struct {
	Type    string
	Phase   Phase
	Body    any
	More    []Attested // attestations beside Body, of types that may repeat
	Notices []Notice
	Gaps    []string
	Limits  []string
	// What the collector knows for code scanning, and is not signed either:
	// findings about references, and where the step stands in its workflow.
	References []refs.Finding
	Place      Place
	Backend    string              // of a collector that has several
	Counts     []attest.TraceCount // of a collector that counts what it saw
}

// Attested is one attestation of a section that has several.
type Attested struct {
	Type string
	Body any
}

// Phase says when a section was true, in the vocabulary of Witness.
type Phase string

// The phases in the order in which they happen.
const (
	PreMaterial Phase = "pre-material"
	Material    Phase = "material"
	Execute     Phase = "execute"
	Product     Phase = "product"
	PostProduct Phase = "post-product"
)

// Notice is a message for the person who reads the log. Text is untrusted: it
// may hold anything, and only the sink prints it.
type Notice struct {
	Level Level
	Text  string
	Place Place // zero if it is about the step
}

// Place is where in a file of the workspace a notice belongs.
type Place struct {
	File      string
	Line, Col int // from 1; 0 if not known
	Title     string
}

// Level is the weight of a Notice.
type Level string

// The levels, as the runner names its annotations.
const (
	NoticeLevel  Level = "notice"
	WarningLevel Level = "warning"
	ErrorLevel   Level = "error"
)

// NotApplicable is the error of a collector whose subject does not exist here
// (no git checkout, not in Actions). It is a state, not a gap.
type NotApplicable struct{ Reason string }

func (e *NotApplicable) Error() string { return "not applicable: " + e.Reason }

// isNotApplicable reports the reason if err says that there is nothing to see.
func isNotApplicable(err error) (string, bool) {
	var na *NotApplicable
	if errors.As(err, &na) {
		return na.Reason, true
	}
	return "", false
}

// Step is what became of the wrapped command.
type Step = step.Result
