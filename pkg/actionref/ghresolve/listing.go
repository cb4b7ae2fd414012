package ghresolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tag is one tag of a repository. An annotated tag is an object of its own;
// Object and Commit are the same for a lightweight one.
type tag struct {
	Object string `json:"object"` // what the ref names
	Commit string `json:"commit"` // what is left when all tags are peeled
}

// listing is what a server says its branches and tags are.
type listing struct {
	Default string            `json:"default"` // name of the default branch
	Heads   map[string]string `json:"heads"`   // branch to commit
	Tags    map[string]tag    `json:"tags"`
}

// list asks the server for the refs of a repository. All of them, though only
// branches and tags are used: asking for those alone leaves out HEAD.
func (r *Resolver) list(ctx context.Context, repository string) (listing, error) {
	out, err := r.git.run(ctx, gitCommand{
		network: true, max: maxListing,
		args: []string{"ls-remote", "--symref", "--", r.remoteURL(repository)},
	})
	if err != nil {
		return listing{}, fmt.Errorf("list refs of %s: %w", repository, err)
	}
	l, err := parseListing(out)
	if err != nil {
		return listing{}, fmt.Errorf("list refs of %s: %w", repository, err)
	}
	return l, nil
}

// remoteURL is where git finds a repository.
func (r *Resolver) remoteURL(repository string) string {
	return r.server.String() + "/" + repository + ".git"
}

// parseListing reads the output of git ls-remote --symref: lines of an object,
// a tab and a ref, where REF^{} is the ref REF peeled, and one line "ref:
// REF TAB HEAD" for HEAD, without which the list is not believed. Source: git-ls-remote(1) and the protocol,
// gitprotocol-v2(5), ls-refs. Anything else is an error; refs outside
// refs/heads and refs/tags are left out.
func parseListing(out []byte) (listing, error) {
	l := listing{Heads: map[string]string{}, Tags: map[string]tag{}}
	if len(out) > 0 && out[len(out)-1] != '\n' {
		return listing{}, errors.New("the list ends in the middle of a line")
	}
	for n, line := range bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n")) {
		if len(out) == 0 {
			break
		}
		if err := l.add(string(line)); err != nil {
			return listing{}, fmt.Errorf("line %d of the list: %w", n+1, err)
		}
	}
	if _, ok := l.Heads[l.Default]; !ok {
		return listing{}, errNoDefault
	}
	return l, nil
}

// errNoDefault is the only sign of a page that is no git server's. When an
// answer of 200 is not git's smart protocol, git takes it for the list of a
// plain file server: a login page becomes a repository without refs, and none
// of this can be turned off.
var errNoDefault = errors.New("no default branch in the list: the repository is empty, or the server speaks something else than git")

func (l *listing) add(line string) error {
	left, ref, ok := strings.Cut(line, "\t")
	if !ok || ref == "" {
		return errors.New("not an object, a tab and a ref")
	}
	if target, ok := strings.CutPrefix(left, "ref: "); ok {
		if ref == "HEAD" {
			l.Default, _ = strings.CutPrefix(target, "refs/heads/")
		}
		return nil
	}
	if !isSHA(left) {
		return errors.New("the object is not 40 hex digits")
	}
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok && plain(name) {
		return addNew(l.Heads, name, left)
	}
	name, ok := strings.CutPrefix(ref, "refs/tags/")
	if !ok || !plain(name) {
		return nil
	}
	if peeled, ok := strings.CutSuffix(name, "^{}"); ok {
		t, known := l.Tags[peeled]
		if !known || t.Commit != t.Object {
			return errors.New("a peeled tag that does not follow its tag")
		}
		l.Tags[peeled] = tag{t.Object, left}
		return nil
	}
	if _, known := l.Tags[name]; known {
		return errors.New("a tag appears twice")
	}
	l.Tags[name] = tag{left, left}
	return nil
}

func addNew(heads map[string]string, name, sha string) error {
	if _, known := heads[name]; known {
		return errors.New("a branch appears twice")
	}
	heads[name] = sha
	return nil
}

// plain reports whether the name of a ref can be shown. Git allows no control
// characters in it; a server that sends some wants to be misread.
func plain(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// lookup returns the branch and the tag that the text behind an @ names, by
// exact name: v2 never means v2.0.0. What no branch and no tag is called may be
// one of the longer spellings heads/NAME and tags/NAME of GitHub's
// documentation, "Get a commit".
func (l listing) lookup(version string) (branch, tagged string) {
	if name, ok := strings.CutPrefix(version, "refs/heads/"); ok {
		return l.Heads[name], ""
	}
	if name, ok := strings.CutPrefix(version, "refs/tags/"); ok {
		return "", l.Tags[name].Commit
	}
	branch, tagged = l.Heads[version], l.Tags[version].Commit
	if branch != "" || tagged != "" {
		return branch, tagged
	}
	if name, ok := strings.CutPrefix(version, "heads/"); ok {
		return l.Heads[name], ""
	}
	if name, ok := strings.CutPrefix(version, "tags/"); ok {
		return "", l.Tags[name].Commit
	}
	return "", ""
}

// tagObject returns a tag whose object, not its commit, is sha: the first by
// name, so that everybody is told the same one.
func (l listing) tagObject(sha string) (first string, t tag, ok bool) {
	for name, candidate := range l.Tags {
		if candidate.Object == sha && candidate.Commit != sha && (!ok || name < first) {
			first, t, ok = name, candidate, true
		}
	}
	return first, t, ok
}

// tagsOf returns all tags that name a commit, sorted.
func (l listing) tagsOf(commit string) []string {
	var names []string
	for name, t := range l.Tags {
		if t.Commit == commit {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// branchAt returns a branch whose tip is sha: the default branch, or the first
// by name.
func (l listing) branchAt(sha string) (first string, ok bool) {
	if l.Heads[l.Default] == sha {
		return l.Default, true
	}
	for name, tip := range l.Heads {
		if tip == sha && (!ok || name < first) {
			first, ok = name, true
		}
	}
	return first, ok
}
