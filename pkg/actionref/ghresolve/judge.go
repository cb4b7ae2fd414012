package ghresolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// judgement is what was found about one commit of a repository.
type judgement struct {
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"`
	SHA     string  `json:"sha"` // the commit: another one than asked if that was a tag object
}

// judging makes two references to one commit ask once.
type judging struct {
	mu     sync.Mutex
	done   bool
	result judgement
}

// freeRequests is how many REST requests one reference may cause while
// everything works; MaxRequests is for retries and redirects.
const freeRequests = 2

// judge decides where a commit belongs, once for each commit.
func (r *Resolver) judge(ctx context.Context, st *state, sha string, b *budget) judgement {
	one := st.judging(sha)
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.done {
		return one.result
	}
	j, cached := r.cache.commit(st.name, sha, r.o.Now())
	if !cached {
		j = r.decide(ctx, st, sha, b)
	}
	if ctx.Err() != nil && j.Verdict == Undetermined {
		return j // somebody with more time may ask again
	}
	if !cached && j.Verdict != Undetermined {
		key := r.cache.key("commit", st.name, sha)
		r.cache.put(key, keptCommit{key, r.o.Now().UTC().Round(0), j})
	}
	one.done, one.result = true, j
	return j
}

func (r *Resolver) decide(ctx context.Context, st *state, sha string, b *budget) judgement {
	l := &st.listing
	if branch, ok := l.branchAt(sha); ok {
		if branch == l.Default {
			return judgement{ReachableDefault, "it is the tip of the default branch " + branch, sha}
		}
		return judgement{ReachableRef, "it is the tip of the branch " + branch, sha}
	}
	if name, t, ok := l.tagObject(sha); ok {
		return judgement{TagObject, fmt.Sprintf("it is the object of the tag %s, which names commit %s", name, t.Commit), t.Commit}
	}
	var compared comparison
	restErr := st.infoErr
	if restErr == nil {
		compared, restErr = r.rest.compare(ctx, b, st.info.FullName, l.Heads[l.Default], sha)
	}
	if restErr == nil && compared.contained {
		return judgement{ReachableDefault, "the default branch " + l.Default + " contains it", sha}
	}
	c, err := r.history(ctx, st, sha)
	switch {
	case err != nil:
		return judgement{Undetermined, undecided(err, restErr), sha}
	case c.kind == "tag" && c.peeled != "":
		return judgement{TagObject, "it is a tag object inside another tag, which names commit " + c.peeled, c.peeled}
	case slices.Contains(c.branches, l.Default):
		return judgement{ReachableDefault, "the default branch " + l.Default + " contains it", sha}
	case len(c.branches) > 0:
		return judgement{ReachableRef, "the branch " + c.branches[0] + " contains it", sha}
	case len(c.tags) > 0:
		return judgement{TagOnly, "no branch contains it, only the tag " + c.tags[0], sha}
	}
	return r.outside(ctx, st, sha, b, compared, restErr)
}

func undecided(gitErr, restErr error) string {
	if restErr == nil {
		return gitErr.Error()
	}
	return fmt.Sprintf("%v; and %v", gitErr, restErr)
}

// outside tells the words for what no ref contains: a commit of a fork or of a
// deleted branch, which the server still has, from one that never was.
func (r *Resolver) outside(ctx context.Context, st *state, sha string, b *budget, compared comparison, restErr error) judgement {
	const reason = "no branch and no tag of " // both words begin so
	unreachable := judgement{Unreachable, reason + st.source + " contains it: it may come from a fork or a deleted branch", sha}
	missing := judgement{Missing, reason + st.source + " contains it, and the server has no such commit", sha}
	if compared.exists {
		return unreachable
	}
	if restErr == nil && b.used.Load() < freeRequests {
		exists, err := r.rest.exists(ctx, b, st.info.FullName, sha)
		switch {
		case err == nil && exists:
			return unreachable
		case err == nil:
			return missing
		}
	}
	if _, err := r.fetchFiles(ctx, st.source, sha); errors.Is(err, errNotThere) {
		return missing
	}
	return unreachable
}

// history fetches the repository's history, once, and looks the object up.
func (r *Resolver) history(ctx context.Context, st *state, sha string) (containing, error) {
	st.fetching.Lock()
	defer st.fetching.Unlock()
	if st.historyDir == "" && st.historyErr == nil {
		dir, err := r.fetchHistory(ctx, st.source)
		if ctx.Err() != nil {
			return containing{}, fmt.Errorf("fetch the history of %s: %w", st.source, ctx.Err())
		}
		st.historyDir, st.historyErr = dir, err
	}
	if st.historyErr != nil {
		return containing{}, st.historyErr
	}
	c, err := r.refsContaining(ctx, st.historyDir, st.listing.Default, sha)
	if err != nil {
		return containing{}, fmt.Errorf("look for %s in the history of %s: %w", sha, st.source, err)
	}
	return c, nil
}
