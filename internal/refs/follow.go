package refs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

const (
	// maxNesting is how deep the runner follows actions inside actions
	// (Constants.cs: CompositeActionsMaxDepth).
	maxNesting = 9
	// maxReferences bounds the distinct references that are followed.
	maxReferences = 5_000
	// readers is how many files are read at a time.
	readers = 8
)

// Reference is one distinct reference and what is known of it. Its texts are
// untrusted.
type Reference struct {
	Key         string        // equal for all spellings that lead to the same place
	Ref         actionref.Ref // as first met; $/ inside another repository is spelled out
	Count       int           // in files of the workspace; 0 if it is named in other actions only
	Via         []string      // keys of the references that lead to it from the workspace, outermost first
	Nested      []string      // keys of the references inside it, sorted
	Name        string        // that its file gives it
	Using       string        // runs.using
	Followed    bool          // its own references are known, or it can have none
	NotFollowed string        // why not
	Locked      bool
	LockedSHA   string

	Answer   ghresolve.Answer     // zero Verdict: nobody was asked
	Download treecheck.Downloaded // zero if the runner has not downloaded it
	Bytes    treecheck.Result     // zero State: it was not looked at

	target   target
	copies   []treecheck.Downloaded // the same under another spelling of its name
	problems []actionref.Problem
	uses     []actionref.Use
}

// graph is all references by key.
type graph struct {
	world     World
	downloads downloads
	refs      map[string]*Reference
	gaps      []string
}

// Follow reads the files behind the references of the report, from the
// workspace, from the runner's folder and, if there is a resolver, from their
// repositories; the references in them become rows at the place that leads to
// them. With a resolver each is proved as well. What could not be followed is
// counted and said.
func (r *Report) Follow(ctx context.Context, w World) {
	g := &graph{world: w, refs: map[string]*Reference{}}
	g.downloads, g.gaps = w.downloaded()
	var frontier []*Reference
	for i := range r.Rows {
		frontier = g.add(frontier, &r.Rows[i])
	}
	g.walk(ctx, frontier)
	if w.All {
		g.walk(ctx, g.leftover())
	}
	g.nestingProblems()
	g.checkBytes(ctx)
	r.Resolved = w.Resolver != nil
	r.Gaps = append(r.Gaps, g.gaps...)
	r.merge(g)
}

// walk follows references, and those inside them, level by level.
func (g *graph) walk(ctx context.Context, frontier []*Reference) {
	for depth := 0; len(frontier) > 0; depth++ {
		g.prove(ctx, frontier)
		if depth > maxNesting {
			for _, ref := range frontier {
				ref.NotFollowed = errTooDeep.Error()
			}
			return
		}
		g.readAll(ctx, frontier)
		frontier = g.inner(frontier)
	}
}

// leftover makes the downloaded actions known to which nothing led: what the
// runner has fetched is part of the job, whatever the files say.
func (g *graph) leftover() []*Reference {
	led := map[string]bool{}
	for _, ref := range g.refs {
		led[ref.Download.Dir] = true
	}
	var frontier []*Reference
	for _, name := range slices.Sorted(maps.Keys(g.downloads)) {
		if led[g.downloads[name][0].Dir] {
			continue
		}
		ref := actionref.Parse(name, actionref.InStep)
		t := origin{}.resolve(ref)
		if ref.Kind() != actionref.KindAction || g.refs[t.key] != nil {
			g.gaps = append(g.gaps, fmt.Sprintf("downloaded action %q: not followed", name))
			continue
		}
		next := &Reference{Key: t.key, Ref: ref, target: t}
		g.refs[t.key] = next
		frontier = append(frontier, next)
	}
	return frontier
}

// add makes the reference of a row known.
func (g *graph) add(frontier []*Reference, row *Row) []*Reference {
	if row.Kind == actionref.KindError {
		return frontier
	}
	t := row.from.resolve(row.ref)
	row.key = t.key
	known, ok := g.refs[t.key]
	if !ok {
		known = &Reference{Key: t.key, Ref: t.ref, target: t, Locked: row.Locked, LockedSHA: row.LockedSHA}
		g.refs[t.key] = known
		frontier = append(frontier, known)
	}
	if !row.Locked || row.LockedSHA != known.LockedSHA {
		known.Locked, known.LockedSHA = false, "" // one place is not locked, or not to the same
	}
	known.Count += row.Count
	return frontier
}

// inner makes the references known that stand in the files of others, and
// returns the new ones.
func (g *graph) inner(outer []*Reference) []*Reference {
	var frontier []*Reference
	for _, ref := range outer {
		for _, use := range ref.uses {
			t := ref.target.from().resolve(use.Ref)
			if !slices.Contains(ref.Nested, t.key) {
				ref.Nested = append(ref.Nested, t.key)
			}
			if _, known := g.refs[t.key]; known {
				continue
			}
			if len(g.refs) >= maxReferences {
				g.gaps = append(g.gaps, fmt.Sprintf("more than %d references: the rest was not followed", maxReferences))
				return nil
			}
			next := &Reference{
				Key: t.key, Ref: t.ref, target: t, Via: append(slices.Clone(ref.Via), ref.Key),
				Locked: use.Locked, LockedSHA: use.LockedSHA,
			}
			g.refs[t.key] = next
			frontier = append(frontier, next)
		}
		slices.Sort(ref.Nested)
	}
	return frontier
}

// prove asks the resolver about those that name a commit of a repository.
func (g *graph) prove(ctx context.Context, frontier []*Reference) {
	for _, ref := range frontier {
		if found := g.downloads.find(ref.target); len(found) > 0 {
			ref.Download, ref.copies = found[0], found[1:]
		} else if outer := g.downloads.around(ref.target); outer != "" {
			g.gaps = append(g.gaps, fmt.Sprintf("%s was downloaded into %s and cannot be told from it: it was not looked at", ref.Key, outer))
		}
	}
	frontier = g.known(frontier)
	if g.world.Resolver == nil {
		g.deny(frontier)
		return
	}
	var asked []*Reference
	var refs []actionref.Ref
	for _, ref := range frontier {
		if ref.target.repository != "" {
			asked, refs = append(asked, ref), append(refs, ref.Ref)
		}
	}
	var answers []ghresolve.Answer
	reason := "the resolver gave no answer"
	if err := guarded(func() { answers = g.world.Resolver.Resolve(ctx, refs) }); err != nil {
		reason = err.Error()
	}
	for i, ref := range asked {
		ref.Answer = ghresolve.Answer{Verdict: ghresolve.Undetermined, Reason: reason}
		if i < len(answers) && known(answers[i].Verdict) {
			ref.Answer = answers[i]
		}
	}
}

// known takes out those whose commit is known without asking.
func (g *graph) known(frontier []*Reference) (rest []*Reference) {
	if g.world.Known == nil {
		return frontier
	}
	for _, ref := range frontier {
		sha, ok := "", false
		if ref.target.repository != "" {
			sha, ok = g.world.Known(ref.target.repository, ref.target.version)
		}
		if !ok {
			rest = append(rest, ref)
			continue
		}
		ref.Answer.SHA = sha
		for _, id := range []string{sha, ref.Ref.SHA()} { // that of a tag may be denied too
			if why := ghresolve.ReasonDenied(g.world.Denied, id, ref.target.repository); why != "" {
				ref.Answer.Verdict, ref.Answer.Denied = ghresolve.Undetermined, why
			}
		}
	}
	return rest
}

// deny compares pins with the deny-list. What a tag names is not known here.
func (g *graph) deny(frontier []*Reference) {
	for _, ref := range frontier {
		sha := ref.Ref.SHA()
		if why := ghresolve.ReasonDenied(g.world.Denied, sha, ref.target.repository); why != "" {
			ref.Answer = ghresolve.Answer{Verdict: ghresolve.Undetermined, SHA: sha, Denied: why}
		}
	}
}

// Local reports whether a reference leads into the workspace, which is the
// caller's own.
func (ref *Reference) Local() bool { return ref.target.inside }

// known reports whether a verdict is one of the resolver's.
func known(v ghresolve.Verdict) bool {
	return slices.Contains([]ghresolve.Verdict{
		ghresolve.ReachableDefault, ghresolve.ReachableRef, ghresolve.TagOnly, ghresolve.TagObject,
		ghresolve.Unreachable, ghresolve.Missing, ghresolve.Undetermined,
	}, v)
}

// readAll reads the files behind references, several at once.
func (g *graph) readAll(ctx context.Context, frontier []*Reference) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, readers)
	for _, ref := range frontier {
		if !ref.target.hasFile() {
			ref.Followed = ref.Ref.Kind() == actionref.KindDocker || ref.Ref.Kind() == actionref.KindImage
			ref.NotFollowed = ref.Ref.Why()
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := guarded(func() { ref.read(ctx, g.world) }); err != nil {
				ref.Followed, ref.NotFollowed = false, fmt.Sprintf("%s: %v", ref.Key, err)
			}
		})
	}
	wg.Wait()
}

func (ref *Reference) read(ctx context.Context, w World) {
	switch {
	case ref.Answer.Denied != "":
		ref.NotFollowed = "on the deny-list"
		return
	case ref.Answer.Verdict == ghresolve.Missing && ref.Download.Dir == "":
		ref.NotFollowed = errNoCommit.Error()
		return
	}
	src, err := w.read(ctx, ref)
	switch {
	case errors.Is(err, errNotHere), errors.Is(err, errNoCommit):
		ref.NotFollowed = err.Error()
		return
	case err != nil:
		ref.NotFollowed = fmt.Sprintf("%s: %v", ref.Key, err)
		return
	}
	if ref.Followed = true; src == nil {
		ref.Using = "docker"
	} else {
		file := actionref.Find(src)
		ref.Name, ref.Using = file.Name, file.Using
		ref.uses, ref.problems = file.Uses, file.Problems
	}
	if !ref.target.workflow {
		ref.readCopies(src)
	}
}

// readCopies reads the same action where it was downloaded under other
// spellings of its name: the runner runs each from its own folder, and they
// need not hold the same.
func (ref *Reference) readCopies(first []byte) {
	for _, d := range ref.copies {
		src, err := readBelow(d.Dir, ref.target.names())
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && bytes.Equal(src, first):
		case err != nil:
			ref.Followed, ref.NotFollowed = false, fmt.Sprintf("%s: downloaded as %s/%s: %v", ref.Key, d.Owner, d.Repo, err)
		default:
			file := actionref.Find(src)
			ref.uses, ref.problems = append(ref.uses, file.Uses...), append(ref.problems, file.Problems...)
		}
	}
}

// guarded turns a panic into an error: one file that nobody thought of must not
// hide all others.
func guarded(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	f()
	return nil
}

// In reports whether a folder is where the runner downloaded the reference to.
func (ref *Reference) In(dir string) bool {
	return dir != "" && (dir == ref.Download.Dir || slices.ContainsFunc(ref.copies, func(d treecheck.Downloaded) bool { return d.Dir == dir }))
}

// source is where a reference's repository is found: another name if it was
// renamed, for git follows no redirects with a token.
func (ref *Reference) source() string {
	if to := strings.ToLower(ref.Answer.RenamedTo); to != "" {
		return to
	}
	return ref.target.repository
}

// Commit is the commit that a reference names, by its pin or as the resolver
// says, or empty.
func (ref *Reference) Commit() string {
	if sha := ref.Ref.SHA(); sha != "" && ref.Answer.SHA == "" {
		return sha
	}
	return ref.Answer.SHA
}
