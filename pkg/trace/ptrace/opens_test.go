//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"embed"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
	"github.com/org/cilock-action/test/nobody"
	"golang.org/x/sys/unix"
)

var built = flag.String("programs", "", "take the C programs from this `folder`, where they were built statically")

// program builds a C program of testdata. Where there is no compiler the test
// is skipped, but not in CI.
func program(t testing.TB, name string) string {
	t.Helper()
	if *built != "" {
		return filepath.Join(*built, name)
	}
	compiler, err := exec.LookPath("gcc")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), name)
	source, err := sources.ReadFile("testdata/" + name + ".c")
	if err != nil {
		t.Fatal(err)
	}
	build := exec.Command(compiler, "-O1", "-w", "-pthread", "-o", out, "-x", "c", "-")
	build.Stdin = bytes.NewReader(source)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// sources are read from the test itself: nobody may not enter this folder.
//
//go:embed testdata/*.c
var sources embed.FS

// in runs a command in a new folder.
func in(t testing.TB, args ...string) (r traced, dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, &exec.Cmd{Dir: dir}, args...)
	return s.finish(t), dir
}

func TestOpens(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "opens")
	r.sound(t)
	if !r.state.Success() {
		t.Fatal(r.state, r.out)
	}
	for _, want := range []struct {
		path, name string
		access     trace.Access
		marks      trace.Marks
		errno      unix.Errno
	}{
		{dir + "/two", "", trace.Read | trace.Write | trace.Create | trace.Append, 0, 0},
		{dir + "/made", "", trace.Write | trace.Create | trace.Truncate, 0, 0},
		{dir + "/dir", "", trace.Read | trace.Directory, 0, 0},
		{dir + "/dir/inner", "", trace.Write | trace.Create, 0, 0},
		{dir + "/made", "link", trace.Read, 0, 0},
		{dir + "/made", "dir/../made", trace.Read, 0, 0},
		{dir + "/made", "", trace.PathOnly, 0, 0},
		{dir + "/made", "/proc/self/fd/4", trace.Read, 0, 0},
		{dir + "/two", "/proc/self/fd/3", trace.Read, trace.Deleted, 0},
		{dir + "/x (deleted)", "", trace.Read | trace.Create, 0, 0},
		{"/memfd:hidden", "/proc/self/fd/*", trace.Read | trace.Write, trace.Memfd, 0},
		{"/memfd:hidden", "", trace.Mapped, trace.Memfd, 0},
		{dir + "/made/none", "", trace.Read, trace.StringOnly, unix.ENOTDIR},
		{dir + "/" + strings.Repeat("x", trace.MaxPath-len(dir)-1), "", trace.Read, trace.StringOnly | trace.Cut, unix.ENAMETOOLONG},
	} {
		m := r.one(t, trace.Open, onPath(want.path), func(m trace.Message) bool {
			same, err := filepath.Match(want.name, m.Name)
			return err == nil && same && m.Access == want.access
		})
		if m.Marks != want.marks || m.Errno != int(want.errno) || (m.Ino == 0) != (want.errno != 0) {
			t.Errorf("want %+v, got %+v", want, m)
		}
	}
	all := r.find(trace.Open, func(m trace.Message) bool {
		return strings.HasPrefix(m.Path, dir) || m.Marks == trace.Memfd
	})
	if len(all) != 14 {
		t.Errorf("%d opens\n%s", len(all), r.dump())
	}
}

func TestOpensAsNobody(t *testing.T) {
	if nobody.Rerun(t) {
		return
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, nil, 0); err != nil {
		t.Fatal(err)
	}
	r := run(t, "cat", secret, "/proc/self/status")
	r.sound(t)
	if m := r.one(t, trace.Open, onPath(secret)); m.Errno != int(unix.EACCES) || m.Marks != trace.StringOnly {
		t.Errorf("the refused open: %+v", m)
	}
	if m := r.one(t, trace.Exec); m.UID != uint32(os.Geteuid()) || m.UID == 0 {
		t.Errorf("the program runs as %d", m.UID)
	}
	if !strings.Contains(r.out, "NoNewPrivs:\t1") {
		t.Errorf("without rights a filter takes no_new_privs: %s", r.out)
	}
}
