package refs

import (
	"context"
	"sync"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// checkBytes compares each downloaded action with the commit that it claims to
// be: once for a folder, whatever the paths inside it that are used.
func (g *graph) checkBytes(ctx context.Context) {
	folders := map[string][]*Reference{}
	for _, ref := range g.refs {
		if ref.Download.Dir != "" {
			folders[ref.Download.Dir] = append(folders[ref.Download.Dir], ref)
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, readers)
	for _, same := range folders {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			result := g.world.compareAll(ctx, same[0])
			for _, ref := range same {
				ref.Bytes = result
			}
		})
	}
	wg.Wait()
}

// compareAll is the bytes check of everything that was downloaded for a
// reference; the worst counts.
func (w World) compareAll(ctx context.Context, ref *Reference) treecheck.Result {
	worst := w.compare(ctx, ref, ref.Download.Dir)
	for _, d := range ref.copies {
		result := w.compare(ctx, ref, d.Dir)
		if badness(result.State) > badness(worst.State) {
			worst = result
			worst.Reason = joined("downloaded as "+d.Owner+"/"+d.Repo+"@"+d.Ref, result.Reason)
		}
	}
	return worst
}

func badness(s treecheck.State) int {
	switch s {
	case treecheck.True:
		return 0
	case treecheck.Unverified:
		return 1
	}
	return 2
}

// compare is the bytes check of one folder. Without objects of a commit to
// compare with it records what is there and proves nothing.
func (w World) compare(ctx context.Context, ref *Reference, dir string) (result treecheck.Result) {
	sha := ref.Commit()
	var local treecheck.Git
	if w.Commits != nil && sha != "" {
		local, _ = w.Commits(ref.target.repository, sha)
	}
	switch {
	case local != nil:
	case w.Resolver == nil:
		return onDisk(ctx, dir, "no repository was asked")
	case sha == "":
		return onDisk(ctx, dir, "the commit is not known: "+ref.Answer.Reason)
	}
	err := guarded(func() {
		git := local
		if git == nil {
			fetched, err := w.Resolver.Commit(ctx, ref.source(), sha)
			if err != nil {
				result = onDisk(ctx, dir, err.Error())
				return
			}
			git = treecheck.Git(fetched)
		}
		result = treecheck.Compare(ctx, dir, treecheck.Commit{Git: git, SHA: sha},
			treecheck.Options{Windows: w.Windows, Temp: w.Temp})
	})
	switch {
	case err != nil:
		return treecheck.Result{State: treecheck.Unverified, Reason: err.Error()}
	case result.State == treecheck.False && !ref.Ref.Pinned():
		// A branch or tag may have moved since the runner read it. That is told
		// as well, but it does not prove that the files were changed.
		result.State = treecheck.Unverified
		result.Reason = "differs from the commit that " + ref.Ref.Version() + " names now: moved since the download, or changed on disk"
	}
	return result
}

// onDisk describes a folder without proving it.
func onDisk(ctx context.Context, dir, why string) treecheck.Result {
	result := treecheck.Result{State: treecheck.Unverified, Reason: why}
	tree, err := treecheck.Hash(ctx, dir, treecheck.Limits{})
	if err != nil {
		result.Reason += "; " + err.Error()
		return result
	}
	result.TreeID, result.TreeSHA256 = tree.ID, tree.SHA256
	return result
}

// clean reports whether a commit is proved to belong to its repository.
func clean(v ghresolve.Verdict) bool {
	return v == ghresolve.ReachableDefault || v == ghresolve.ReachableRef
}
