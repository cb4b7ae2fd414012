package action

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/attest"
)

// workspace is what the material and the product collector share: one scanner
// over the working directory, so that a file that did not change is hashed
// once, and the look that was taken before the step.
type workspace struct {
	plan    Plan
	scanner *filetree.Scanner
	before  *filetree.Snapshot
	globs   filetree.Globs
	scans   scanLooker
}

func newWorkspace(p Plan) *workspace { return &workspace{plan: p} }

// look has a product read for what scanners wrote, and for secrets.
func (w *workspace) look(path string, size int64, head []byte) filetree.Inspection {
	document, secrets := w.scans.look(path, size, head), w.plan.Secrets.look(path, size)
	switch {
	case secrets == nil:
		return document
	case document == nil:
		return secrets
	}
	return both{document, secrets}
}

// both give the content to two, of which the first one's result counts.
type both struct{ first, second filetree.Inspection }

func (b both) Write(p []byte) (int, error) {
	_, _ = b.first.Write(p)
	return b.second.Write(p)
}

func (b both) Result() any {
	found := b.first.Result()
	b.second.Result()
	return found
}

func (b both) Abandon() { b.first.Abandon(); b.second.Abandon() }

// listLimit bounds the entries of a tree that are not files, and the gaps that
// are spelled out; the rest is counted.
const (
	listLimit = 10_000
	gapLimit  = 20
)

// open looks at the folder before the step.
func (w *workspace) open(ctx context.Context) (err error) {
	if w.globs, err = filetree.ParseGlobs(w.plan.Include, w.plan.Exclude); err != nil {
		return err
	}
	skip := []string{".git"}
	for _, path := range append(w.plan.outputs(), w.plan.Scratch) {
		if rel, err := filepath.Rel(w.plan.Dir, path); err == nil && filepath.IsLocal(rel) {
			skip = append(skip, filepath.ToSlash(rel))
		}
	}
	if w.scanner, err = filetree.NewScanner(w.plan.Dir, filetree.Options{Skip: skip}); err != nil {
		return err
	}
	w.before, err = w.scanner.Scan(ctx)
	return err
}

// materialCollector records every file of the working directory before the
// step.
type materialCollector struct{ files *workspace }

func (materialCollector) Name() string { return "material" }

func (c materialCollector) Start(ctx context.Context, _ Target) (Stop, error) {
	if err := c.files.open(ctx); err != nil {
		return nil, fmt.Errorf("hash materials: %w", err)
	}
	return func(context.Context, Step) (Section, error) {
		body := materialBody{files: map[string]attest.DigestSet{}}
		names := c.files.namer()
		for _, f := range c.files.before.Files {
			body.files[names.record(f.Path)] = attest.SHA256(hex.EncodeToString(f.SHA256[:]))
		}
		body.others, body.notListed = c.files.others(names, c.files.before.Others, c.files.before.OthersTotal)
		return Section{
			Type: attest.TypeMaterial, Phase: Material, Body: body,
			Gaps:   c.files.gaps(c.files.before, c.files.before.Others),
			Limits: []string{"the .git folder and the run's own documents are not hashed", "symlinks are recorded and not followed"},
		}, nil
	}, nil
}

// productCollector records what the step created or changed.
type productCollector struct{ files *workspace }

func (productCollector) Name() string { return "product" }

func (c productCollector) Start(context.Context, Target) (Stop, error) {
	return func(ctx context.Context, s Step) (Section, error) {
		if !s.Started {
			// Nothing ran, so nothing was made: no second look at the folder,
			// which after a cancel there may be no time for.
			return Section{
				Type: attest.TypeProduct, Phase: Product, Body: productBody{products: map[string]attest.Product{}},
				Limits: []string{"the step did not start, so its products were not looked for"},
			}, nil
		}
		if c.files.before == nil {
			return Section{}, errors.New("the folder could not be read before the step, so what the step changed is not known")
		}
		defer c.files.scanner.Close()
		// Every product is read now: it has changed since the first look.
		c.files.scanner.Inspect(c.files.look)
		after, err := c.files.scanner.Scan(ctx)
		if err != nil {
			return Section{}, fmt.Errorf("hash products: %w", err)
		}
		return c.section(after), nil
	}, nil
}

func (c productCollector) section(after *filetree.Snapshot) Section {
	changes := filetree.Compare(c.files.before, after, c.files.globs)
	body := productBody{products: map[string]attest.Product{}}
	names := c.files.namer()
	var problems []string
	for _, p := range changes.Products {
		name, digest := names.record(p.Path), attest.SHA256(hex.EncodeToString(p.SHA256[:]))
		body.products[name] = attest.Product{MimeType: p.MIME, Digest: digest}
		if problem := body.take(name, digest, p.Found); problem != "" {
			problems = append(problems, problem)
		}
	}
	for _, path := range changes.Deleted {
		if len(body.deleted) == listLimit {
			body.notListed++
			continue
		}
		body.deleted = append(body.deleted, names.record(path))
	}
	limits := []string{"files outside the working directory are not looked at"}
	if left := c.leftOut(after, len(changes.Products)); left > 0 {
		limits = append(limits, fmt.Sprintf("%d created or changed files are not among the products: the product globs leave them out", left))
	}
	limits = append(limits, problems[:min(len(problems), gapLimit)]...)
	if n := len(problems) - gapLimit; n > 0 {
		limits = append(limits, fmt.Sprintf("and %d more products were not taken for documents of scanners", n))
	}
	others, notListed := c.files.others(names, changes.Others, len(changes.Others))
	body.others, body.notListed = others, body.notListed+notListed
	return Section{
		Type: attest.TypeProduct, Phase: Product, Body: body, Gaps: c.files.gaps(after, changes.Others),
		Limits: limits,
	}
}

// leftOut counts the changed files that the globs do not choose.
func (c productCollector) leftOut(after *filetree.Snapshot, chosen int) int {
	if len(c.files.plan.Include)+len(c.files.plan.Exclude) == 0 {
		return 0 // no globs choose everything
	}
	return len(filetree.Compare(c.files.before, after, filetree.Globs{}).Products) - chosen
}

// others turns entries without a digest into their wire form.
func (w *workspace) others(names *namer, in []filetree.Other, total int) (out []attest.Other, notListed int) {
	for _, o := range in {
		if len(out) == listLimit {
			break
		}
		other := attest.Other{Path: names.record(o.Path), Kind: string(o.Kind)}
		if o.Kind == filetree.Symlink {
			other.Target = o.Detail
		} else {
			other.Reason = o.Detail
		}
		out = append(out, other)
	}
	return out, total - len(out)
}

// gaps are the files that should have a digest and have none.
func (w *workspace) gaps(s *filetree.Snapshot, others []filetree.Other) []string {
	var gaps []string
	if s.Incomplete != "" {
		gaps = append(gaps, "not all files were hashed: "+s.Incomplete)
	}
	holes := 0
	for _, o := range others {
		if !o.Kind.Hole() {
			continue
		}
		if holes++; holes <= gapLimit {
			gaps = append(gaps, fmt.Sprintf("%s: %q %s", o.Kind, w.plan.redact(o.Path), o.Detail))
		}
	}
	if holes > gapLimit {
		gaps = append(gaps, fmt.Sprintf("and %d more files could not be hashed", holes-gapLimit))
	}
	return gaps
}

// namer redacts paths and keeps them apart: two paths that differ only in a
// secret get a number. The Merkle roots are taken over these names.
type namer struct {
	redact func(string) string
	taken  map[string]bool
}

func (w *workspace) namer() *namer {
	return &namer{redact: w.plan.redact, taken: map[string]bool{}}
}

func (n *namer) record(path string) string {
	clean := n.redact(path)
	name := clean
	for i := 2; n.taken[name]; i++ {
		name = fmt.Sprintf("%s (%d)", clean, i)
	}
	n.taken[name] = true
	return name
}

type materialBody struct {
	files     map[string]attest.DigestSet
	others    []attest.Other
	notListed int
}

// MarshalJSON is Witness' material: path to digest set.
func (b materialBody) MarshalJSON() ([]byte, error) { return attest.Encode(b.files) }

func (b materialBody) tree() (attest.Tree, error) {
	t, err := attest.NewTree(b.files)
	t.Others, t.NotListed = b.others, b.notListed
	return t, err
}

type productBody struct {
	products  map[string]attest.Product
	others    []attest.Other
	deleted   []string
	notListed int
	scans     []scanned // not in the body: the derived sections are made of them
}

// MarshalJSON is Witness' product: path to digest set and mime type.
func (b productBody) MarshalJSON() ([]byte, error) { return attest.Encode(b.products) }

func (b productBody) tree() (attest.Tree, error) {
	t, err := attest.NewTree(attest.ProductDigests(b.products))
	t.Others, t.Deleted, t.NotListed = b.others, b.deleted, b.notListed
	return t, err
}
