package action

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// What a statement holds of a trace. A cold build of a large program (51,000 opens)
// stays well below; what is larger is in the sidecar whole, and in the statement by
// its root, where no policy can look at it.
const (
	maxInlineProcesses = 20_000
	maxInlineOpens     = 100_000
	maxInlineList      = 30_000 // entries of each list of the trace
	// Bytes of JSON, of the processes and of the lists together: names may be
	// long, and no statement may outgrow what a verifier reads.
	maxInlineBytes = 24 << 20
)

// deriveTrace makes the attestation of the trace, and puts its processes into
// command-run if all of them have room there.
func deriveTrace(e *Evidence) {
	var body *traceBody
	var row, command *Row
	for i := range e.Rows {
		switch b := e.Rows[i].Section.Body.(type) {
		case *traceBody:
			row, body = &e.Rows[i], b
		case attest.CommandRun:
			command = &e.Rows[i]
		}
	}
	if body == nil {
		return
	}
	body.redact()
	t := body.attestation()
	row.Section.Type, row.Section.Body = attest.TypeTrace, &t
	t.Limits = row.Section.Limits
	if command != nil && t.NotListed == 0 && t.Processes <= maxInlineProcesses && t.Opens <= maxInlineOpens {
		if processes, ok := body.processes(digestsOf(e)); ok {
			run := command.Section.Body.(attest.CommandRun)
			run.Processes, t.Inlined = processes, true
			command.Section.Body = run
			return
		}
	}
	sidecar, err := body.sidecar(&t)
	if err != nil {
		row.judge(err)
		return
	}
	e.Sidecar = sidecar
}

// sidecar is the whole trace as compressed JSON lines; its root, size and
// digest go into t.
func (b *traceBody) sidecar(t *attest.Trace) ([]byte, error) {
	var out bytes.Buffer
	packed, err := trace.NewCompressor(&out)
	if err != nil {
		return nil, err
	}
	lines := attest.NewLineTree()
	err = b.summary.Write(io.MultiWriter(packed, lines), b.text)
	if cerr := packed.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	t.Root, t.LeafCount = lines.Root()
	sum := sha256.Sum256(out.Bytes())
	t.Sidecar = attest.SHA256(hex.EncodeToString(sum[:]))
	return out.Bytes(), nil
}

// text is how a string of the step is recorded.
func (b *traceBody) text(s string) string { return recordedText(b.plan.redact(s)) }

// redact redacts the arguments of every process as what they are: the value of
// an option may be a secret that by itself does not look like one.
func (b *traceBody) redact() {
	for _, p := range b.summary.Processes() {
		p.Args = b.plan.redactArgs(p.Args)
	}
}

// digests finds what the material and product collectors know of a file.
type digests struct {
	materials map[string]attest.DigestSet
	products  map[string]attest.Product
}

func digestsOf(e *Evidence) (d digests) {
	for _, r := range e.Rows {
		switch body := r.Section.Body.(type) {
		case materialBody:
			d.materials = body.files
		case productBody:
			d.products = body.products
		}
	}
	return d
}

// of returns the digest of an opened file, or an empty set: nobody knows which
// content a process saw of a file that changed under it.
func (d digests) of(dir string, f trace.OpenedFile) attest.DigestSet {
	if f.SHA256 != "" && f.Marks&trace.Unstable == 0 {
		return attest.SHA256(f.SHA256)
	}
	rel, err := filepath.Rel(dir, f.Path)
	if err != nil || !filepath.IsLocal(rel) {
		return attest.DigestSet{}
	}
	rel = recordedText(rel)
	before, was := d.materials[rel]
	after, changed := d.products[rel]
	switch {
	case changed && (!was || f.Access&trace.Write != 0):
		return after.Digest
	case was && !changed:
		return before
	}
	return attest.DigestSet{}
}

// processes are the entries of command-run, unless they are too large for it.
func (b *traceBody) processes(known digests) (out []attest.Process, ok bool) {
	out = []attest.Process{} // nothing traced is no list, and a list of none is no absence
	left := room(maxInlineBytes)
	for _, p := range b.summary.Processes() {
		entry := attest.Process{
			Program: b.text(p.Program), ProcessID: p.PID, ParentPID: p.Parent, Comm: b.text(p.Comm),
			Cmdline: recordedText(strings.Join(p.Args, " ")), Cwd: b.text(p.Cwd), UID: int(p.UID), Forked: p.Forked,
			Name: b.text(p.Name), Marks: marks(p.Marks), Start: when(p.Start), End: when(p.End), Namespaces: p.Namespaces,
			OpenedFiles: map[string]attest.DigestSet{},
		}
		if p.Exited {
			entry.ExitCode, entry.Signal = &p.Code, step.SignalName(p.Signal)
		}
		var exe, script attest.DigestSet
		for _, f := range b.summary.Files(p) {
			digest := known.of(b.plan.Dir, f)
			switch {
			case f.Path == p.Program && f.Ino == p.Ino && f.Dev == p.Dev:
				exe = digest
			case f.Path == p.Script && p.Script != "":
				script = digest
			}
			if f.Errno != 0 {
				continue
			}
			add(entry.OpenedFiles, b.text(f.Path), digest)
			if f.Name != "" {
				add(entry.OpenedFiles, b.text(f.Name), digest)
			}
		}
		entry.ProgramDigest, entry.ExeDigest = exe, exe
		if p.Script != "" {
			entry.Exe, entry.Program, entry.ProgramDigest = entry.Program, b.text(p.Script), script
		}
		if !left.take(entry.Program, entry.Exe, entry.Comm, entry.Cmdline, entry.Cwd, entry.Name) {
			return nil, false
		}
		for path := range entry.OpenedFiles {
			if !left.take(path) {
				return nil, false
			}
		}
		out = append(out, entry)
	}
	return out, true
}

// add keeps a digest that is there already.
func add(files map[string]attest.DigestSet, path string, digest attest.DigestSet) {
	if len(files[path]) == 0 {
		files[path] = digest
	}
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// marks are the words for what makes a program suspicious.
func marks(m trace.Marks) (words []string) {
	for _, w := range []struct {
		mark trace.Marks
		word string
	}{
		{trace.Memfd, "memfd"},
		{trace.Deleted, "deleted"},
		{trace.Foreign, "foreign"},
		{trace.Contested, "contested"},
		{trace.StringOnly, "stringonly"},
		{trace.Cut, "cut"},
		{trace.ArgsCut, "argscut"},
	} {
		if m&w.mark != 0 {
			words = append(words, w.word)
		}
	}
	return words
}
