//go:build amd64 || arm64

package bpf

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// inside reports whether this kernel takes a program that does nothing at the
// function where opens are seen best.
func inside(t testing.TB) bool {
	t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFExit, AttachTo: "security_file_open", License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return false
	}
	p.Close()
	return true
}

func unlessInside(t testing.TB, s string) string {
	t.Helper()
	if inside(t) {
		return ""
	}
	return s
}

// TestOpensAreSeenInside wants the better hook where the kernel takes it, and
// where it does not, the reason and what cannot be proved without it.
func TestOpensAreSeenInside(t *testing.T) {
	d, err := Probe()
	if errors.Is(err, errors.ErrUnsupported) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	hook := func(how string) (trace.Hook, bool) {
		i := slices.IndexFunc(d.Hooks, func(h trace.Hook) bool { return h.How == how })
		if i < 0 {
			return trace.Hook{}, false
		}
		return d.Hooks[i], true
	}
	_, used := hook(insideHook)
	if used != inside(t) {
		t.Errorf("the hook is used: %v; the kernel takes such a program: %v", used, !used)
	}
	if exit, _ := hook(sysExitHook); used == strings.Contains(exit.Reason, insideHook) {
		t.Errorf("the hook at sys_exit gives the reason %q", exit.Reason)
	}
	if limits := strings.Join(d.Limits, "\n"); used == strings.Contains(limits, "an open is seen through its descriptor") {
		t.Errorf("limits: %s", limits)
	}
}

// openEverywhere opens in ways that are seen in different places, each once.
func openEverywhere(args []string) error {
	dir := args[0]
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, o := range []struct {
		name  string
		flags int
		err   error
	}{
		{"f", unix.O_RDONLY, nil},
		{"f", unix.O_PATH, nil},
		{"f", unix.O_RDONLY | unix.O_DIRECTORY, unix.ENOTDIR},
		{"new", unix.O_CREAT | unix.O_EXCL | unix.O_RDWR, nil},
		{"new", unix.O_CREAT | unix.O_EXCL | unix.O_RDWR, unix.EEXIST},
		{"", unix.O_TMPFILE | unix.O_WRONLY, nil},
		{"none", unix.O_RDONLY, unix.ENOENT},
	} {
		if _, err := unix.Open(at(o.name), o.flags, 0o600); !errors.Is(err, o.err) {
			return &os.PathError{Op: "open", Path: at(o.name), Err: errors.Join(errors.New("not as expected"), err)}
		}
	}
	if _, err := unix.Open(at("soft"), unix.O_WRONLY, 0); err != nil {
		return err
	}
	if _, err := unix.PidfdOpen(os.Getpid(), 0); err != nil { // opens no file
		return err
	}
	return uringOpen(at("soft"))
}

// unnamed is what a file system calls a file of O_TMPFILE.
var unnamed = regexp.MustCompile(`/#\d+`)

// TestEachOpenIsSeenOnce, whichever hooks there are.
func TestEachOpenIsSeenOnce(t *testing.T) {
	dir := folder(t)
	soft := filepath.Join(dir, "soft")
	if err := os.Symlink("f", soft); err != nil {
		t.Fatal(err)
	}
	// As if it was read a while after it was made: else the kernel wants to note
	// that it is read, and no one can look where it leads without waiting.
	later := unix.NsecToTimespec(time.Now().Add(time.Hour).UnixNano())
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, soft, []unix.Timespec{later, {Nsec: unix.UTIME_OMIT}}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		t.Fatal(err)
	}
	all, account := record(t, append(trick(t, "inside"), dir)...)
	want := []string{
		"open $D/f read",
		"open $D/f path",
		"open $D/f read [string] errno 20",
		"open $D/new read write create",
		"open $D/new read write create [string] errno 17",
		"open $D/#N as $D write [deleted]",
		"open $D/f as $D/soft write",
		"open $D/" + map[bool]string{true: "f as $D/soft read", false: "soft read [string]"}[inside(t)],
	}
	var got []string
	for _, m := range pick(all, trace.Open) {
		if strings.HasPrefix(m.Path, dir) || strings.Contains(m.Path, "pidfd") {
			got = append(got, unnamed.ReplaceAllString(describe(m), "/#N"))
		}
	}
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "$D", dir)
	}
	if !slices.Equal(got, want) {
		t.Errorf("seen:\n%s\nwanted:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if account.NotFound == 0 {
		t.Error("the name that is not there was not counted")
	}
}

// openDistinct opens each of a folder's files once.
func openDistinct(args []string) error {
	names, err := filepath.Glob(filepath.Join(args[0], "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := os.ReadFile(name); err != nil {
			return err
		}
	}
	return nil
}

// TestOpensAtTheSameTime runs processes that open the same files, so that one is
// interrupted while the kernel runs our program for it. Where a kernel can be
// preempted it does not run that for the others meanwhile; no open may be missing
// for that, and none may be a gap.
func TestOpensAtTheSameTime(t *testing.T) {
	const files, processes = 400, 6
	dir := folder(t)
	for i := range files - 1 { // and f
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"sh", "-c", `for i in ` + strings.Repeat("x ", processes) + `; do "$@" & done; wait`, "sh"}, trick(t, "distinct")...)
	all, account := record(t, append(args, dir)...)
	opens := make(map[string]int)
	for _, m := range pick(all, trace.Open) {
		if filepath.Dir(m.Path) == dir && m.Marks&^trace.InAThread == 0 {
			opens[m.Path]++
		}
	}
	if len(opens) != files {
		t.Errorf("%d files were opened instead of %d", len(opens), files)
	}
	for name, n := range opens {
		if n != processes {
			t.Errorf("%s was opened %d times instead of %d", name, n, processes)
		}
	}
	t.Log(account.Limits)
}
