package actionref

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxFile is the largest file that Find reads, in bytes. It is the memory that
// the runner grants a workflow or an action (TemplateMemory in
// ActionManifestManager), so it would refuse a larger one too.
const MaxFile = 10 << 20

// finder walks the documents of one file.
type finder struct {
	src   []byte
	lines lineIndex
	file  File
	index map[spot]int // where in file.Uses a scalar is

	job     string              // that is walked
	scripts map[*yaml.Node]bool // run: scalars that were read
	locked  map[string]string   // the file's own dependencies: owner/repo@ref to commit
	through map[*yaml.Node]bool // anchored nodes that are being walked through an alias
	aliased int                 // steps walked through aliases
	cut     bool                // a bound was met and said so
}

// spot is a scalar in one role: an anchored one can have several.
type spot struct {
	node  *yaml.Node
	place Place
}

// Find returns every reference of a workflow or an action, and every reason
// for which the runner would refuse the file. It has no error: what cannot be
// read is a Problem, and a file with a Problem is not clean.
func Find(src []byte) File {
	f := &finder{src: src, index: map[spot]int{}, scripts: map[*yaml.Node]bool{}, locked: map[string]string{}, through: map[*yaml.Node]bool{}}
	f.file.Kind = Unknown
	switch at := firstInvalid(src); {
	case len(src) > MaxFile:
		f.problem(1, 0, "the file is larger than %d bytes, which is what the runner reads", MaxFile)
	case at >= 0:
		f.problem(1+bytes.Count(src[:at], []byte("\n")), 0, "not valid UTF-8")
	default:
		f.lines = newLineIndex(src)
		f.documents()
		f.lock()
	}
	f.sort()
	return f.file
}

// firstInvalid returns where src stops being UTF-8, or -1.
func firstInvalid(src []byte) int {
	if utf8.Valid(src) {
		return -1
	}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

// documents walks all documents, though the runner refuses a second one: what
// it holds is reported beside that.
func (f *finder) documents() {
	loader, err := yaml.NewLoader(bytes.NewReader(f.src))
	for n := 0; err == nil; n++ {
		var doc yaml.Node
		if err = loader.Load(&doc); err != nil {
			break
		}
		if n == 1 {
			f.problemAt(&doc, "more than one document")
		}
		if len(doc.Content) == 1 {
			f.document(doc.Content[0])
		}
	}
	if !errors.Is(err, io.EOF) {
		f.syntax(err)
	} else if f.file.Kind == Unknown && len(f.file.Problems) == 0 {
		f.problem(1, 0, "neither a workflow (jobs) nor an action (runs)")
	}
}

// syntax reports what the YAML library refuses. Nothing of that document is
// known then, so nothing of it is reported as clean.
func (f *finder) syntax(err error) {
	line := 1
	message := err.Error()
	if e := (*yaml.LoadError)(nil); errors.As(err, &e) {
		message = e.Message
		if e.Mark.Line > 0 {
			line = e.Mark.Line
		}
	}
	f.problem(f.lines.shown(line), 0, "YAML error: %s", message)
}

func (f *finder) document(root *yaml.Node) {
	kind := kindOf(root)
	if f.file.Kind == Unknown {
		f.file.Kind = kind
	}
	f.check(root, kind == Action, 0)
	if root.Kind != yaml.MappingNode {
		f.problemAt(root, "expected a mapping with jobs or runs")
		return
	}
	f.entries(root, func(e entry) {
		switch e.key {
		case "name":
			f.file.Name = e.value.Value
		case "jobs":
			f.jobs(e)
		case "runs":
			f.runs(e)
		case "dependencies":
			f.dependencies(e.value)
		}
	})
}

// kindOf tells an action from a workflow by its content: the name of the file
// is the caller's business.
func kindOf(root *yaml.Node) FileKind {
	kind := Unknown
	if root.Kind != yaml.MappingNode {
		return kind
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		switch root.Content[i].Value {
		case "jobs":
			return Workflow
		case "runs":
			kind = Action
		}
	}
	return kind
}

// sort puts everything into the order of the file: aliases are walked where
// they stand and reported where their anchor does.
func (f *finder) sort() {
	slices.SortStableFunc(f.file.Uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	slices.SortStableFunc(f.file.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	slices.SortStableFunc(f.file.Injections, func(a, b Injection) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}
