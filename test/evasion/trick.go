package main

import "github.com/org/cilock-action/pkg/trace"

// Grade says how well an event was seen. More is better.
type Grade int

// The grades.
const (
	Missed Grade = iota // nothing was recorded
	Call                // only that a suspicious call was made
	Said                // the program's word for it, marked as such
	Object              // what the kernel had: file, address
)

func (g Grade) String() string {
	return [...]string{"missed", "call", "string", "object"}[g]
}

// Grades are what a sensor is expected to reach. eBPF is two sensors: with
// fentry hooks it reads the object where the kernel opens it, without them it
// looks a descriptor up when the system call returns.
type Grades struct{ Fentry, Exit, Ptrace Grade }

func all(g Grade) Grades { return Grades{g, g, g} }

// of is the grade that a variant, see variantOf, is to reach.
func (g Grades) of(variant string) Grade {
	switch variant {
	case "fentry":
		return g.Fentry
	case "ptrace":
		return g.Ptrace
	}
	return g.Exit
}

// Trick is one way to escape.
type Trick struct {
	Name  string   // of the program too, unless Program is set
	Does  string   // one line
	Args  []string // of the program; they are expanded, see scene.expand
	As    string   // "nobody", or root
	Setup string   // what the harness prepares: see scene.prepare

	Program string
	Slow    bool // it races, or is many
	Wants   []Want

	// Changed says, for a backend, why the trick may end otherwise than it does
	// untraced: a limit of that backend, or a race that tracing decides.
	Changed map[string]string
	// Broken is for a trick that attacks the sensor. Its trace need not be
	// complete or exist, but must then not claim to be complete.
	Broken bool
}

// Want is one event that has to appear.
type Want struct {
	What string // one line, for the table
	Is   match
	// Said is what the event looks like in the program's words, if these say
	// anything else than the truth.
	Said match
	// Calls are suspicious calls, any of which stands for the event where the
	// event itself is not seen.
	Calls []string
	Times int // how often at least; 0 is once
	// Truth makes this a race: Is is asked for each line of the trick's file
	// `truth`, as the fact "truth". Slack is how many in a thousand may be
	// reported wrong, by variants that cannot do better.
	Truth bool
	Slack Slack

	Grades Grades
	// Limit is a word, or several with | between them, of the sentence with
	// which a sensor must admit that it falls short of Object. Empty if it need
	// not.
	Limit string
}

// Slack is in thousandths.
type Slack struct{ Fentry, Exit, Ptrace int }

func (s Slack) of(variant string) int {
	switch variant {
	case "fentry":
		return s.Fentry
	case "ptrace":
		return s.Ptrace
	}
	return s.Exit
}

// match says whether m is the event, in a scene.
type match func(m trace.Message, s *scene) bool
