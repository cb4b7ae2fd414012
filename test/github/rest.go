package github

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
)

// The pages of GitHub's documentation that the answers are from; a status that
// a page does not list is not given.
const (
	// 200, 301, 403, 404.
	docRepository = "https://docs.github.com/rest/repos/repos#get-a-repository"
	// 200, 404, 500, 503. Status is one of diverged, ahead, behind, identical.
	docCompare = "https://docs.github.com/rest/commits/commits#compare-two-commits"
	// 200, 404, 409, 422. The media type application/vnd.github.sha gives the SHA alone.
	docCommit = "https://docs.github.com/rest/commits/commits#get-a-commit"
	// 403 or 429 with retry-after for the secondary limit.
	docLimits = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	// 302: https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar
	// ETag with 304, and 301 with a Location for what was renamed:
	// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
)

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	if s.refuse(w) {
		return
	}
	path := strings.TrimPrefix(r.URL.EscapedPath(), apiPrefix)
	if id, ok := strings.CutPrefix(path, "/repositories/"); ok {
		id, rest, _ := strings.Cut(id, "/")
		repo := s.byID(id)
		if sha, ok := strings.CutPrefix(rest, "tarball/"); ok && repo != nil {
			s.redirectArchive(w, r, repo, sha)
			return
		}
		s.serveRepository(w, r, repo)
		return
	}
	parts := strings.SplitN(path, "/", 6) // "", repos, owner, repo, what, rest
	if len(parts) < 4 || parts[1] != "repos" {
		fail(w, http.StatusNotFound, "Not Found", "https://docs.github.com/rest")
		return
	}
	repo, newName := s.find(parts[2] + "/" + parts[3])
	if newName != "" {
		s.redirect(w, newName, parts)
		return
	}
	switch {
	case repo == nil || !s.maySee(repo, r):
		fail(w, http.StatusNotFound, "Not Found", docRepository)
	case len(parts) == 4:
		s.serveRepository(w, r, repo)
	case len(parts) == 6 && parts[4] == "compare":
		s.serveCompare(w, repo, parts[5])
	case len(parts) == 6 && parts[4] == "commits" && strings.HasSuffix(parts[5], "/pulls"):
		s.servePullsOf(w, r, repo, strings.TrimSuffix(parts[5], "/pulls"))
	case len(parts) == 6 && parts[4] == "commits":
		s.serveCommit(w, r, repo, parts[5])
	case len(parts) == 6 && parts[4] == "tarball":
		s.redirectArchive(w, r, repo, parts[5])
	case len(parts) == 6 && parts[4] == "pulls":
		s.servePull(w, r, repo, parts[5])
	default:
		fail(w, http.StatusNotFound, "Not Found", "https://docs.github.com/rest")
	}
}

func (s *Server) refuse(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limited == 0 {
		return false
	}
	s.limited--
	w.Header().Set("Retry-After", s.retry)
	fail(w, http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", docLimits)
	return true
}

func (s *Server) byID(id string) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, repo := range s.repos {
		if strconv.Itoa(repo.id) == id {
			return repo
		}
	}
	return nil
}

func (s *Server) redirect(w http.ResponseWriter, newName string, parts []string) {
	repo, _ := s.find(newName)
	address := fmt.Sprintf("%s/repositories/%d", s.APIURL(), repo.id)
	if len(parts) > 4 {
		address += "/" + strings.Join(parts[4:], "/")
	}
	w.Header().Set("Location", address)
	reply(w, http.StatusMovedPermanently, map[string]any{
		"message": "Moved Permanently", "url": address, "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
	})
}

func (s *Server) serveRepository(w http.ResponseWriter, r *http.Request, repo *Repo) {
	if repo == nil || !s.maySee(repo, r) {
		fail(w, http.StatusNotFound, "Not Found", docRepository)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body := map[string]any{
		"id": repo.id, "full_name": repo.name, "name": repo.name[strings.Index(repo.name, "/")+1:],
		"private": repo.private, "archived": repo.archived, "default_branch": "main",
	}
	text, _ := json.Marshal(body)
	etag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(text))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		s.count.NotModified++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	reply(w, http.StatusOK, body)
}

// compared is the answer to one comparison; commits do not change, so it is
// found out once.
type compared struct {
	status, base, head, merge string
	ahead, behind             int
}

func (s *Server) serveCompare(w http.ResponseWriter, repo *Repo, spec string) {
	base, head, ok := strings.Cut(spec, "...")
	if !ok {
		fail(w, http.StatusNotFound, "Not Found", docCompare)
		return
	}
	c, ok := s.compare(repo, strings.ReplaceAll(base, "%2F", "/"), strings.ReplaceAll(head, "%2F", "/"))
	if !ok {
		fail(w, http.StatusNotFound, "Not Found", docCompare)
		return
	}
	commit := func(sha string) map[string]any { return map[string]any{"sha": sha} }
	reply(w, http.StatusOK, map[string]any{
		"status": c.status, "ahead_by": c.ahead, "behind_by": c.behind, "total_commits": c.ahead,
		"base_commit": commit(c.base), "merge_base_commit": commit(c.merge), "commits": []any{}, "files": []any{},
	})
}

// compare finds any object of the fork network, as GitHub does, and compares
// the commit that a tag object names.
func (s *Server) compare(repo *Repo, base, head string) (compared, bool) {
	key := repo.dir + " " + base + " " + head
	s.mu.Lock()
	c, known := s.compared[key]
	s.mu.Unlock()
	if known {
		return c, true
	}
	var ok1, ok2, ok3 bool
	c.base, ok1 = repo.ask("rev-parse", "--verify", "--quiet", base+"^{commit}")
	c.head, ok2 = repo.ask("rev-parse", "--verify", "--quiet", head+"^{commit}")
	c.merge, ok3 = repo.ask("merge-base", base, head)
	if !ok1 || !ok2 || !ok3 {
		return c, false
	}
	counts, ok := repo.ask("rev-list", "--left-right", "--count", base+"..."+head)
	if _, err := fmt.Sscan(counts, &c.behind, &c.ahead); !ok || err != nil {
		return c, false
	}
	switch {
	case c.ahead == 0 && c.behind == 0:
		c.status = "identical"
	case c.ahead == 0:
		c.status = "behind"
	case c.behind == 0:
		c.status = "ahead"
	default:
		c.status = "diverged"
	}
	s.mu.Lock()
	s.compared[key] = c
	s.mu.Unlock()
	return c, true
}

func (s *Server) serveCommit(w http.ResponseWriter, r *http.Request, repo *Repo, ref string) {
	sha, ok := repo.ask("rev-parse", "--verify", "--quiet", strings.ReplaceAll(ref, "%2F", "/")+"^{commit}")
	if !ok {
		fail(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+ref, docCommit)
		return
	}
	if strings.Contains(r.Header.Get("Accept"), ".sha") {
		w.Header().Set("Content-Type", "application/vnd.github.v3.sha")
		fmt.Fprint(w, sha)
		return
	}
	reply(w, http.StatusOK, s.describeCommit(repo, sha))
}

func (s *Server) redirectArchive(w http.ResponseWriter, r *http.Request, repo *Repo, sha string) {
	http.Redirect(w, r, s.URL()+archivePrefix+strings.ToLower(repo.name)+"/"+sha, http.StatusFound)
}

// serveArchive is what GitHub has on a host of its own: no token is needed
// there. The one folder is OWNER-REPO-SHORT, as GitHub names it.
func (s *Server) serveArchive(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, archivePrefix), "/")
	var repo *Repo
	if len(parts) == 3 {
		repo, _ = s.find(parts[0] + "/" + parts[1])
	}
	if repo == nil {
		http.NotFound(w, r)
		return
	}
	cmd := exec.Command(s.git, "--git-dir="+repo.dir, "archive", "--format=tar.gz",
		"--prefix="+strings.ReplaceAll(repo.name, "/", "-")+"-"+parts[2][:min(7, len(parts[2]))]+"/", parts[2])
	cmd.Env, cmd.Dir = cleanEnv(s.root), s.root
	out, err := cmd.Output()
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-gzip")
	_, _ = w.Write(out)
}

// ask runs git where failing is an answer.
func (r *Repo) ask(args ...string) (string, bool) {
	cmd := exec.Command(r.s.git, append([]string{"--git-dir=" + r.dir}, args...)...)
	cmd.Env, cmd.Dir = cleanEnv(r.s.root), r.s.root
	out, err := cmd.Output()
	return string(bytes.TrimSpace(out)), err == nil
}

func fail(w http.ResponseWriter, status int, message, doc string) {
	reply(w, status, map[string]any{"message": message, "documentation_url": doc, "status": strconv.Itoa(status)})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
