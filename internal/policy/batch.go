package policy

import (
	"context"
	"time"
)

// A Batch is everything that is asked at once. Documents are JSON: inputs of
// modules, what they see as data.cilock, and schemas; each is loaded once,
// however many modules look at it.
type Batch struct {
	Now       time.Time // what modules take for the time
	Modules   []Source
	Documents [][]byte
	Checks    []Check
}

// Source is a module as text.
type Source struct {
	Name string `json:"name"`
	Text []byte `json:"text"`
}

// A Check asks one module about one document. The numbers count in the batch's
// lists; a Schema of None is no schema.
type Check struct {
	Module  int `json:"module"`
	Input   int `json:"input"`
	Context int `json:"context"` // what the module sees as data.cilock
	Schema  int `json:"schema"`
}

// None is no document.
const None = -1

// An Answer is what a module said. Denials are untrusted text.
type Answer struct {
	Denials []string `json:"denials,omitempty"`
	// More counts the denials beyond those that are kept.
	More int `json:"more,omitempty"`
	// Err is why there is no answer: what was asked for does not hold then.
	Err string `json:"error,omitempty"`
}

// Passed reports whether the module was heard and denies nothing.
func (a Answer) Passed() bool { return a.Err == "" && len(a.Denials) == 0 }

// Document adds a document and returns its number.
func (b *Batch) Document(text []byte) int {
	b.Documents = append(b.Documents, text)
	return len(b.Documents) - 1
}

// Evaluate asks everything in this process. It is for modules that are part of
// the program: they are stopped when their time is up, but memory has no bound.
func (b *Batch) Evaluate(ctx context.Context) []Answer {
	answers := make([]Answer, len(b.Checks))
	e := newEvaluator(b)
	for i := range b.Checks {
		answers[i] = e.check(ctx, i)
	}
	return answers
}

// busy is how much longer a module may take on the clock than of a processor: a
// machine that others use too must not make a denial.
const busy = 4

// timeLimit is how much of a processor's time one module may take, by the size of
// its input.
func timeLimit(input int) time.Duration {
	const base, perMB, most = 500 * time.Millisecond, 50 * time.Millisecond, 10 * time.Second
	return min(base+time.Duration(float64(perMB)*float64(input)/1e6), most)
}
