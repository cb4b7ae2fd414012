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
			result := g.world.compare(ctx, same[0])
			for _, ref := range same {
				ref.Bytes = result
			}
		})
	}
	wg.Wait()
}

// compare is the bytes check of one folder. Without a resolver, or a commit to
// compare with, it records what is there and proves nothing.
func (w World) compare(ctx context.Context, ref *Reference) treecheck.Result {
	sha, why := ref.Commit(), ""
	switch {
	case w.Resolver == nil:
		why = "no repository was asked"
	case sha == "":
		why = "the commit is not known: " + ref.Answer.Reason
	}
	if why != "" {
		return onDisk(ctx, ref.Download.Dir, why)
	}
	git, err := w.Resolver.Commit(ctx, ref.target.repository, sha)
	if err != nil {
		return onDisk(ctx, ref.Download.Dir, err.Error())
	}
	result := treecheck.Compare(ctx, ref.Download.Dir, treecheck.Commit{Git: treecheck.Git(git), SHA: sha},
		treecheck.Options{Windows: w.Windows, Temp: w.Temp})
	if result.State == treecheck.False && !ref.Ref.Pinned() {
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
