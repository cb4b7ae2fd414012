package treecheck

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The attributes that explain differences, in the order in which git is asked.
// crlf is the old name of text.
const (
	exportIgnore = iota
	exportSubst
	filter
	text
	crlf
	eol
	ident
	encoding
	numAttributes
)

var attributeNames = [numAttributes]string{
	"export-ignore", "export-subst", "filter", "text", "crlf", "eol", "ident", "working-tree-encoding",
}

// attributes are the values that git prints: "set", "unset", "unspecified" or
// a text.
type attributes [numAttributes]string

func (a attributes) set(i int) bool { return a[i] == "set" }

// attributeBatch is the number of paths asked about with one run of git.
const attributeBatch = 4096

// attributes asks git what the .gitattributes files of the commit, and nothing
// else, say about the paths. A path that ends in a slash is a folder's. Those
// on the disk are not looked at: whoever changed a file there could have added
// one that excuses it.
func (c Commit) attributes(ctx context.Context, tree Tree, paths []string, temp string) (map[string]attributes, error) {
	all := make(map[string]attributes, len(paths))
	if len(paths) == 0 || !hasAttributes(tree) {
		return all, nil
	}
	dir, err := c.indexOf(ctx, tree.ID, temp)
	if err != nil {
		return nil, fmt.Errorf("read attributes of commit %s: %w", c.SHA, err)
	}
	defer os.RemoveAll(dir)
	args := []string{
		"--git-dir=" + dir, "-c", "core.attributesFile=" + filepath.Join(dir, "none"), "-c", "core.ignoreCase=false",
		"check-attr", "--cached", "-z", "--stdin",
	}
	args = append(args, attributeNames[:]...)
	for len(paths) > 0 {
		n := min(len(paths), attributeBatch)
		out, err := c.git(ctx, strings.Join(paths[:n], "\x00")+"\x00", args...)
		if err != nil {
			return nil, fmt.Errorf("read attributes of commit %s: %w", c.SHA, err)
		}
		some, err := parseAttributes(out, paths[:n])
		if err != nil {
			return nil, err
		}
		for p, a := range some {
			all[p] = a
		}
		paths = paths[n:]
	}
	return all, nil
}

// hasAttributes reports whether the tree has any .gitattributes file.
func hasAttributes(tree Tree) bool {
	for _, e := range tree.Entries {
		if path.Base(e.Path) == ".gitattributes" {
			return true
		}
	}
	return false
}

// indexOf makes a git folder of its own with the tree in its index and with
// the objects and the configuration of the repository: what git makes for
// every additional work tree (gitrepository-layout, "commondir"). The index of
// the repository itself is not touched. "git --attr-source" would spare all
// this, but came with git 2.41. The folder is made in temp; the
// caller removes it.
func (c Commit) indexOf(ctx context.Context, tree, temp string) (string, error) {
	out, err := c.git(ctx, "", "rev-parse", "--path-format=absolute", "--git-common-dir")
	if err != nil {
		return "", err
	}
	common := strings.TrimRight(string(out), "\r\n")
	info := filepath.Join(common, "info", "attributes")
	if _, err := os.Lstat(info); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the repository has attributes of its own in %s, or it cannot be seen whether", info)
	}
	dir, err := os.MkdirTemp(temp, "treecheck-")
	if err != nil {
		return "", err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/none\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "commondir"), []byte(common+"\n"), 0o600),
	)
	if err == nil {
		_, err = c.git(ctx, "", "--git-dir="+dir, "read-tree", "--no-sparse-checkout", tree)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}
