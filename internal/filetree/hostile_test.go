//go:build linux || darwin

package filetree

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// once runs f the first time that the walk is at the given place.
func once(p hookPoint, path string, f func()) func(hookPoint, string) {
	var done atomic.Bool
	return func(gotP hookPoint, gotPath string) {
		if gotP == p && gotPath == path && done.CompareAndSwap(false, true) {
			f()
		}
	}
}

// always runs f every time.
func always(p hookPoint, path string, f func()) func(hookPoint, string) {
	return func(gotP hookPoint, gotPath string) {
		if gotP == p && gotPath == path {
			f()
		}
	}
}

// outside returns a directory with a file that must never be recorded.
func outside(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "shadow", "root:secret")
	return dir
}

func TestSymlinksAreRecordedAndNotFollowed(t *testing.T) {
	dir, out := t.TempDir(), outside(t)
	write(t, dir, "real/f", "1")
	for name, target := range map[string]string{
		"escape": out, "escape-file": filepath.Join(out, "shadow"), "up": "../..",
		"inside": "real", "loop": ".", "real/self": "self", "dangling": "none\xff",
	} {
		must(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	snap := scan(t, newScanner(t, dir, Options{}))
	wantList(t, snap, "real/f",
		"dangling [symlink] %bytes:none%FF",
		"escape [symlink] "+out,
		"escape-file [symlink] "+filepath.Join(out, "shadow"),
		"inside [symlink] real",
		"loop [symlink] .",
		"real/self [symlink] self",
		"up [symlink] ../..")
}

func TestOthersAreBoundedAndCounted(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		must(t, os.Symlink("x", filepath.Join(dir, name)))
	}
	s := newScanner(t, dir, Options{})
	s.maxOthers = 2
	if snap := scan(t, s); len(snap.Others) != 2 || snap.OthersTotal != 3 || snap.Incomplete == "" {
		t.Errorf("%d of %d others kept of 3: %s", len(snap.Others), snap.OthersTotal, list(snap))
	}
}

func TestRootThatIsASymlinkIsFollowedOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "real/f", "1")
	link := filepath.Join(dir, "link")
	must(t, os.Symlink("real", link))
	s := newScanner(t, link, Options{})
	wantList(t, scan(t, s), "f")
	must(t, os.Remove(link))
	must(t, os.Symlink(outside(t), link))
	wantList(t, scan(t, s), "f", ". [changed] the directory itself was replaced; the one from before the step was read")
}

func TestSpecialFilesAreRecordedAndNotOpened(t *testing.T) {
	// A socket's name has at most 104 bytes, and test names make long paths.
	dir, err := os.MkdirTemp("", "ft")
	must(t, err)
	defer os.RemoveAll(dir)
	must(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	must(t, err)
	defer l.Close()
	wantList(t, scan(t, newScanner(t, dir, Options{})), "fifo [fifo] ", "sock [socket] ")
}

// Between its listing and its opening a file or directory is swapped for
// something else. Nothing may be read through it, and nothing may block.
func TestSwapsBeforeOpenDoNotEscape(t *testing.T) {
	const changedDir = "d [changed] directory moved or replaced while the tree was walked"
	symlink := func(target string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) { must(t, os.Symlink(target, path)) }
	}
	for _, test := range []struct {
		name  string
		point hookPoint
		path  string
		swap  func(t *testing.T, path string)
		want  []string
	}{
		{"directory for symlink out", beforeOpenDir, "d", symlink(outside(t)), []string{"e/f", changedDir}},
		{"directory for symlink inside", beforeOpenDir, "d", symlink("e"), []string{"e/f", changedDir}},
		{
			"directory for fifo", beforeOpenDir, "d",
			func(t *testing.T, p string) { must(t, syscall.Mkfifo(p, 0o644)) },
			[]string{"e/f", changedDir},
		},
		{
			"directory for another", beforeOpenDir, "d",
			func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o755)) },
			[]string{"e/f", changedDir},
		},
		{
			"directory for file", beforeOpenDir, "d",
			func(t *testing.T, p string) { must(t, os.WriteFile(p, nil, 0o644)) },
			[]string{"e/f", changedDir},
		},
		{
			"directory for nothing", beforeOpenDir, "d",
			func(*testing.T, string) {},
			[]string{"e/f", changedDir},
		},
		// The directory is open, so what is found is still the file that was listed.
		{"parent for symlink out", beforeOpenFile, "d", symlink(outside(t)), []string{"d/shadow", "e/f"}},
		{"parent for symlink inside", beforeOpenFile, "d", symlink("e"), []string{"d/shadow", "e/f"}},
		{
			"file for symlink out", beforeOpenFile, "d/shadow",
			symlink(filepath.Join(outside(t), "shadow")),
			[]string{"e/f", "d/shadow [changed] replaced by something else"},
		},
		{
			"file for symlink inside", beforeOpenFile, "d/shadow",
			symlink("../e/f"),
			[]string{"e/f", "d/shadow [changed] replaced by something else"},
		},
		{
			"file for fifo", beforeOpenFile, "d/shadow",
			func(t *testing.T, p string) { must(t, syscall.Mkfifo(p, 0o644)) },
			[]string{"e/f", "d/shadow [changed] replaced by something else"},
		},
		{
			"file for nothing", beforeOpenFile, "d/shadow", func(*testing.T, string) {},
			[]string{"e/f", "d/shadow [changed] moved or deleted: no such file or directory"},
		},
		{
			"file for another file", beforeOpenFile, "d/shadow",
			func(t *testing.T, p string) { must(t, os.WriteFile(p, nil, 0o644)) },
			[]string{"d/shadow", "e/f"},
		},
		{
			"file for directory", beforeOpenFile, "d/shadow",
			func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o755)) },
			[]string{"e/f", "d/shadow [changed] replaced by something else"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "d/shadow", "inside")
			write(t, dir, "e/f", "1")
			s := newScanner(t, dir, Options{})
			at := test.path
			if test.point == beforeOpenFile {
				at = "d/shadow"
			}
			s.hook = once(test.point, at, func() {
				victim := filepath.Join(dir, test.path)
				must(t, os.Rename(victim, filepath.Join(t.TempDir(), "moved")))
				test.swap(t, victim)
			})
			snap := scan(t, s)
			wantList(t, snap, test.want...)
			if f := snap.File("d/shadow"); f != nil && f.SHA256 == sha256.Sum256([]byte("root:secret")) {
				t.Error("a file outside the root was read")
			}
		})
	}
}

func TestChangeWhileHashed(t *testing.T) {
	const written = "log [changed] written or touched while it was read"
	appendTo := func(path, text string) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		must(t, err)
		_, err = f.WriteString(text)
		must(t, errors.Join(err, f.Close()))
	}
	dir := t.TempDir()
	log := write(t, dir, "log", "one")

	s := newScanner(t, dir, Options{})
	s.hook = once(beforeRead, "log", func() { appendTo(log, "two") })
	snap := scan(t, s)
	wantList(t, snap, "log") // the second attempt saw it standing still
	wantContent(t, snap, "log", "onetwo")

	s = newScanner(t, dir, Options{})
	s.hook = always(beforeRead, "log", func() { appendTo(log, "more") })
	wantList(t, scan(t, s), "log [changed] grew beyond the 10 bytes it had when opened")

	s = newScanner(t, dir, Options{})
	refill := always(beforeOpenFile, "log", func() { must(t, os.WriteFile(log, []byte("one"), 0o644)) })
	shrink := always(beforeRead, "log", func() { must(t, os.Truncate(log, 1)) })
	s.hook = func(p hookPoint, path string) { refill(p, path); shrink(p, path) }
	wantList(t, scan(t, s), "log [changed] ended after 1 of the 3 bytes it had when opened")

	write(t, dir, "log", "one")
	s = newScanner(t, dir, Options{})
	s.hook = always(beforeCheck, "log", func() { tick(t, log, "two") })
	wantList(t, scan(t, s), written)
}

// tick rewrites a file in place, keeping its size and mtime, until the kernel
// has given it another ctime.
func tick(t testing.TB, path, content string) {
	t.Helper()
	before, err := os.Stat(path)
	must(t, err)
	old := changeTime(t, path)
	for {
		must(t, os.WriteFile(path, []byte(content), 0o644))
		must(t, os.Chtimes(path, before.ModTime(), before.ModTime()))
		if changeTime(t, path) != old {
			return
		}
	}
}

func changeTime(t testing.TB, path string) int64 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	_, ctime := timesOf(&st)
	return ctime
}

func TestRestoredModificationTimeIsNoticed(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "a", "good")
	s := newScanner(t, dir, Options{})
	before := scan(t, s)
	tick(t, path, "evil")
	after := scan(t, s)
	wantContent(t, after, "a", "evil")
	if c := Compare(before, after, Globs{}); len(c.Products) != 1 {
		t.Errorf("products: %v", c.Products)
	}
}

func TestHardLinksAreHashedOnce(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir, "a", "same")
	must(t, os.Link(a, filepath.Join(dir, "b")))
	must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	must(t, os.Link(a, filepath.Join(dir, "sub/c")))
	s := newScanner(t, dir, Options{})
	snap := scan(t, s)
	wantList(t, snap, "a", "b", "sub/c")
	for _, p := range []string{"a", "b", "sub/c"} {
		wantContent(t, snap, p, "same")
	}
	if snap.Hashed != 1 {
		t.Errorf("%d files were read for one inode", snap.Hashed)
	}
	if again := scan(t, s); again.Hashed != 0 || again.Reused != 3 {
		t.Errorf("rescan hashed %d, reused %d", again.Hashed, again.Reused)
	}
}

// The second name must not inherit the digest of what replaced the first.
func TestHardLinkWhoseFirstNameIsReplaced(t *testing.T) {
	dir := t.TempDir()
	x := write(t, dir, "x", "shared")
	y := filepath.Join(dir, "y")
	must(t, os.Link(x, y))
	other := write(t, t.TempDir(), "new", "new")
	s := newScanner(t, dir, Options{})
	var first atomic.Pointer[string]
	s.hook = func(p hookPoint, path string) {
		if p == beforeOpenFile && first.CompareAndSwap(nil, &path) {
			must(t, os.Rename(other, filepath.Join(dir, path)))
		}
	}
	snap := scan(t, s)
	second := map[string]string{"x": "y", "y": "x"}[*first.Load()]
	wantContent(t, snap, *first.Load(), "new")
	if f := snap.File(second); f != nil {
		wantContent(t, snap, second, "shared")
	}
	if !snap.holds(second) {
		t.Errorf("%s is lost:\n%s", second, list(snap))
	}
}

func TestNamesThatAreNotUTF8(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "d\xff")
	if err := os.Mkdir(bad, 0o755); errors.Is(err, syscall.EILSEQ) {
		t.Skip("this file system holds UTF-8 names only, so there is nothing to record")
	}
	write(t, dir, "d\xff/a b", "1")
	write(t, dir, "%bytes:d%FF", "2")
	write(t, dir, "ok\n::error::é", "3")
	snap := scan(t, newScanner(t, dir, Options{}))
	wantList(t, snap, "%bytes:%25bytes:d%25FF", "%bytes:d%FF/a%20b", "ok\n::error::é")
	wantContent(t, snap, "%bytes:d%FF/a%20b", "1")
	wantContent(t, snap, "%bytes:%25bytes:d%25FF", "2")
}

// Root may read everything, so the test runs itself again as nobody.
func TestUnreadableIsRecorded(t *testing.T) {
	const child = "FILETREE_TEST_DIR"
	if dir := os.Getenv(child); dir != "" {
		s := newScanner(t, dir, Options{})
		wantList(t, scan(t, s), "open/f",
			"closed [unreadable] directory: permission denied",
			"names-only/f [unreadable] permission denied",
			"open/secret [unreadable] permission denied")
		return
	}
	dir, err := os.MkdirTemp("", "ft") // unlike t.TempDir, its parents are open to all
	must(t, err)
	defer os.RemoveAll(dir)
	for path, mode := range map[string]fs.FileMode{
		"open": 0o755, "open/f": 0o644, "open/secret": 0o000,
		"closed": 0o755, "closed/f": 0o644, "names-only": 0o755, "names-only/f": 0o644,
	} {
		if mode != 0o755 {
			must(t, os.Chmod(write(t, dir, path, "1"), mode))
		}
	}
	must(t, os.Chmod(filepath.Join(dir, "closed"), 0))
	must(t, os.Chmod(filepath.Join(dir, "names-only"), 0o744))
	must(t, os.Chmod(dir, 0o755))
	defer os.Chmod(filepath.Join(dir, "closed"), 0o755)

	self := copySelf(t, dir+"-test")
	cmd := exec.Command(self, "-test.run=^TestUnreadableIsRecorded$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = []string{child + "=" + dir}
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		must(t, os.Chmod(filepath.Join(dir, "names-only"), 0o744))
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestUnreadableIsRecorded") {
		t.Errorf("as uid 65534: %v\n%s", err, out)
	}
}

// copySelf puts the test binary where another user may execute it.
func copySelf(t *testing.T, to string) string {
	self, err := os.Executable()
	must(t, err)
	data, err := os.ReadFile(self)
	must(t, err)
	must(t, os.WriteFile(to, data, 0o755))
	t.Cleanup(func() { os.Remove(to) })
	return to
}

// A tree that is rewritten all the time is recorded without a hang, a race or
// a digest that belongs to no content the file ever had.
func TestScanUnderConstantChange(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		write(t, dir, "d/f"+strconv.Itoa(i), "even")
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			// Replacing a name by a rename is atomic: each content is whole.
			tmp := filepath.Join(dir, "d/tmp")
			_ = os.WriteFile(tmp, []byte([]string{"even", "odd"}[n%2]), 0o644)
			_ = os.Rename(tmp, filepath.Join(dir, "d/f"+strconv.Itoa(n%50)))
			_ = os.Rename(filepath.Join(dir, "d"), filepath.Join(dir, "e"))
			_ = os.Rename(filepath.Join(dir, "e"), filepath.Join(dir, "d"))
		}
	}()
	s := newScanner(t, dir, Options{})
	for range 30 {
		snap := scan(t, s)
		for _, f := range snap.Files {
			if filepath.Base(f.Path) == "tmp" {
				continue
			}
			want := map[int64]string{4: "even", 3: "odd"}[f.Size]
			wantContent(t, snap, f.Path, want)
		}
	}
	cancel()
	<-done
}
