// Package verdict is the vocabulary in which run and verify answer: what was
// decided, by which rule, what was expected, what was found, how to fix it.
package verdict

import "fmt"

// Verdict is the one-word answer. The order is that of severity.
type Verdict string

// The verdicts, mildest first.
const (
	Pass       Verdict = "pass"
	Warn       Verdict = "warn"
	Incomplete Verdict = "incomplete"
	Fail       Verdict = "fail"
)

// rank orders verdicts; an unknown one is the worst.
func (v Verdict) rank() int {
	for i, known := range []Verdict{Pass, Warn, Incomplete, Fail} {
		if v == known {
			return i
		}
	}
	return 4
}

// Worst returns the more severe of the two.
func (v Verdict) Worst(w Verdict) Verdict {
	if w.rank() > v.rank() {
		return w
	}
	return v
}

// Check is one thing that was looked at: a leaf of the verdict tree. Expected and
// Found are set when it did not hold.
type Check struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
}

// Finding is one reason for a verdict that is not pass. Its texts may be
// untrusted: only the sink prints them.
type Finding struct {
	Verdict  Verdict `json:"verdict"`
	Rule     string  `json:"rule"`
	Step     string  `json:"step,omitempty"`
	Expected string  `json:"expected"`
	Found    string  `json:"found"`
	Fix      string  `json:"fix,omitempty"`
}

func (f Finding) String() string {
	s := fmt.Sprintf("%s: expected %s, found %s", f.Rule, f.Expected, f.Found)
	if f.Fix != "" {
		s += "; " + f.Fix
	}
	return s
}

// Of returns the worst verdict of the findings, pass for none.
func Of(findings []Finding) Verdict {
	v := Pass
	for _, f := range findings {
		v = v.Worst(f.Verdict)
	}
	return v
}
