//go:build unix

package treecheck

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/test/nobody"
)

// oddFiles is every kind of content that git records and an archive keeps.
func oddFiles() tree {
	deep := strings.Repeat("d/", 60) + "file"
	return tree{
		"a": "1", "a.b": "2", "a-b/c": "3", "a/": "", "empty": "", "x:run.sh": "#!/bin/sh\n",
		"b.d": "f", "b/x": "below b", "b0": "after b/", "crlf": "one\r\ntwo\r\n", "big": strings.Repeat("0123456789abcdef", 1<<18),
		"line\nbreak": "n", "tab\there": "t", "\"quoted\"": "q", "-dash": "d", "not\xffutf8/\xfe": "u", "ünïcode": "ü", " space ": "s",
		"back\\slash": "b", "link": "-> a.b", "dangling": "-> nowhere/at all", "out": "-> ../../../etc/passwd", "dirlink": "-> b",
		"nothing/in/here/": "", deep: "deep", ".gitignore": "*\n", "sub/.hidden": "h", "*": "star", "nul-like\x01": "c",
	}
}

func TestHashIsGitsTreeID(t *testing.T) {
	files := oddFiles()
	delete(files, "a/") // beside the file a, it cannot be
	r := newRepo(t, files)
	dir := r.extract()
	must(t, os.Chmod(filepath.Join(dir, "b0"), 0o655)) // executable for all but the owner: not for git
	must(t, os.Chmod(filepath.Join(dir, "run.sh"), 0o700))
	for _, lim := range []Limits{{}, {Files: 10_000, Bytes: 1 << 30, Depth: 70}} {
		got, err := Hash(context.Background(), dir, lim)
		must(t, err)
		if want := r.run("rev-parse", "HEAD^{tree}"); got.ID != want {
			t.Errorf("tree %s, want %s", got.ID, want)
		}
		if want, err := r.head().Tree(context.Background()); err != nil || len(diff(want.Entries, got.Entries)) > 0 {
			t.Errorf("listed %v, want as in the commit: %v", diff(want.Entries, got.Entries), err)
		}
	}
}

// A change of any one thing that git records changes both digests.
func TestHashSeesEveryChange(t *testing.T) {
	base := tree{"a": "1", "d/b": "2", "x:e": "3", "l": "-> a"}
	hash := func(change tree) Tree {
		dir := t.TempDir()
		base.write(t, dir)
		change.write(t, dir)
		got, err := Hash(context.Background(), dir, Limits{})
		must(t, err)
		return got
	}
	seen := map[string]string{}
	for name, change := range map[string]tree{
		"nothing": {}, "content": {"a": "2"}, "exec": {"x:a": "1"}, "no exec": {"e": "3"}, "new": {"n": ""}, "target": {"l": "-> d"},
		"link for file": {"d/b": "-> 2"}, "file for link": {"l": "a"}, "moved": {"d2/b": "2"}, ".git file": {".git": ""}, ".git folder": {".git/": ""},
		"nested .git": {"d/.GIT/": ""},
	} {
		got := hash(change)
		for _, id := range []string{got.ID, got.SHA256} {
			if other, ok := seen[id]; ok {
				t.Errorf("%s: the same digest as %s", name, other)
			}
			seen[id] = name
		}
	}
	if got, plain := hash(tree{"empty/folder/": ""}), hash(tree{}); got.ID != plain.ID || got.SHA256 != plain.SHA256 {
		t.Error("an empty folder changed the tree")
	}
}

// The digest of our own can be computed by hand from its documentation.
func TestSHA256IsAsDocumented(t *testing.T) {
	dir := t.TempDir()
	tree{"a/b": "1", "x:a.c": "2", "l": "-> a/b"}.write(t, dir)
	want := sha256.New()
	for _, e := range []struct{ mode, path, content string }{{"100755", "a.c", "2"}, {"100644", "a/b", "1"}, {"120000", "l", "a/b"}} {
		fmt.Fprintf(want, "%s %x %s\x00", e.mode, sha256.Sum256([]byte(e.content)), e.path)
	}
	got, err := Hash(context.Background(), dir, Limits{})
	must(t, err)
	if got.SHA256 != fmt.Sprintf("%x", want.Sum(nil)) {
		t.Errorf("digest %s, want %x", got.SHA256, want.Sum(nil))
	}
}

func TestHashEmptyFolder(t *testing.T) {
	got, err := Hash(context.Background(), t.TempDir(), Limits{})
	must(t, err)
	if got.ID != "4b825dc642cb6eb9a060e54bf8d69288fbee4904" || len(got.Entries) != 0 {
		t.Errorf("empty folder is %+v", got)
	}
}

func TestHashRefuses(t *testing.T) {
	fill := func(files tree) string {
		dir := t.TempDir()
		files.write(t, dir)
		return dir
	}
	fifo := fill(tree{"d/": ""})
	must(t, syscall.Mkfifo(filepath.Join(fifo, "d/pipe"), 0o644))
	socket := fill(tree{})
	l, err := net.Listen("unix", filepath.Join(socket, "s"))
	must(t, err)
	defer l.Close()
	file := filepath.Join(fill(tree{"f": ""}), "f")
	four := tree{"a": "12", "b": "34", "c/d": "56"}
	for name, c := range map[string]struct {
		dir  string
		lim  Limits
		want string
	}{
		"fifo":       {fifo, Limits{}, `"d/pipe" is neither`},
		"socket":     {socket, Limits{}, `"s" is neither`},
		"missing":    {filepath.Join(fifo, "no"), Limits{}, "no such file"},
		"file":       {file, Limits{}, "not a folder"},
		"many files": {fill(four), Limits{Files: 3}, "limit of 3 files"},
		"many bytes": {fill(four), Limits{Bytes: 5}, "limit of 5 bytes"},
		"too deep":   {fill(tree{"1/2/3/4": ""}), Limits{Depth: 2}, "limit of 2"},
	} {
		_, err := Hash(context.Background(), c.dir, c.lim)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	_, err = Hash(context.Background(), fifo, Limits{})
	var special *SpecialError
	if !errors.As(err, &special) || special.Path != "d/pipe" || special.Mode&fs.ModeNamedPipe == 0 {
		t.Errorf("no SpecialError: %v", err)
	}
	if _, err := Hash(context.Background(), fill(four), Limits{4, 6, 1}); err != nil {
		t.Errorf("a folder exactly at its limits: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Hash(ctx, fill(four), Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestHashUnreadable(t *testing.T) {
	if nobody.Rerun(t) {
		return
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0))
	if _, err := Hash(context.Background(), dir, Limits{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("unreadable file: %v", err)
	}
}

// Symlinks are read, never followed, whether they lead out, in a circle or to a
// folder; the folder itself may be one.
func TestHashFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	tree{"real/loop": "-> ../real", "real/self": "-> self", "real/etc": "-> /etc", "link": "-> real"}.write(t, dir)
	got, err := Hash(context.Background(), filepath.Join(dir, "link"), Limits{})
	must(t, err)
	if len(got.Entries) != 3 {
		t.Errorf("entries %+v", got.Entries)
	}
	for _, e := range got.Entries {
		if e.Mode != ModeSymlink {
			t.Errorf("%s has mode %o", e.Path, e.Mode)
		}
	}
}

// A file that is replaced or written to between the looks at it is an error,
// not the hash of something else.
func TestOpenFileNoticesReplacement(t *testing.T) {
	dir := t.TempDir()
	tree{"file": "1", "link": "-> file", "d/": "", "dlink": "-> d"}.write(t, dir)
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	for _, name := range []string{"link", "d", "pipe"} {
		if _, _, err := openFile(root, name); !errors.Is(err, errChanged) {
			t.Errorf("%s in a file's place: %v", name, err)
		}
	}
	if _, err := readAgain(root, Entry{Path: "file", ID: gitID("blob", []byte("2")), size: 1}); !errors.Is(err, errChanged) {
		t.Errorf("another content than was hashed: %v", err)
	}
	r := &reader{ctx: context.Background(), root: root, lim: Limits{}.orDefault()}
	for _, name := range []string{"link", "file", "pipe", "dlink"} {
		if _, err := r.openFolder(name); err == nil {
			t.Errorf("%s in a folder's place was opened", name)
		}
	}
}

// While somebody keeps putting fifos in the place of a file and of a folder,
// Hash ends, with what was there at some time or with an error.
func TestHashOfFolderThatChanges(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	tree{"file": "x", "folder/f": "1"}.write(t, dir)
	stop, done := make(chan struct{}), make(chan struct{})
	outside := t.TempDir()
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			_ = syscall.Mkfifo(outside+"/fifo", 0o644)
			_ = os.Rename(outside+"/fifo", in("file"))
			_ = os.WriteFile(outside+"/file", []byte(strings.Repeat("y", i%5000)), 0o644)
			_ = os.Rename(outside+"/file", in("file"))
			_ = os.Rename(in("folder"), outside+"/folder")
			_ = syscall.Mkfifo(in("folder"), 0o644)
			_ = os.Remove(in("folder"))
			_ = os.Rename(outside+"/folder", in("folder"))
		}
	}()
	trees := 0
	for range 2000 {
		got, err := Hash(context.Background(), dir, Limits{})
		if err == nil {
			trees++
		}
		for _, e := range got.Entries {
			if e.Mode != ModeFile || e.Path != "file" && e.Path != "folder/f" {
				t.Errorf("%o %s was never there", e.Mode, e.Path)
			}
		}
	}
	close(stop)
	<-done
	t.Logf("%d of 2,000 times a tree", trees)
}

// Where only approved algorithms may be used, ids can still be computed.
func TestHashUnderFIPS(t *testing.T) {
	if os.Getenv("TREECHECK_FIPS") != "" {
		TestHashEmptyFolder(t)
		TestSHA256IsAsDocumented(t)
		return
	}
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe, "-test.run=^TestHashUnderFIPS$", "-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "TREECHECK_FIPS=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestHashUnderFIPS") {
		t.Errorf("with fips140=only: %v\n%s", err, out)
	}
}
