package github

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The pages of GitHub's documentation that the answers are from.
const (
	// 200, 409. "Lists the merged pull request that introduced the commit to the
	// repository. If the commit is not present in the default branch, it will
	// return merged and open pull requests associated with the commit." The
	// short form of a pull request has merged_at, and no merged and merged_by.
	docPullsOf = "https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit"
	// 200, 304, 404. "Before merging a pull request, the merge_commit_sha attribute
	// holds the SHA of the test merge commit." After, the merge commit, the
	// squashed commit, or the commit that the base branch was updated to.
	docPull = "https://docs.github.com/rest/pulls/pulls#get-a-pull-request"
	// 200. "The list of reviews returns in chronological order." A dismissed
	// review stays where it is, and has the state DISMISSED.
	docReviews = "https://docs.github.com/rest/pulls/reviews#list-reviews-for-a-pull-request"
	// per_page is 30 unless said, 100 at most; the header Link has rel="next" while
	// there is more: https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
	// 403, "Resource not accessible by integration", for a token without the
	// permission: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
)

// Signature is what REST says of a commit beside what git knows: logins, and the
// verification of "Get a commit", whose reason is unsigned, valid, bad_email, ...
type Signature struct {
	Author, Committer string
	Verified          bool
	Reason            string
}

// Pull is one pull request. Its head and base are commits and branches of the
// repository.
type Pull struct {
	Number            int
	Author            string
	Head, Base        string
	State             string // empty: open, or closed if it is merged
	MergeCommit       string // of one that is not merged, its test merge
	MergedBy          string // not empty: it is merged
	Commits           []string
	Reviews           []Review
	ForbiddenToReview bool // the token may not read pull requests
}

// Review is one review.
type Review struct {
	Login, State, Commit, Association string
	Bot                               bool
}

// Sign sets what REST says of a commit.
func (r *Repo) Sign(sha string, s Signature) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.signed == nil {
		r.signed = map[string]Signature{}
	}
	r.signed[sha] = s
}

// SetPulls replaces the pull requests.
func (r *Repo) SetPulls(pulls ...Pull) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.pulls = pulls
}

// Merge makes a commit that merges head into a branch and moves the branch to it,
// or to nothing if branch is empty, as for a test merge.
func (r *Repo) Merge(branch, base, head string) string {
	r.s.tb.Helper()
	sha := r.Git("commit-tree", "-m", "Merge", "-p", base, "-p", head, head+"^{tree}")
	if branch != "" {
		r.Branch(branch, sha)
	}
	return sha
}

func account(login string, bot bool) any {
	if login == "" {
		return nil // git knows an address that no account has
	}
	kind := "User"
	if bot {
		kind = "Bot"
	}
	return map[string]any{"login": login, "type": kind}
}

func (s *Server) describeCommit(repo *Repo, sha string) map[string]any {
	parents := []any{}
	line, _ := repo.ask("rev-list", "--parents", "-n", "1", sha)
	for _, parent := range strings.Fields(line)[1:] {
		parents = append(parents, map[string]any{"sha": parent})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	signature, ok := repo.signed[sha]
	if !ok {
		signature.Reason = "unsigned"
	}
	return map[string]any{
		"sha": sha, "author": account(signature.Author, false), "committer": account(signature.Committer, false), "parents": parents,
		"commit": map[string]any{"verification": map[string]any{"verified": signature.Verified, "reason": signature.Reason}},
	}
}

// describe is the short form of a pull request.
func (p Pull) describe(repo *Repo) map[string]any {
	state := p.State
	if state == "" && p.MergedBy != "" {
		state = "closed"
	} else if state == "" {
		state = "open"
	}
	out := map[string]any{
		"number": p.Number, "state": state, "user": account(p.Author, false), "merge_commit_sha": p.MergeCommit, "merged_at": nil,
		"head": map[string]any{"sha": p.Head}, "base": map[string]any{"ref": p.Base, "repo": map[string]any{"full_name": repo.name}},
	}
	if p.MergedBy != "" {
		out["merged_at"] = "2026-01-02T03:04:05Z"
	}
	return out
}

func (s *Server) servePullsOf(w http.ResponseWriter, r *http.Request, repo *Repo, sha string) {
	branches, known := repo.ask("for-each-ref", "--format=%(refname)", "--contains", sha, "refs/heads/main")
	if !known {
		fail(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+sha, docPullsOf)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []any
	for _, p := range repo.pulls {
		has := p.Head == sha || p.MergeCommit == sha && p.MergedBy != ""
		for _, c := range p.Commits {
			has = has || c == sha
		}
		if has && (branches == "" || p.MergedBy != "") {
			found = append(found, p.describe(repo))
		}
	}
	page(w, r, found)
}

// servePull answers NUMBER and NUMBER/reviews.
func (s *Server) servePull(w http.ResponseWriter, r *http.Request, repo *Repo, rest string) {
	number, of, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range repo.pulls {
		if strconv.Itoa(p.Number) != number {
			continue
		}
		switch {
		case of == "" && !p.ForbiddenToReview:
			full := p.describe(repo)
			full["merged"], full["merged_by"] = p.MergedBy != "", account(p.MergedBy, false)
			reply(w, http.StatusOK, full)
		case of == "reviews" && !p.ForbiddenToReview:
			reviews := []any{}
			for i, review := range p.Reviews {
				reviews = append(reviews, map[string]any{
					"id": i + 1, "user": account(review.Login, review.Bot), "state": review.State, "commit_id": review.Commit,
					"author_association": review.Association,
				})
			}
			page(w, r, reviews)
		case p.ForbiddenToReview:
			fail(w, http.StatusForbidden, "Resource not accessible by integration", docReviews)
		default:
			fail(w, http.StatusNotFound, "Not Found", docPull)
		}
		return
	}
	fail(w, http.StatusNotFound, "Not Found", docPull)
}

// page answers with one page of a list.
func page(w http.ResponseWriter, r *http.Request, all []any) {
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	size = min(size, 100)
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	start := min((number-1)*size, len(all))
	end := min(start+size, len(all))
	if end < len(all) {
		next := *r.URL
		query := next.Query()
		query.Set("page", strconv.Itoa(number+1))
		next.RawQuery = query.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s>; rel="next"`, r.Host, next.String()))
	}
	reply(w, http.StatusOK, append([]any{}, all[start:end]...))
}
