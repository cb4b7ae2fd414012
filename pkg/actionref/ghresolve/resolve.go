package ghresolve

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/org/cilock-action/pkg/actionref"
)

// Verdict says where the commit of a reference belongs.
type Verdict string

// The verdicts. The first two are clean.
const (
	ReachableDefault Verdict = "reachable-default" // the default branch contains it
	ReachableRef     Verdict = "reachable-ref"     // another branch contains it
	TagOnly          Verdict = "tag-only"          // tags contain it and no branch does: anybody who may push tags put it there
	TagObject        Verdict = "tag-object"        // the pin is the object of an annotated tag, which can vanish with the tag
	Unreachable      Verdict = "unreachable"       // no branch and no tag contains it, whether or not the server has it
	Missing          Verdict = "missing"           // the server has no such commit, branch or tag
	Undetermined     Verdict = "undetermined"      // could not be decided: see Reason
	NotAsked         Verdict = "not-asked"         // names no commit of a repository
)

// Answer is what is known of one reference. All text in it is as untrusted as
// the servers.
type Answer struct {
	Verdict       Verdict
	Reason        string   // why, in one sentence
	SHA           string   // the commit that the reference names now, tags peeled; empty if not known
	Tags          []string // all tags that name SHA, sorted
	DefaultBranch string   // empty if not known
	Ambiguous     bool     // a branch and a tag have this name; git and SHA take the tag
	BranchSHA     string   // what the branch names then
	TagSHA        string   // what the tag names then, peeled
	RenamedTo     string   // owner/repo that the server redirects to: who takes the old name takes its users
	Archived      *bool    // nil: not known
	Denied        string   // reason from the deny-list; nothing else is asked then

	known *listing // nil: the repository's tags are not known
}

// question is one distinct reference and where it was asked.
type question struct {
	ref    actionref.Ref
	places []int
	budget budget
}

// Resolve answers in the order of refs, each distinct one once. Only actions
// and workflows of repositories are asked about. It always returns an answer
// for each: what fails, or is not done when ctx ends, is undetermined.
func (r *Resolver) Resolve(ctx context.Context, refs []actionref.Ref) []Answer {
	answers := make([]Answer, len(refs))
	questions := r.questions(refs)
	// First every repository once, in parallel; then no question waits for
	// another one's repository.
	seen := map[string]bool{}
	var first []*question
	for _, q := range questions {
		if name := q.ref.Repository(); !seen[name] && ReasonDenied(r.denied, q.ref.SHA(), name) == "" {
			seen[name] = true
			first = append(first, q)
		}
	}
	each(len(first), r.o.Workers, func(i int) { r.load(ctx, first[i].ref.Repository(), &first[i].budget) })
	each(len(questions), r.o.Workers, func(i int) {
		a := r.answer(ctx, questions[i])
		for _, place := range questions[i].places {
			answers[place] = a
		}
	})
	for i := range answers {
		if answers[i].Verdict == "" {
			answers[i] = Answer{Verdict: NotAsked, Reason: "it names no commit of a repository"}
		}
	}
	return answers
}

func (r *Resolver) questions(refs []actionref.Ref) []*question {
	var list []*question
	index := map[string]*question{}
	for i, ref := range refs {
		if ref.Kind() != actionref.KindAction && ref.Kind() != actionref.KindWorkflow {
			continue
		}
		version := ref.Version()
		if sha := ref.SHA(); sha != "" {
			version = sha
		}
		key := ref.Repository() + "@" + version
		if index[key] == nil {
			index[key] = &question{ref: ref, budget: budget{max: int64(r.o.MaxRequests)}}
			list = append(list, index[key])
		}
		index[key].places = append(index[key].places, i)
	}
	return list
}

// each calls f for 0 to n-1, a bounded number at a time.
func each(n, workers int, f func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, workers) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

func (r *Resolver) answer(ctx context.Context, q *question) Answer {
	name, sha := q.ref.Repository(), q.ref.SHA()
	if why := ReasonDenied(r.denied, sha, name); why != "" {
		return deniedAnswer(Answer{SHA: sha}, why)
	}
	st := r.load(ctx, name, &q.budget)
	a := Answer{SHA: sha, RenamedTo: st.renamed, DefaultBranch: st.listing.Default}
	if st.infoErr == nil {
		archived := st.info.Archived
		a.Archived = &archived
	}
	if st.listErr != nil {
		// A pin that was proved before stays proved.
		if j, ok := r.cache.commit(name, sha, r.o.Now()); ok {
			a.Verdict, a.Reason, a.SHA = j.Verdict, j.Reason, j.SHA
			return a
		}
		a.Verdict, a.Reason = Undetermined, st.whyNotListed()
		return a
	}
	a.known = &st.listing
	if sha == "" {
		sha = st.named(&a, q.ref.Version())
	}
	if sha == "" {
		a.Verdict, a.Reason = Missing, name+" has no branch and no tag of exactly this name"
		return a
	}
	if why := ReasonDenied(r.denied, sha, name, st.renamed); why != "" {
		return deniedAnswer(a, why)
	}
	j := r.judge(ctx, st, sha, &q.budget)
	a.Verdict, a.Reason, a.SHA = j.Verdict, j.Reason, j.SHA
	if why := ReasonDenied(r.denied, a.SHA, name, st.renamed); why != "" {
		return deniedAnswer(a, why) // a tag object of a denied commit
	}
	a.Tags = st.listing.tagsOf(a.SHA)
	return a
}

// deniedAnswer leaves the verdict undetermined, so that nobody who forgets to
// look at Denied takes it for clean.
func deniedAnswer(a Answer, why string) Answer {
	a.Verdict, a.Denied = Undetermined, why
	a.Reason = "the commit is on the deny-list, so nothing else was asked"
	return a
}

// named finds the commit that a branch or tag names now.
func (st *state) named(a *Answer, version string) string {
	branch, tagged := st.listing.lookup(version)
	if branch != "" && tagged != "" {
		a.Ambiguous, a.BranchSHA, a.TagSHA = true, branch, tagged
	}
	a.SHA = orDefault(tagged, branch) // gitrevisions(7): refs/tags before refs/heads
	return a.SHA
}
