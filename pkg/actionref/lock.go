package actionref

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// LockFile is where GitHub keeps a repository's locked action versions.
const LockFile = ".github/workflows/actions.lock"

// Lock holds the commits that a lock file, or a workflow's own dependencies,
// give for references. A lock is not a pin: the file that holds the reference
// still names a tag, and runners without lock support follow that.
type Lock struct {
	commits   map[string]string          // owner/repo@ref to 40 hex digits
	workflows map[string]map[string]bool // path of the file to its references; nil: all
}

// Commit returns the commit that a reference of the file at path is locked to.
// The path inside the repository plays no part: a repository has one commit.
func (l Lock) Commit(path string, r Ref) (sha string, ok bool) {
	if r.Repository() == "" {
		return "", false
	}
	key := r.Repository() + "@" + r.Version()
	if l.workflows != nil && !l.workflows[path][key] {
		return "", false
	}
	sha, ok = l.commits[key]
	return sha, ok
}

// lockDocument is the lock file: version v0.0.2 and v0.0.3, as GitHub's public
// preview of 2026-10-14 writes it. Other keys are ignored.
type lockDocument struct {
	Version      string              `yaml:"version"`
	Workflows    map[string][]string `yaml:"workflows"`
	Dependencies map[string]struct {
		Ref    string `yaml:"ref"`
		Commit string `yaml:"commit"` // sha1- and 40 hex digits
	} `yaml:"dependencies"`
}

// ParseLock reads a lock file. Anything but one document of the known form is
// an error: what is not understood locks nothing.
func ParseLock(src []byte) (Lock, error) {
	if len(src) > MaxFile {
		return Lock{}, fmt.Errorf("read lock file: larger than %d bytes", MaxFile)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		return Lock{}, fmt.Errorf("read lock file: %w", err)
	}
	var doc lockDocument
	if err := loader.Load(&doc); err != nil {
		return Lock{}, fmt.Errorf("read lock file: %w", err)
	}
	if err := loader.Load(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Lock{}, errors.New("read lock file: more than one document")
	}
	switch doc.Version {
	case "v0.0.2", "v0.0.3":
	default:
		return Lock{}, fmt.Errorf("read lock file: version %q is not known", doc.Version)
	}
	return doc.lock()
}

func (doc lockDocument) lock() (Lock, error) {
	l := Lock{commits: map[string]string{}, workflows: map[string]map[string]bool{}}
	for name, d := range doc.Dependencies {
		key, ok := lockKey(name)
		sha, isSHA1 := strings.CutPrefix(d.Commit, "sha1-")
		if !ok || !isSHA1 || !isHex(sha, 40) {
			return Lock{}, fmt.Errorf("read lock file: entry %q has no commit of the form sha1-HEX", name)
		}
		if before, again := l.commits[key]; again && before != strings.ToLower(sha) {
			return Lock{}, fmt.Errorf("read lock file: two commits for %q", name)
		}
		l.commits[key] = strings.ToLower(sha)
	}
	for path, names := range doc.Workflows {
		l.workflows[path] = map[string]bool{}
		for _, name := range names {
			if key, ok := lockKey(name); ok {
				l.workflows[path][key] = true
			}
		}
	}
	return l, nil
}

// lockKey is owner/repo@ref with what GitHub compares without case in lower case.
func lockKey(name string) (string, bool) {
	r := Parse(name, InStep)
	if r.Kind() != KindAction {
		return "", false
	}
	return r.Repository() + "@" + r.Version(), true
}

// dependencies reads a workflow's own entries: github.com/owner/repo@ref:sha1-HEX,
// as proposed in cli/cli#13314. What has another form locks nothing.
func (f *finder) dependencies(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		return
	}
	for _, item := range n.Content {
		name, sha, ok := strings.Cut(f.meaning(item).Value, ":sha1-")
		_, name, hasHost := strings.Cut(name, "/")
		if key, known := lockKey(name); ok && hasHost && known && isHex(sha, 40) {
			f.locked[key] = strings.ToLower(sha)
		}
	}
}

// lock marks the references that the file's own dependencies lock.
func (f *finder) lock() {
	if len(f.locked) == 0 {
		return
	}
	l := Lock{commits: f.locked}
	for i := range f.file.Uses {
		u := &f.file.Uses[i]
		u.LockedSHA, u.Locked = l.Commit("", u.Ref)
	}
}
