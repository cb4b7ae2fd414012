package refs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	Place       actionref.Place
	Count       int      // in files of the workspace; 0 if it is named in other actions only
	Via         []string // keys of the references that lead to it from the workspace, outermost first
	Nested      []string // keys of the references inside it, sorted
	Name        string   // that its file gives it
	Using       string   // runs.using
	Followed    bool     // its own references are known, or it can have none
	NotFollowed string   // why not
	Locked      bool
	LockedSHA   string

	Answer   ghresolve.Answer     // zero Verdict: nobody was asked
	Download treecheck.Downloaded // zero if the runner has not downloaded it
	Bytes    treecheck.Result     // zero State: it was not looked at

	target   target
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
	var err error
	if g.downloads, err = w.downloaded(); err != nil {
		g.gaps = append(g.gaps, err.Error())
	}
	var frontier []*Reference
	for i := range r.Rows {
		frontier = g.add(frontier, &r.Rows[i])
	}
	g.walk(ctx, frontier)
	if w.All {
		g.walk(ctx, g.leftover())
	}
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
				ref.NotFollowed = fmt.Sprintf("nested deeper than %d, where the runner stops", maxNesting)
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
		if led[g.downloads[name].Dir] {
			continue
		}
		ref := actionref.Parse(name, actionref.InStep)
		t := origin{}.resolve(ref)
		if ref.Kind() != actionref.KindAction || g.refs[t.key] != nil {
			g.gaps = append(g.gaps, fmt.Sprintf("downloaded action %q: not followed", name))
			continue
		}
		next := &Reference{Key: t.key, Ref: ref, Place: actionref.InStep, target: t}
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
	t := origin{}.resolve(row.ref)
	row.key = t.key
	known, ok := g.refs[t.key]
	if !ok {
		known = &Reference{Key: t.key, Ref: t.ref, Place: row.place, target: t, Locked: row.Locked, LockedSHA: row.LockedSHA}
		g.refs[t.key] = known
		frontier = append(frontier, known)
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
				Key: t.key, Ref: t.ref, Place: use.Place, target: t, Via: append(slices.Clone(ref.Via), ref.Key),
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
		if d, ok := g.downloads.find(ref.target); ok {
			ref.Download = d
		}
	}
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
	answers := g.world.Resolver.Resolve(ctx, refs)
	for i, ref := range asked {
		ref.Answer = ghresolve.Answer{Verdict: ghresolve.Undetermined, Reason: "the resolver gave no answer"}
		if i < len(answers) && known(answers[i].Verdict) {
			ref.Answer = answers[i]
		}
	}
}

// deny compares pins with the deny-list. What a tag names is not known here.
func (g *graph) deny(frontier []*Reference) {
	for _, ref := range frontier {
		for _, d := range g.world.Denied {
			if sha := ref.Ref.SHA(); sha != "" && sha == d.SHA && (d.Repository == "*" || d.Repository == ref.target.repository) {
				ref.Answer = ghresolve.Answer{Verdict: ghresolve.Undetermined, SHA: sha, Denied: d.Reason}
			}
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
			ref.Followed = ref.Ref.Kind() != actionref.KindDynamic && ref.Ref.Kind() != actionref.KindInvalid
			ref.NotFollowed = ref.Ref.Why()
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			ref.read(ctx, g.world)
		})
	}
	wg.Wait()
}

func (ref *Reference) read(ctx context.Context, w World) {
	if ref.Answer.Denied != "" {
		ref.NotFollowed = "on the deny-list"
		return
	}
	src, err := w.read(ctx, ref.target, ref.Download.Dir, ref.Commit())
	switch {
	case errors.Is(err, errNotHere):
		ref.NotFollowed = err.Error()
		return
	case err != nil:
		ref.NotFollowed = fmt.Sprintf("%s: %v", ref.Key, err)
		return
	}
	file := actionref.Find(src)
	ref.Followed, ref.Name, ref.Using = true, file.Name, file.Using
	ref.uses, ref.problems = file.Uses, file.Problems
}

// Commit is the commit that a reference names, by its pin or as the resolver
// says, or empty.
func (ref *Reference) Commit() string {
	if sha := ref.Ref.SHA(); sha != "" && ref.Answer.SHA == "" {
		return sha
	}
	return ref.Answer.SHA
}
