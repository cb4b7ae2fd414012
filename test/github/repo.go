package github

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Repo is one repository of the stand-in. Its default branch is main.
type Repo struct {
	s       *Server
	id      int
	name    string // owner/repo as written
	dir     string
	commits int
	// Guarded by the server's lock.
	archived bool
	private  bool
	signed   map[string]Signature // by commit
	pulls    []Pull
}

// Add makes an empty repository.
func (s *Server) Add(name string) *Repo {
	s.tb.Helper()
	s.mu.Lock()
	repo := &Repo{s: s, id: len(s.repos) + 1001, name: name}
	repo.dir = filepath.Join(s.root, fmt.Sprintf("%d.git", repo.id))
	s.repos[strings.ToLower(name)] = repo
	s.mu.Unlock()
	s.run(nil, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", repo.dir)
	repo.Git("config", "uploadpack.allowFilter", "true")
	repo.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	repo.Git("config", "uploadpack.hideRefs", "refs/pull")
	return repo
}

// AddFolder makes a repository whose one commit on main is a folder.
func (s *Server) AddFolder(name, folder string) (repo *Repo, sha string) {
	s.tb.Helper()
	repo = s.Add(name)
	repo.Git("--work-tree="+folder, "add", "--all")
	tree := repo.Git("write-tree")
	sha = repo.Git("commit-tree", "-m", "All of it", tree)
	repo.Git("update-ref", "refs/heads/main", sha)
	return repo, sha
}

// SetArchived and SetPrivate set what REST says and who may see it.
func (r *Repo) SetArchived(yes bool) { r.s.mu.Lock(); r.archived = yes; r.s.mu.Unlock() }

// SetPrivate hides the repository from whoever has not the server's token.
func (r *Repo) SetPrivate(yes bool) { r.s.mu.Lock(); r.private = yes; r.s.mu.Unlock() }

// Dir is the bare repository.
func (r *Repo) Dir() string { return r.dir }

// Git runs git in the repository and returns what it prints, trimmed.
func (r *Repo) Git(args ...string) string {
	r.s.tb.Helper()
	return r.s.run(nil, append([]string{"--git-dir=" + r.dir}, args...)...)
}

// Commit adds a commit with files, path to content, to a branch. It returns
// the commit. A new branch begins without history: see Branch.
func (r *Repo) Commit(branch string, files map[string]string) string {
	r.s.tb.Helper()
	return r.CommitRef("refs/heads/"+branch, files)
}

// CommitRef is Commit for any ref.
func (r *Repo) CommitRef(ref string, files map[string]string) string {
	r.s.tb.Helper()
	r.commits++
	var in bytes.Buffer
	fmt.Fprintf(&in, "commit %s\nmark :1\ncommitter A <a@example.test> %d +0000\ndata 1\nc\n", ref, 1_700_000_000+r.commits)
	if r.Git("for-each-ref", ref) != "" {
		fmt.Fprintf(&in, "from %s^0\n", ref)
	}
	for _, path := range sorted(files) {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", path, len(files[path]), files[path])
	}
	in.WriteString("\nget-mark :1\n")
	return r.s.run(in.Bytes(), "--git-dir="+r.dir, "fast-import", "--quiet", "--force")
}

// Fork stores a commit on top of base as GitHub stores one that was pushed to
// a fork: in the same object store, below a ref that is not advertised.
func (r *Repo) Fork(base string, files map[string]string) string {
	r.s.tb.Helper()
	ref := fmt.Sprintf("refs/pull/%d/head", r.commits+1)
	r.Git("update-ref", ref, base)
	return r.CommitRef(ref, files)
}

// Branch makes a branch, or moves it.
func (r *Repo) Branch(name, sha string) {
	r.s.tb.Helper()
	r.Git("update-ref", "refs/heads/"+name, sha)
}

// DeleteBranch removes a branch and leaves its commits.
func (r *Repo) DeleteBranch(name string) {
	r.s.tb.Helper()
	r.Git("update-ref", "-d", "refs/heads/"+name)
}

// Tag makes a lightweight tag, or moves it.
func (r *Repo) Tag(name, sha string) { r.s.tb.Helper(); r.Git("update-ref", "refs/tags/"+name, sha) }

// Annotate makes an annotated tag of an object, which may be a tag itself, or
// moves it. It returns the tag object.
func (r *Repo) Annotate(name, sha string) string {
	r.s.tb.Helper()
	r.Git("-c", "advice.nestedTag=false", "tag", "--annotate", "--force", "--message="+name, name, sha)
	return r.Git("rev-parse", "refs/tags/"+name)
}

func (s *Server) run(stdin []byte, args ...string) string {
	s.tb.Helper()
	cmd := exec.Command(s.git, args...)
	cmd.Env, cmd.Dir = cleanEnv(s.root), s.root
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
