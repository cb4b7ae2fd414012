package ghresolve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// repoKind is one of the two bare repositories that are kept for each
// repository of the server. They are apart so that an impostor's commit, which
// only ever enters the second, cannot be mistaken for part of the history, and
// so that the shallow commits of the second do not cut the history of the first.
type repoKind string

const (
	historyRepo repoKind = "tree:0"    // commits of all branches and tags, no trees
	filesRepo   repoKind = "blob:none" // single commits and their trees; all but small blobs on demand
)

// gitArea returns the folder of the git repositories: the shared one in the
// cache if no other process holds it, else one of our own. Nobody waits.
func (r *Resolver) gitArea() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.area != "" {
		return r.area, nil
	}
	if lock, ok := tryLock(filepath.Join(r.root, "git.lock")); ok {
		r.lock, r.area = lock, filepath.Join(r.root, "git")
		return r.area, nil
	}
	dir, err := os.MkdirTemp(r.root, "git-")
	if err != nil {
		return "", fmt.Errorf("make a folder for git: %w", err)
	}
	r.temp, r.area = append(r.temp, dir), dir
	return r.area, nil
}

// openRepo returns the bare repository of a kind, new or as it was left. It is
// written by hand, which saves five runs of git.
func (r *Resolver) openRepo(kind repoKind, repository string) (string, error) {
	area, err := r.gitArea()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(r.remoteURL(repository)))
	dir := filepath.Join(area, fmt.Sprintf("%x-%s.git", sum[:16], strings.Replace(string(kind), ":", "-", 1)))
	config := fmt.Sprintf("[core]\n\trepositoryformatversion = 1\n\tbare = true\n"+
		"[extensions]\n\tpartialClone = origin\n"+
		"[remote \"origin\"]\n\turl = %q\n\tpromisor = true\n\tpartialclonefilter = %s\n", r.remoteURL(repository), kind)
	if old, err := os.ReadFile(filepath.Join(dir, "config")); err == nil && string(old) == config {
		return dir, nil
	}
	if err := makeRepo(dir, config); err != nil {
		return "", fmt.Errorf("make a repository for %s: %w", repository, err)
	}
	return dir, nil
}

func makeRepo(dir, config string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, sub := range []string{"objects/pack", "objects/info", "refs/heads", "refs/tags", "have"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(sub)), 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/-\n"), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600) // last: it marks the rest as done
}

func fetchCommand(dir string, args ...string) gitCommand {
	return gitCommand{dir: dir, network: true, max: 1 << 20, args: append([]string{
		"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules",
	}, args...)}
}

// fetchHistory brings the commits of all branches and tags. Nothing below
// refs/pull: that is where forks' commits are.
func (r *Resolver) fetchHistory(ctx context.Context, repository string) (string, error) {
	busy := r.lockFor("history of " + repository)
	busy.Lock()
	defer busy.Unlock()
	var last error
	for range 2 {
		dir, err := r.openRepo(historyRepo, repository)
		if err != nil {
			return "", err
		}
		_, err = r.git.run(ctx, fetchCommand(dir, "--filter="+string(historyRepo), "--prune", "--force",
			"origin", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"))
		if err == nil {
			return dir, os.WriteFile(filepath.Join(dir, "fetched"), nil, 0o600)
		}
		last = fmt.Errorf("fetch the history of %s: %w", repository, err)
		if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errTooLarge) {
			break
		}
		if errors.Is(os.Remove(filepath.Join(dir, "fetched")), fs.ErrNotExist) {
			break // it was new, so what we keep is not to blame
		}
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("remove a damaged repository: %w", err)
		}
	}
	return "", last
}

// containing is what git says about an object of the history.
type containing struct {
	kind     string // commit, tag, or empty: not there
	peeled   string // the commit that a tag names
	branches []string
	tags     []string
}

// refsContaining looks up an object in the fetched history, offline. A history
// without the default branch is none: see errNoDefault.
func (r *Resolver) refsContaining(ctx context.Context, dir, branch, sha string) (containing, error) {
	var c containing
	out, err := r.git.run(ctx, gitCommand{
		dir: dir, max: 4096, args: []string{"cat-file", "--batch-check=%(objecttype) %(objectname)"},
		stdin: []byte("refs/heads/" + branch + "\n" + sha + "\n" + sha + "^{commit}\n"),
	})
	if err != nil {
		return c, err
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) != 4 {
		return c, errors.New("git cat-file: unexpected output")
	}
	if !strings.HasPrefix(lines[0], "commit ") {
		return c, errNoDefault
	}
	switch kind, name, _ := strings.Cut(lines[1], " "); {
	case name == "missing":
		return c, nil
	case name != sha:
		return c, errors.New("git cat-file: unexpected output")
	default:
		c.kind = kind
	}
	if kind, name, _ := strings.Cut(lines[2], " "); kind == "commit" && isSHA(name) {
		c.peeled = name
	}
	if c.kind != "commit" {
		return c, nil
	}
	out, err = r.git.run(ctx, gitCommand{dir: dir, max: maxListing, args: []string{
		"for-each-ref", "--format=%(refname)", "--contains=" + sha, "refs/heads", "refs/tags",
	}})
	if err != nil {
		return c, err
	}
	for line := range strings.Lines(string(out)) {
		ref := strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			c.branches = append(c.branches, name)
		} else if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			c.tags = append(c.tags, name)
		}
	}
	return c, nil
}

// errNotThere says that the server does not have an object.
var errNotThere = errors.New("the server does not have it")

// fetchFiles makes sure that an object, if it is a commit with its trees, is
// in the second repository. The server gives any object of the fork network.
func (r *Resolver) fetchFiles(ctx context.Context, repository, sha string) (string, error) {
	if repositoryName(repository) != repository || !isSHA(sha) {
		return "", fmt.Errorf("fetch %.50q of %.100q: not a commit of a repository", sha, repository)
	}
	// One at a time makes the repository or fetches into it: git locks its list
	// of shallow commits.
	busy := r.lockFor(repository)
	busy.Lock()
	defer busy.Unlock()
	dir, err := r.openRepo(filesRepo, repository)
	if err != nil {
		return "", err
	}
	done := filepath.Join(dir, "have", sha)
	if _, err := os.Lstat(done); err == nil {
		return dir, nil
	}
	err = r.fetchOne(ctx, dir, sha)
	if err != nil {
		var failed *gitError
		if errors.As(err, &failed) && strings.Contains(failed.Text, "not our ref "+sha) {
			err = errNotThere
		}
		return "", fmt.Errorf("fetch %s of %s: %w", sha, repository, err)
	}
	return dir, os.WriteFile(done, nil, 0o600)
}

// smallFiles are fetched along with a commit's trees: action.yml is among them,
// which saves asking for it. A server may allow other filters only.
const smallFiles = "blob:limit=16k"

func (r *Resolver) fetchOne(ctx context.Context, dir, sha string) error {
	_, err := r.git.run(ctx, fetchCommand(dir, "--filter="+smallFiles, "--depth=1", "origin", sha))
	var failed *gitError
	if errors.As(err, &failed) && strings.Contains(failed.Text, "filter") && strings.Contains(failed.Text, "not supported") {
		_, err = r.git.run(ctx, fetchCommand(dir, "--filter="+string(filesRepo), "--depth=1", "origin", sha))
	}
	return err
}

func (r *Resolver) lockFor(repository string) *sync.Mutex {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[repository] == nil {
		r.busy[repository] = new(sync.Mutex)
	}
	return r.busy[repository]
}

// Git runs git in a repository of the cache, hardened and bounded, and returns
// its output. It may fetch blobs that are missing.
type Git func(ctx context.Context, stdin []byte, args ...string) ([]byte, error)

// Commit makes sure that a commit and its trees, without blobs, are in the
// cache, and returns git for reading them. It proves nothing about where the
// commit belongs: an impostor is fetched like any other. The repository is
// owner/repo in lower case, sha 40 hex digits in lower case.
func (r *Resolver) Commit(ctx context.Context, repository, sha string) (Git, error) {
	dir, err := r.fetchFiles(ctx, repository, sha)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
		if len(args) == 0 {
			return nil, errors.New("git: no command")
		}
		return r.git.run(ctx, gitCommand{dir: dir, network: true, stdin: stdin, max: maxGitOutput, args: args})
	}, nil
}

// ReadFile returns the first of names, slash-separated paths such as
// sub/action.yml, that is a file in a commit, of at most max bytes. It returns
// fs.ErrNotExist if none is. A symbolic link is not followed, and is an error.
func (r *Resolver) ReadFile(ctx context.Context, repository, sha string, names []string, max int64) (string, []byte, error) {
	key := r.cache.key("file", repository, sha+"\n"+strings.Join(names, "\x00"))
	var kept keptFile
	if r.cache.get(key, &kept) && kept.Key == key && int64(len(kept.Data)) <= max {
		if kept.Name == "" {
			return "", nil, notThere(repository, sha, names)
		}
		return kept.Name, kept.Data, nil
	}
	dir, err := r.fetchFiles(ctx, repository, sha)
	if err != nil {
		return "", nil, err
	}
	name, blob, err := r.findFile(ctx, dir, sha, names)
	if err != nil {
		return "", nil, fmt.Errorf("read from %s at %s: %w", repository, sha, err)
	}
	if name == "" {
		r.cache.put(key, keptFile{Key: key})
		return "", nil, notThere(repository, sha, names)
	}
	data, err := r.git.run(ctx, gitCommand{dir: dir, network: true, max: max, args: []string{"cat-file", "blob", blob}})
	if err != nil {
		return "", nil, fmt.Errorf("read %s of %s at %s: %w", name, repository, sha, err)
	}
	r.cache.put(key, keptFile{key, name, data})
	return name, data, nil
}

func notThere(repository, sha string, names []string) error {
	return fmt.Errorf("read %s of %s at %s: %w", strings.Join(names, " or "), repository, sha, fs.ErrNotExist)
}

// findFile returns the blob of the first name that is a regular file.
func (r *Resolver) findFile(ctx context.Context, dir, sha string, names []string) (name, blob string, err error) {
	out, err := r.git.run(ctx, gitCommand{dir: dir, max: 1 << 20, args: append(
		[]string{"ls-tree", "-z", "--full-tree", sha, "--"}, names...)})
	if err != nil {
		return "", "", err
	}
	blobs := map[string]string{}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		meta, path, _ := strings.Cut(string(entry), "\t")
		fields := strings.Fields(meta) // mode, type, object
		if len(fields) == 3 && isSHA(fields[2]) {
			blobs[path] = fields[2]
			if fields[0] != "100644" && fields[0] != "100755" {
				blobs[path] = fields[1] + " of mode " + fields[0]
			}
		}
	}
	for _, name := range names {
		blob, ok := blobs[name]
		if ok && !isSHA(blob) {
			return "", "", fmt.Errorf("%s is no regular file: %s", name, blob)
		}
		if ok {
			return name, blob, nil
		}
	}
	return "", "", nil
}
