//go:build unix

package treecheck

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// actions makes a folder as the runner does. A path in done has a .completed.
func actions(t testing.TB, files tree, done ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range done {
		files[path+completed] = "11/27/2026 11:00:00 AM"
	}
	files.write(t, dir)
	return dir
}

// show writes an action as OWNER/REPO@REF, with a ? if it is not complete.
func (d Downloaded) show() string {
	s := d.Owner + "/" + d.Repo + "@" + d.Ref
	if !d.Complete {
		s += "?"
	}
	return s
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name  string
		files tree
		done  []string
		want  []string
	}{
		{"nothing", tree{}, nil, []string{}},
		{"one", tree{"o/r/v1/action.yml": ""}, []string{"o/r/v1"}, []string{"o/r@v1"}},
		{
			"several",
			tree{"o/r/v1/a": "", "o/r/0123456789012345678901234567890123456789/a": "", "o/q/v1/a": "", "p/r/v1/a": "", "o/s/": ""},
			[]string{"o/r/v1", "o/r/0123456789012345678901234567890123456789", "o/q/v1", "p/r/v1"},
			[]string{"o/q@v1", "o/r@0123456789012345678901234567890123456789", "o/r@v1", "p/r@v1"},
		},
		{"slashes", tree{"o/r/a/b/c/x": "", "o/r/a/b/d/x": "", "o/r/a/e/x": ""}, []string{"o/r/a/b/c", "o/r/a/b/d", "o/r/a/e"}, []string{"o/r@a/b/c", "o/r@a/b/d", "o/r@a/e"}},
		{"empty action", tree{"o/r/v1/": ""}, []string{"o/r/v1"}, []string{"o/r@v1"}},
		{"imitation inside", tree{"o/r/main/x/action.yml": ""}, []string{"o/r/main", "o/r/main/x"}, []string{"o/r@main"}},
		{"tag and branch in one", tree{"o/r/v1/a": "", "o/r/v1/x/a": ""}, []string{"o/r/v1", "o/r/v1/x"}, []string{"o/r@v1"}},
		{"ref named completed", tree{"o/r/v.completed/a": "", "o/r/v/a": ""}, []string{"o/r/v.completed"}, []string{"o/r@v?", "o/r@v.completed"}},
		{"half downloaded", tree{"o/r/v1/src/a": "", "o/r/v2/": "", "o/r/v3/a": ""}, []string{"o/r/v3"}, []string{"o/r@v1?", "o/r@v2?", "o/r@v3"}},
		{"half beside whole", tree{"o/r/f/a/x": "", "o/r/f/b/x": ""}, []string{"o/r/f/a"}, []string{"o/r@f/a", "o/r@f/b?"}},
		{"something added between", tree{"o/r/f/a/x": "", "o/r/f/junk": ""}, []string{"o/r/f/a"}, []string{"o/r@f/a", "o/r@f?"}},
		{"orphaned mark", tree{"o/r/f/a/x": ""}, []string{"o/r/f/a", "o/r/f/gone"}, []string{"o/r@f/a", "o/r@f?"}},
		{"junk above", tree{"file": "", "o/file": "", "o/r/file": "", "_temp_123/a/b/c": "", "o/r/v1/a": ""}, []string{"o/r/v1", "o", "o/r"}, []string{"o/r@v1"}},
	} {
		dir := actions(t, c.files, c.done...)
		all, err := Layout(dir)
		must(t, err)
		got := []string{}
		for _, d := range all {
			got = append(got, d.show())
			if want := filepath.Join(dir, d.Owner, d.Repo, d.Ref); d.Dir != want || d.Target != "" {
				t.Errorf("%s: %s lies in %s, to %s", c.name, d.show(), d.Dir, d.Target)
			}
			if found, sub, ok := Locate(dir, d.Dir+"/some/thing"); d.Complete && (!ok || found != d || sub != "some/thing") {
				t.Errorf("%s: Locate finds %+v, %q, %v below %+v", c.name, found, sub, ok, d)
			}
		}
		slices.Sort(c.want)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if all, err := Layout(filepath.Join(t.TempDir(), "none")); err != nil || len(all) != 0 {
		t.Errorf("no folder: %v, %v", all, err)
	}
}

// A link in the place of an owner or a repository is not followed and not passed
// over in silence: the runner would run what is behind it.
func TestLayoutLinksAbove(t *testing.T) {
	dir := actions(t, tree{"o": "-> /", "p/r": "-> /usr", "p/s/v1/a": ""}, "p/s/v1")
	all, err := Layout(dir)
	if err == nil || !strings.Contains(err.Error(), `"o" is a symlink`) || !strings.Contains(err.Error(), `"p/r" is a symlink`) {
		t.Errorf("nothing is said of the links: %v", err)
	}
	if len(all) != 1 || all[0].show() != "p/s@v1" {
		t.Errorf("beside them: %+v", all)
	}
}

// A completed mark that is a folder, a link or a fifo is none.
func TestLayoutMarkMustBeAFile(t *testing.T) {
	dir := actions(t, tree{"o/r/a/x": "", "o/r/a.completed/": "", "o/r/b/x": "", "o/r/b.completed": "-> b/x", "o/r/c/x": ""})
	must(t, syscall.Mkfifo(filepath.Join(dir, "o/r/c.completed"), 0o644))
	all, err := Layout(dir)
	must(t, err)
	for _, d := range all {
		if d.Complete {
			t.Errorf("%s is complete", d.show())
		}
	}
	for _, ref := range []string{"a", "b", "c"} {
		if d, _, ok := Locate(dir, filepath.Join(dir, "o/r", ref)); ok {
			t.Errorf("Locate finds %s", d.show())
		}
	}
}

// The runner may link a reference into its cache. That link is followed, and
// no other.
func TestLayoutLinkIntoCache(t *testing.T) {
	cache := t.TempDir()
	nested := filepath.Join(cache, "o_r/0123456789012345678901234567890123456789/o-r-0123456")
	tree{"action.yml": "a", "sub/b": "b"}.write(t, nested)
	must(t, os.Symlink(nested, filepath.Join(cache, "twice")))
	dir := actions(t, tree{
		"o/r/v1": "-> " + nested, "o/r/f/v2": "-> " + nested, "o/r/twice": "-> " + cache + "/twice", "o/r/gone": "-> " + cache + "/gone",
		"o/r/loop": "-> loop", "o/r/file": "-> " + nested + "/action.yml", "o/r/unmarked": "-> " + nested, "o/r/near": "-> v", "o/r/v/x": "",
	}, "o/r/v1", "o/r/f/v2", "o/r/twice", "o/r/gone", "o/r/loop", "o/r/file", "o/r/near", "o/r/v")
	all, err := Layout(dir)
	must(t, err)
	targets := map[string]string{}
	for _, d := range all {
		targets[d.show()] = d.Target
	}
	repo := filepath.Join(dir, "o/r")
	want := map[string]string{
		"o/r@v1": nested, "o/r@f/v2": nested, "o/r@twice?": cache + "/twice", "o/r@gone?": cache + "/gone", "o/r@loop?": repo + "/loop",
		"o/r@file?": nested + "/action.yml", "o/r@unmarked?": nested, "o/r@near": repo + "/v", "o/r@v": "",
	}
	if fmt.Sprint(targets) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", targets, want)
	}
	d, sub, ok := Locate(dir, filepath.Join(dir, "o/r/f/v2/sub"))
	if !ok || d.Ref != "f/v2" || d.Target != nested || sub != "sub" {
		t.Errorf("Locate: %+v, %q, %v", d, sub, ok)
	}
	if got, err := Hash(context.Background(), d.Dir, Limits{}); err != nil || len(got.Entries) != 2 {
		t.Errorf("hash through the link: %+v, %v", got, err)
	}
	if _, _, ok := Locate(dir, filepath.Join(dir, "o/r/twice")); ok {
		t.Error("Locate follows a second link")
	}
}

func TestLocate(t *testing.T) {
	dir := actions(t, tree{"o/r/main/x/y/action.yml": "", "o/r/f/b/action.yml": "", "o/r/half/a": "", "o/r/marked.file": ""}, "o/r/main", "o/r/main/x", "o/r/f/b", "o/r/marked.file")
	for path, want := range map[string]string{
		"o/r/main": "o/r@main:", "o/r/main/": "o/r@main:", "o/r/main/x/y": "o/r@main:x/y", "o/r/f/b/not/there": "o/r@f/b:not/there", "o/r/./main//x": "o/r@main:x",
		"": "", "o": "", "o/r": "", "o/r/f": "", "o/r/half": "", "o/r/none/x": "", "o/r/marked.file": "", "o/r/main/../f/b": "", "../o/r/main": "",
		"o/r/main.completed": "", "o/r/main.completed/x": "", strings.Repeat("d/", 10_000): "",
	} {
		d, sub, ok := Locate(dir, dir+"/"+path)
		got := ""
		if ok {
			got = d.show() + ":" + sub
		}
		if got != want {
			t.Errorf("%.80s: %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"", "o/r/main", "/", "/o/r/main", dir + "x/o/r/main"} {
		if d, _, ok := Locate(dir, path); ok {
			t.Errorf("%s: %+v", path, d)
		}
	}
}

func TestLayoutIsBounded(t *testing.T) {
	dir := actions(t, tree{"o/r/" + strings.Repeat("d/", 3*maxRefDepth): ""})
	all, err := Layout(dir)
	if err != nil || len(all) != 1 || all[0].Ref != "d" || all[0].Complete {
		t.Errorf("deep folder: %+v, %v", all, err)
	}
	l := &lister{dir: dir, seen: maxLayout}
	if _, err := l.list("o"); err == nil {
		t.Error("no end to the entries")
	}
}
