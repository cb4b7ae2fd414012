package actionref

// Span is a range of bytes of a file: from Start up to and without End.
type Span struct{ Start, End int }

// Exact is where a span stands on its one line, in columns as in Use; End is the
// column behind it. All are 0 for a span that is empty, or that ends more than
// 64 KiB behind the beginning of its line.
type Exact struct{ Line, Col, End int }

// Use is one place of a file where a reference stands.
type Use struct {
	Ref   Ref
	Value string // as written: Ref.Text, with the white space that quotes hold around it
	Place Place
	Job   string // id of the job; empty in an action
	// Line counts from 1. Col counts from 1 in characters: of the anchor, tag,
	// quote, block indicator or value that comes first, and of an empty value
	// just after the colon.
	Line, Col int
	Span      Span   // of the reference itself, without quotes; empty if the file holds it in another spelling (escapes, folding)
	Exact     Exact  // where Span is
	Count     int    // how often the file executes it: through aliases, more than once
	Comment   string // version in the comment behind it, as written: v4.2.0
	Why       string // what the place adds to Ref.Why, such as a merge key
	Locked    bool   // the file's own dependencies entry locks it
	LockedSHA string // 40 hex digits

	version Span // of Comment in the file; empty if there is none
	tail    int  // where a comment can be added behind the value; 0: nowhere
}

// Problem is a reason for which the runner would refuse the file. A file with
// a problem is never clean, whatever its references are.
type Problem struct {
	Line, Col int // as in Use; Col is 0 if it is not known
	Why       string
}

// Injection is untrusted text that an expression puts into a script.
type Injection struct {
	Line, Col  int // as in Use, of the expression's ${{
	Expression string
	Job        string
}

// FileKind is what a file is, by its content.
type FileKind string

// The kinds of files.
const (
	Workflow FileKind = "workflow" // has jobs
	Action   FileKind = "action"   // has runs
	Unknown  FileKind = "unknown"
)

// File is what Find found, each list in the order of the file.
type File struct {
	Kind       FileKind
	Name       string // the file's own name key; untrusted
	Using      string // runs.using of an action: composite, docker, node24
	Uses       []Use
	Problems   []Problem
	Injections []Injection
	Steps      []Step
}

// Step is one step of a job or of an action, in the order in which they run.
type Step struct {
	Job  string // id of the job; empty in an action
	ID   string // as written; untrusted
	Uses string // the reference as written; empty if it has none
	Line int    // where it begins, from 1
}
