package filetree

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// later is a clock by which every file has long been left alone, so that
// digests are reused without waiting for the kernel's tick.
func later() time.Time { return time.Now().Add(time.Hour) }

func newScanner(t testing.TB, dir string, o Options) *Scanner {
	t.Helper()
	if o.Now == nil {
		o.Now = later
	}
	s, err := NewScanner(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func scan(t testing.TB, s *Scanner) *Snapshot {
	t.Helper()
	snap, err := s.Scan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func write(t testing.TB, dir, path, content string) string {
	t.Helper()
	full := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return full
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// list renders a snapshot, one line an entry; digests are checked against the
// content given.
func list(s *Snapshot) string {
	var b strings.Builder
	for _, f := range s.Files {
		b.WriteString(f.Path + "\n")
	}
	for _, o := range s.Others {
		b.WriteString(o.Path + " [" + string(o.Kind) + "] " + o.Detail + "\n")
	}
	if s.Incomplete != "" {
		b.WriteString("incomplete: " + s.Incomplete + "\n")
	}
	return b.String()
}

func wantList(t testing.TB, s *Snapshot, lines ...string) {
	t.Helper()
	want := strings.Join(lines, "\n")
	if len(lines) > 0 {
		want += "\n"
	}
	if got := list(s); got != want {
		t.Errorf("snapshot:\n%s\nwant:\n%s", got, want)
	}
}

func wantContent(t testing.TB, s *Snapshot, path, content string) {
	t.Helper()
	f := s.File(path)
	if f == nil {
		t.Fatalf("%q is not in the snapshot:\n%s", path, list(s))
	}
	if want := sha256.Sum256([]byte(content)); f.SHA256 != want || f.Size != int64(len(content)) {
		t.Errorf("%q: digest %x of %d bytes, want %x of %d", path, f.SHA256, f.Size, want, len(content))
	}
}

func TestScanRecordsEveryFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b/c.txt", "abc")
	write(t, dir, "a.txt", "")
	write(t, dir, "b/big", strings.Repeat("0123456789", 100_000)) // not a multiple of a chunk
	write(t, dir, "b/chunk", strings.Repeat("x", 2*chunk))
	write(t, dir, "b/chunk1", strings.Repeat("x", chunk-1))
	write(t, dir, "b/line\n::error::x", "n")
	write(t, dir, ".git/HEAD", "h")
	write(t, dir, "b/.git/HEAD", "h")
	write(t, dir, "out/e.json", "h")
	write(t, dir, "out/e.json.more", "h")
	s := newScanner(t, dir, Options{Skip: []string{".git", "./out/e.json"}})
	snap := scan(t, s)
	wantList(t, snap, "a.txt", "b/.git/HEAD", "b/big", "b/c.txt", "b/chunk", "b/chunk1", "b/line\n::error::x", "out/e.json.more")
	wantContent(t, snap, "a.txt", "")
	wantContent(t, snap, "b/c.txt", "abc")
	wantContent(t, snap, "b/big", strings.Repeat("0123456789", 100_000))
	wantContent(t, snap, "b/chunk", strings.Repeat("x", 2*chunk))
	wantContent(t, snap, "b/chunk1", strings.Repeat("x", chunk-1))
	// FIPS 180-4 example: the digest comes from elsewhere than our own call.
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := snap.File("b/c.txt").SHA256; hex.EncodeToString(got[:]) != abc {
		t.Errorf("digest of abc: %x", got)
	}
	if snap.Hashed != 8 || snap.Reused != 0 {
		t.Errorf("hashed %d, reused %d", snap.Hashed, snap.Reused)
	}
}

func TestScanOfMissingDirectoryFails(t *testing.T) {
	if _, err := NewScanner(filepath.Join(t.TempDir(), "none"), Options{}); err == nil {
		t.Error("no error for a directory that does not exist")
	}
	if _, err := NewScanner(write(t, t.TempDir(), "f", "x"), Options{}); err == nil {
		t.Error("no error for a file")
	}
}

func TestRescanReusesDigests(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "1")
	write(t, dir, "b", "2")
	s := newScanner(t, dir, Options{})
	first := scan(t, s)
	second := scan(t, s)
	if second.Hashed != 0 || second.Reused != 2 {
		if hasChangeTime {
			t.Errorf("hashed %d, reused %d of 2 unchanged files", second.Hashed, second.Reused)
		}
	}
	if list(first) != list(second) {
		t.Errorf("second scan differs:\n%s", list(second))
	}
	write(t, dir, "b", "22")
	third := scan(t, s)
	wantContent(t, third, "b", "22")
}

// A file may be written again within the tick of its time stamps, so one that
// was written just before the scan is not trusted.
func TestFreshFilesAreHashedAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "1")
	s := newScanner(t, dir, Options{Now: func() time.Time { return time.Unix(0, 0) }})
	scan(t, s)
	if second := scan(t, s); second.Hashed != 1 || second.Reused != 0 {
		t.Errorf("hashed %d, reused %d: a fresh file's digest was reused", second.Hashed, second.Reused)
	}
}

func TestBoundsMakeItIncomplete(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"a", "b", "c", "d/e", "d/f"} {
		write(t, dir, p, p)
	}
	s := newScanner(t, dir, Options{})
	s.maxEntries = 3
	if snap := scan(t, s); len(snap.Files) > 3 || snap.Incomplete != "more than 3 files and directories" {
		t.Errorf("entries: %s", list(snap))
	}
	s = newScanner(t, dir, Options{})
	s.maxPath = 2
	wantList(t, scan(t, s), "a", "b", "c", "incomplete: a path is longer than 2 bytes")
}

func TestCancelledScanReturnsWhatItHas(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "1")
	big := write(t, dir, "big", "")
	must(t, os.Truncate(big, 1<<40)) // sparse; reading it would take minutes
	ctx, cancel := context.WithCancel(context.Background())
	s := newScanner(t, dir, Options{})
	s.hook = func(p hookPoint, path string) {
		if p == beforeRead && path == "big" {
			cancel()
		}
	}
	snap, err := s.Scan(ctx)
	must(t, err)
	if snap.Incomplete != "stopped early: context canceled" || snap.File("big") != nil || len(snap.Others) != 0 {
		t.Errorf("cancelled in the middle of a file: %s", list(snap))
	}
}

// A read that hangs in the kernel holds up neither the deadline nor the result.
func TestCancelDoesNotWaitForAStuckRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "stuck", "1")
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	s := newScanner(t, dir, Options{})
	s.hook = func(p hookPoint, _ string) {
		if p == beforeRead {
			cancel()
			<-release
		}
	}
	snap, err := s.Scan(ctx)
	must(t, err)
	wantList(t, snap, "incomplete: stopped early: context canceled")
}
