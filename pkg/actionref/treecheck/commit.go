package treecheck

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Git runs git with the arguments in a repository that holds the commit and its
// trees, and returns what it prints on standard output. Blobs may be missing
// and be fetched when they are asked for (a partial clone).
//
// Whoever makes one bounds the output (what is cut off must be an error), ends
// git with the context, and sets a clean environment, GIT_ATTR_NOSYSTEM=1
// included (what /etc/gitattributes says on this machine was not so where
// GitHub made the archive) and no GIT_INDEX_FILE. The arguments begin with
// global options, --git-dir among them.
type Git func(ctx context.Context, stdin []byte, args ...string) ([]byte, error)

// Commit is a commit of a repository. SHA is its full id, 40 hex digits in
// lower case; a tag's id will not do.
type Commit struct {
	Git Git
	SHA string
}

// git runs git on the objects as they are named: refs/replace would put others
// in their place.
func (c Commit) git(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	out, err := c.Git(ctx, []byte(stdin), append([]string{"--no-replace-objects"}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("git %s: %w", verb(args), err)
	}
	return out, nil
}

// verb finds the command among the arguments.
func verb(args []string) string {
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && (i == 0 || args[i-1] != "-c") {
			return a
		}
	}
	return ""
}

// Tree lists the commit's tree. Its SHA256 is empty and its submodules are
// listed, which Hash cannot do. The list is checked against the commit's id,
// so a repository that is damaged or lies is an error.
func (c Commit) Tree(ctx context.Context) (Tree, error) {
	h, err := c.header(ctx)
	if err != nil {
		return Tree{}, err
	}
	return c.list(ctx, h.tree)
}

// header reads the commit itself.
func (c Commit) header(ctx context.Context) (header, error) {
	if !isID(c.SHA) {
		return header{}, fmt.Errorf("read commit %.80q: not the full SHA-1 id of a commit", c.SHA)
	}
	if c.Git == nil {
		return header{}, fmt.Errorf("read commit %s: no repository to read it from", c.SHA)
	}
	out, err := c.git(ctx, c.SHA+"\n", "cat-file", "--batch")
	if err != nil {
		return header{}, fmt.Errorf("read commit %s: %w", c.SHA, err)
	}
	content, _, err := cutObject(out, c.SHA, "commit")
	if err != nil {
		return header{}, err
	}
	h, err := parseHeader(content)
	if err != nil {
		return header{}, fmt.Errorf("read commit %s: %w", c.SHA, err)
	}
	return h, nil
}

// list reads a tree with all that is below it. The git of 2005 wrote files of
// mode 100664, which ls-tree prints as 100644: such a tree is refused, its list
// not having its id.
func (c Commit) list(ctx context.Context, tree string) (Tree, error) {
	out, err := c.git(ctx, "", "ls-tree", "-r", "-z", "--full-tree", tree)
	if err != nil {
		return Tree{}, fmt.Errorf("list tree %s: %w", tree, err)
	}
	entries, err := parseListing(out)
	if err == nil && treeID(entries, 0) != tree {
		err = errors.New("git's answer does not have the tree's id")
	}
	if err != nil {
		return Tree{}, fmt.Errorf("list tree %s: %w", tree, err)
	}
	return Tree{ID: tree, Entries: entries}, nil
}

// Sizes returns the sizes of blobs in bytes, as git says they are, with one run
// of git.
func (c Commit) Sizes(ctx context.Context, ids []string) ([]int64, error) {
	out, err := c.git(ctx, strings.Join(ids, "\n")+"\n", "cat-file", "--batch-check")
	if err != nil {
		return nil, fmt.Errorf("read the sizes of %d blobs of commit %s: %w", len(ids), c.SHA, err)
	}
	return parseSizes(out, ids)
}

// Blobs reads blobs with one run of git, and checks each against its id. All are
// held in memory: see Sizes.
func (c Commit) Blobs(ctx context.Context, ids []string) (map[string][]byte, error) {
	out, err := c.git(ctx, strings.Join(ids, "\n")+"\n", "cat-file", "--batch")
	if err != nil {
		return nil, fmt.Errorf("read %d blobs of commit %s: %w", len(ids), c.SHA, err)
	}
	contents := make(map[string][]byte, len(ids))
	for _, id := range ids {
		if contents[id], out, err = cutObject(out, id, "blob"); err != nil {
			return nil, err
		}
	}
	return contents, nil
}
