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
	told    map[[2]int]int      // line and column of a problem to its index
	locked  map[string]string   // the file's own dependencies: owner/repo@ref to commit
	anchors *anchors            // of the document that is walked

	through   map[*yaml.Node]bool // anchored nodes that are being walked through an alias
	replaying *yaml.Node          // outermost alias that is being walked, if any
	aliased   int                 // steps walked through aliases
	cut       bool                // a bound was met and said so
	full      bool                // maxUses was met and said so
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
	f := &finder{
		src: src, index: map[spot]int{}, scripts: map[*yaml.Node]bool{}, told: map[[2]int]int{}, locked: map[string]string{},
		anchors: newAnchors(), through: map[*yaml.Node]bool{},
	}
	f.file.Kind = Unknown
	if len(src) > MaxFile {
		f.problem(1, 0, "the file is larger than %d bytes, which is what the runner reads", MaxFile)
		return f.file
	}
	f.lines = newLineIndex(src)
	f.readable()
	f.documents()
	f.lock()
	changed := func(s Span) bool { return !bytes.Equal(src[s.Start:s.End], f.src[s.Start:s.End]) }
	for i := range f.file.Uses {
		u := &f.file.Uses[i]
		if changed(u.version) {
			u.Comment, u.version = "", Span{}
		}
		if changed(u.Span) {
			u.Ref, u.Span, u.tail = u.Ref.invalid("not valid text"), Span{}, 0
			u.Exact = Exact{}
		}
	}
	f.sort()
	return f.file
}

// readable reports the first byte that is not UTF-8, or a control character
// that YAML forbids. GitHub's reader is laxer (the one becomes U+FFFD, the
// other stays), so this goes on as well, with a character of one byte that
// means nothing in YAML: what the file holds is reported beside the problem.
func (f *finder) readable() {
	if utf8.Valid(f.src) && bytes.IndexFunc(f.src, forbidden) < 0 {
		return
	}
	clean := true
	for i := 0; i < len(f.src); {
		r, size := utf8.DecodeRune(f.src[i:])
		if r == utf8.RuneError && size <= 1 || forbidden(r) {
			if clean {
				clean = false
				f.src = bytes.Clone(f.src)
				line, col := f.lines.place(i)
				f.problem(line, col, "not valid UTF-8, or a control character")
			}
			copy(f.src[i:i+size], "___")
		}
		i += size
	}
	f.lines = newLineIndex(f.src)
}

// forbidden are the characters that YAML's own readers refuse.
func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
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
		if len(doc.Content) == 1 && (n == 0 || !absent(doc.Content[0])) {
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
		switch {
		case e.Mark.Line > 0 && f.lines.offset(e.Mark.Line, e.Mark.Column) >= len(f.src) && e.ContextMark.Line > 0:
			line = e.ContextMark.Line // the end of the file says nothing: where what has no end begins
		case e.Mark.Line > 0:
			line = e.Mark.Line
		}
	}
	f.problem(f.lines.shown(line), 0, "YAML error: %s", message)
}

func (f *finder) document(root *yaml.Node) {
	f.anchors = newAnchors()
	f.check(root, 0)
	kind := f.kindOf(root)
	if f.file.Kind == Unknown {
		f.file.Kind = kind
	}
	f.checkSize(root, kind)
	if root.Kind != yaml.MappingNode {
		f.problemAt(root, "expected a mapping with jobs or runs")
		return
	}
	f.entries(root, func(e entry) {
		e = f.spelled(e, "jobs", "runs")
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
func (f *finder) kindOf(root *yaml.Node) FileKind {
	kind := Unknown
	if root.Kind != yaml.MappingNode {
		return kind
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		switch f.key(root.Content[i]) {
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
	f.file.Problems = slices.Compact(f.file.Problems)
	slices.SortStableFunc(f.file.Injections, func(a, b Injection) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}
