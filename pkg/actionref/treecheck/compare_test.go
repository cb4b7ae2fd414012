//go:build unix

package treecheck

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// pointerTo is a Git LFS pointer to a content.
func pointerTo(content string) string {
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256([]byte(content)), len(content))
}

// show writes the differences as "kind path explained".
func (r Result) show() []string {
	list := []string{}
	for _, d := range r.Differences {
		list = append(list, strings.TrimSpace(d.Kind+" "+d.Path+" "+d.Explained))
	}
	return list
}

// Each explanation stands beside what an attacker would make of it. The disk is
// a real archive of the commit with the change made to it; a nil content
// deletes.
func TestCompare(t *testing.T) {
	ignore := tree{
		".gitattributes": "/docs export-ignore\n*.md export-ignore\n/pre/** export-ignore\nkept.md -export-ignore\n",
		"docs/kept.md":   "k", "docs/a/b": "b", "README.md": "r", "src/x": "x", "src/kept.md": "k", "pre/fix": "p",
	}
	left := []string{"missing README.md export-ignore", "missing docs/a/b export-ignore", "missing docs/kept.md export-ignore", "missing pre/fix export-ignore"}
	plain := tree{"x:run": "#!/bin/sh\n", "lib/a.js": "a", "link": "-> lib/a.js", "README": "r"}
	ends := tree{".gitattributes": "*.bat eol=crlf\n*.txt text=auto\n*.bin -text eol=crlf\n", "a.bat": "one\ntwo\n", "a.txt": "one\ntwo\n", "a.bin": "1\n2\n", "a.js": "a\nb\n"}
	idents := tree{".gitattributes": "id ident\nboth ident eol=crlf\n", "id": "x\n$Id$ $Id: old $ $Id: a b c $\n$Id\n$Id:\n", "both": "$Id$\n"}
	large := tree{
		".gitattributes": "*.bin filter=lfs -text\n*.id ident\n", "m.bin": pointerTo("the model"), "m.txt": pointerTo("the model"), "m.id": pointerTo("the model"),
		"bad.bin": strings.Replace(pointerTo("short"), "size 5", "size 6", 1),
	}
	subst := tree{
		".gitattributes": "v* export-subst\nother* export-subst\n", "v": "at $Format:%H %T %P%n%% %ct %ai$;\n$Format:$open $Format:",
		"other": "is $Format:%h %an$, on $Format:%d$.\n",
	}
	enc := tree{".gitattributes": "w working-tree-encoding=UTF-16LE\nu working-tree-encoding=UTF-8\n", "w": "wide", "u": "narrow"}
	odd := tree{".gitattributes": "t/ export-ignore\n*.md export-ignore\n[attr]gone export-ignore\nm gone\n", "t/x": "", "a\nb.md": "", "-c.md": "", "\xff.md": "", "t2/t": "", "m": ""}
	auto := tree{".gitattributes": "* text=auto eol=crlf\nv* export-subst ident\n", "a": "1\n", "bin": "1\n\x00", "v": "$Id$\n$Format:%H$\n", "vm": "1\n$Format:%h$\n"}
	for _, c := range []struct {
		name    string
		commit  tree
		disk    tree
		deleted []string
		windows bool
		want    State
		reason  string
		show    []string
	}{
		{name: "equal", commit: plain, want: True, show: []string{}},
		{name: "all that is odd", commit: tree{"a\nb": "1", "\xff": "2", "-x": "3", "b.d": "", "b/c": "4"}, want: True, show: []string{}},
		{name: "edited", commit: plain, disk: tree{"lib/a.js": "evil"}, want: False, reason: "1 differences", show: []string{"content lib/a.js"}},
		{name: "extra", commit: plain, disk: tree{"lib/b.js": ""}, want: False, show: []string{"extra lib/b.js"}},
		{name: "deleted", commit: plain, deleted: []string{"README"}, want: False, show: []string{"missing README"}},
		{name: "exec bit added", commit: plain, disk: tree{"x:lib/a.js": "a"}, want: False, show: []string{"mode lib/a.js"}},
		{name: "exec bit taken", commit: plain, disk: tree{"run": "#!/bin/sh\n"}, want: False, show: []string{"mode run"}},
		{name: "link elsewhere", commit: plain, disk: tree{"link": "-> /etc/passwd"}, want: False, show: []string{"content link"}},
		{name: "link as file", commit: plain, disk: tree{"link": "lib/a.js"}, want: False, show: []string{"mode link"}},
		{name: "other case", commit: plain, disk: tree{"readme": "r"}, deleted: []string{"README"}, want: False, show: []string{"missing README", "extra readme"}},
		{name: "file for folder", commit: plain, disk: tree{"lib": "a"}, want: False, show: []string{"extra lib", "missing lib/a.js"}},
		{name: ".git", commit: plain, disk: tree{".git/": ""}, want: False, show: []string{"extra .git"}},
		{name: ".git file", commit: plain, disk: tree{".git": "gitdir: /x"}, want: False, show: []string{"extra .git"}},
		{name: "empty folder", commit: plain, disk: tree{"new/": ""}, want: True, show: []string{}},

		{name: "export-ignore", commit: ignore, want: True, show: left},
		{name: "ignored but there", commit: ignore, disk: tree{"docs/a/b": "b"}, want: True, show: slices.Concat(left[:1], left[2:])},
		{name: "ignored and edited", commit: ignore, disk: tree{"docs/a/b": "evil"}, want: False, show: append([]string{"content docs/a/b"}, slices.Concat(left[:1], left[2:])...)},
		{name: "added where ignored", commit: ignore, disk: tree{"docs/new": "evil"}, want: False, show: append([]string{"extra docs/new"}, left...)},
		{name: "deleted beside ignored", commit: ignore, deleted: []string{"src/kept.md"}, want: False, show: append([]string{"missing src/kept.md"}, left...)},
		{name: "ignored on the disk only", commit: plain, disk: tree{".gitattributes": "* export-ignore\n"}, deleted: []string{"README"}, want: False, show: []string{"extra .gitattributes", "missing README"}},
		{name: "attributes edited", commit: ignore, disk: tree{".gitattributes": "* export-ignore\n"}, deleted: []string{"src/x"}, want: False, show: append([]string{"content .gitattributes", "missing src/x"}, left...)},

		{name: "ignored by odd names", commit: odd, want: True, show: []string{"missing -c.md export-ignore", "missing a\nb.md export-ignore", "missing m export-ignore", "missing t/x export-ignore", "missing \xff.md export-ignore"}},
		{name: "all together", commit: auto, want: Unverified, show: []string{"content .gitattributes eol", "content a eol", "content v export-subst", "content vm export-subst"}},
		{name: "all together, edited", commit: auto, disk: tree{"vm": "2\r\n1\r\n"}, want: False, show: []string{"content vm", "content .gitattributes eol", "content a eol", "content v export-subst"}},
		{name: "eol", commit: ends, want: True, show: []string{"content a.bat eol"}},
		{name: "eol not converted", commit: ends, disk: tree{"a.bat": "one\ntwo\n"}, want: True, show: []string{}},
		{name: "eol in part", commit: ends, disk: tree{"a.bat": "one\r\ntwo\n"}, want: False, show: []string{"content a.bat"}},
		{name: "eol edited", commit: ends, disk: tree{"a.bat": "one\r\nevil\r\n"}, want: False, show: []string{"content a.bat"}},
		{name: "eol and exec bit", commit: ends, disk: tree{"x:a.bat": "one\r\ntwo\r\n"}, want: False, show: []string{"mode a.bat", "content a.bat eol"}},
		{name: "eol elsewhere", commit: ends, disk: tree{"a.js": "a\r\nb\r\n", "a.bin": "1\r\n2\r\n", "a.txt": "one\r\ntwo\r\n"}, want: False, show: []string{"content a.bin", "content a.js", "content a.txt", "content a.bat eol"}},
		{name: "eol of text on Windows", commit: ends, disk: tree{"a.txt": "one\r\ntwo\r\n"}, windows: true, want: True, show: []string{"content a.bat eol", "content a.txt eol"}},

		{name: "ident", commit: idents, want: True, show: []string{"content both ident+eol", "content id ident"}},
		{name: "ident of another", commit: tree{".gitattributes": "* ident\n", "id": "$Id$"}, disk: tree{"id": "$Id: 4b825dc642cb6eb9a060e54bf8d69288fbee4904 $"}, want: False, show: []string{"content id"}},

		{name: "lfs pointer", commit: large, want: True, show: []string{}},
		{name: "lfs content", commit: large, disk: tree{"m.bin": "the model"}, want: True, show: []string{"content m.bin lfs"}},
		{name: "lfs other content", commit: large, disk: tree{"m.bin": "the m0del"}, want: False, show: []string{"content m.bin"}},
		{name: "lfs other pointer", commit: large, disk: tree{"m.bin": pointerTo("evil")}, want: False, show: []string{"content m.bin"}},
		{name: "lfs not by attribute", commit: large, disk: tree{"m.txt": "the model", "m.id": "the model"}, want: False, show: []string{"content m.id", "content m.txt"}},
		{name: "lfs other size", commit: large, disk: tree{"bad.bin": "short"}, want: False, show: []string{"content bad.bin"}},

		{name: "export-subst", commit: subst, want: Unverified, reason: `export-subst: "other"`, show: []string{"content other export-subst", "content v export-subst"}},
		{name: "export-subst edited", commit: subst, disk: tree{"other": "was abc, on ."}, want: False, show: []string{"content other", "content v export-subst"}},
		{name: "export-subst computed", commit: subst, disk: tree{"other": subst["other"]}, want: True, show: []string{"content v export-subst"}},
		{name: "export-subst computed otherwise", commit: subst, disk: tree{"v": "at 1;\n$Format:$open $Format:"}, want: False, show: []string{"content v", "content other export-subst"}},
		{name: "export-subst on the disk only", commit: tree{"v": "$Format:%h$"}, disk: tree{"v": "abc", ".gitattributes": "v export-subst\n"}, want: False, show: []string{"extra .gitattributes", "content v"}},
		{name: "export-subst of a link", commit: tree{".gitattributes": "l export-subst\n", "l": "-> $Format:%h$"}, disk: tree{"l": "-> evil"}, want: False, show: []string{"content l"}},
		{name: "export-subst of a link as file", commit: tree{".gitattributes": "l export-subst\n", "l": "-> $Format:%h$"}, disk: tree{"l": "evil"}, want: False, show: []string{"content l", "mode l"}},

		{name: "encoding", commit: enc, want: Unverified, reason: "working-tree-encoding", show: []string{"content w working-tree-encoding"}},
		{name: "encoding that is none", commit: enc, disk: tree{"u": "evil"}, want: False, show: []string{"content u", "content w working-tree-encoding"}},

		{name: "Windows", commit: plain, disk: tree{"run": "#!/bin/sh\n", "link": "lib/a.js"}, windows: true, want: True, show: []string{"mode link windows-symlink", "mode run windows-mode"}},
		{name: "Windows, link elsewhere", commit: plain, disk: tree{"link": "evil.js"}, windows: true, want: False, show: []string{"content link", "mode link"}},
		{name: "Windows, link for script", commit: tree{"x:run": "lib/a.js"}, disk: tree{"run": "-> lib/a.js"}, windows: true, want: False, show: []string{"mode run"}},
		{name: "Windows, edited", commit: plain, disk: tree{"run": "evil"}, windows: true, want: False, show: []string{"content run", "mode run windows-mode"}},
		{name: "Windows, exec bit added", commit: plain, disk: tree{"x:README": "r"}, windows: true, want: False, show: []string{"mode README"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRepo(t, c.commit)
			dir := r.extract()
			for _, name := range c.deleted {
				must(t, os.Remove(filepath.Join(dir, name)))
			}
			if _, folder := c.disk["lib"]; folder {
				must(t, os.RemoveAll(filepath.Join(dir, "lib")))
			}
			c.disk.write(t, dir)
			got := Compare(context.Background(), dir, r.head(), Options{Windows: c.windows})
			if got.State != c.want || !slices.Equal(got.show(), c.show) || !strings.Contains(got.Reason, c.reason) || (got.State == True) != (got.Reason == "") {
				t.Errorf("got %s (%s) %q\nwant %s (%s) %q", got.State, got.Reason, got.show(), c.want, c.reason, c.show)
			}
			disk, err := Hash(context.Background(), dir, Limits{})
			if err != nil || got.TreeID != disk.ID || got.TreeSHA256 != disk.SHA256 {
				t.Errorf("tree ids %s %s, want %+v", got.TreeID, got.TreeSHA256, disk)
			}
		})
	}
}

// A submodule is an empty folder in an archive, or none.
func TestCompareSubmodule(t *testing.T) {
	r := newRepo(t, tree{"a": "1"})
	r.run("update-index", "--add", "--cacheinfo", "160000,"+r.head().SHA+",sub/m")
	r.run("commit", "-q", "-m", "submodule")
	compare := func(change tree, state State, show ...string) {
		t.Helper()
		dir := r.extract()
		change.write(t, dir)
		if got := Compare(context.Background(), dir, r.head(), Options{}); got.State != state || !slices.Equal(got.show(), show) {
			t.Errorf("%v: %s (%s) %q, want %s %q", change, got.State, got.Reason, got.show(), state, show)
		}
	}
	compare(nil, True, "missing sub/m submodule")
	compare(tree{"sub/m/evil": ""}, False, "extra sub/m/evil", "missing sub/m submodule")
	compare(tree{"sub/m": "-> /etc"}, False, "content sub/m", "mode sub/m")
	must(t, os.RemoveAll(filepath.Join(r.dir, "sub")))
}

// Trees of old have group-writable files, a mode that ls-tree does not print.
func TestCompareGroupWritableMode(t *testing.T) {
	r := newRepo(t, tree{"a": "1"})
	out, err := r.git(context.Background(), []byte("100664 blob "+r.run("rev-parse", "HEAD:a")+"\ta\n"), "mktree")
	must(t, err)
	c := Commit{r.git, r.run("commit-tree", "-m", "old", strings.TrimSpace(string(out)))}
	if got := Compare(context.Background(), r.extract(), c, Options{}); got.State != Unverified {
		t.Errorf("%+v", got)
	}
}

// Nothing that cannot be read is ever true, and it is not called false either.
func TestCompareUnverified(t *testing.T) {
	r := newRepo(t, tree{".gitattributes": "a eol=crlf\ni export-ignore\n", "a": "1\n", "i": "2"})
	dir, sha := r.extract(), r.head().SHA
	r.run("tag", "-a", "-m", "t", "v1")
	failing := func(verb string) Git {
		return func(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
			if slices.Contains(args, verb) {
				return nil, errors.New("git is not well")
			}
			return r.git(ctx, stdin, args...)
		}
	}
	changed := func(verb string, change func([]byte) []byte) Git {
		return func(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
			out, err := r.git(ctx, stdin, args...)
			if slices.Contains(args, verb) {
				out = change(out)
			}
			return out, err
		}
	}
	cut := func(b []byte) []byte { return b[:len(b)/2] }
	swap := func(b []byte) []byte { return []byte(strings.Replace(string(b), "2\n1\n\n", "2\n2\n\n", 1)) }
	for name, c := range map[string]struct {
		git    Git
		sha    string
		o      Options
		reason string
	}{
		"no git":             {nil, sha, Options{}, "no repository"},
		"short id":           {r.git, sha[:12], Options{}, "not the full SHA-1 id"},
		"option as id":       {r.git, "--help", Options{}, "not the full SHA-1 id"},
		"no such commit":     {r.git, strings.Repeat("0", 40), Options{}, "missing"},
		"tag":                {r.git, r.run("rev-parse", "v1"), Options{}, "tag"},
		"tree":               {r.git, r.run("rev-parse", "HEAD^{tree}"), Options{}, "tree"},
		"commit fails":       {failing("cat-file"), sha, Options{}, "git cat-file: git is not well"},
		"commit cut off":     {changed("cat-file", cut), sha, Options{}, "cut off"},
		"list fails":         {failing("ls-tree"), sha, Options{}, "git ls-tree: git is not well"},
		"list cut off":       {changed("ls-tree", cut), sha, Options{}, "cut off"},
		"list cut at a file": {changed("ls-tree", func(b []byte) []byte { return b[:slices.Index(b, 0)+1] }), sha, Options{}, "does not have the tree's id"},
		"attributes fail":    {failing("check-attr"), sha, Options{}, "git check-attr: git is not well"},
		"attributes cut off": {changed("check-attr", cut), sha, Options{}, "read attributes"},
		"index fails":        {failing("read-tree"), sha, Options{}, "git read-tree: git is not well"},
		"nowhere to write":   {r.git, sha, Options{Temp: filepath.Join(dir, "no")}, "no such file"},
		"other blob":         {changed("cat-file", swap), sha, Options{}, "another content"},
		"limits":             {r.git, sha, Options{Limits: Limits{Files: 1}}, "limit of 1 files"},
	} {
		got := Compare(context.Background(), dir, Commit{c.git, c.sha}, c.o)
		if got.State != Unverified || !strings.Contains(got.Reason, c.reason) || got.Total != 0 {
			t.Errorf("%s: %+v, want unverified because %s", name, got, c.reason)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := Compare(ctx, dir, r.head(), Options{}); got.State != Unverified {
		t.Errorf("cancelled: %+v", got)
	}
	tree{"evil": ""}.write(t, dir)
	if got := Compare(context.Background(), dir, Commit{failing("check-attr"), sha}, Options{}); got.State != False || got.Total != 1 {
		t.Errorf("extra file where attributes fail: %+v, want false", got)
	}
}

// What no commit can hold needs no commit to be judged.
func TestCompareSpecialFile(t *testing.T) {
	r := newRepo(t, tree{"a": "1"})
	dir := r.extract()
	must(t, syscall.Mkfifo(filepath.Join(dir, "p"), 0o644))
	if got := Compare(context.Background(), dir, r.head(), Options{}); got.State != False || got.Total != 1 || !slices.Equal(got.show(), []string{"extra p"}) {
		t.Errorf("%+v", got)
	}
}
