package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

const someCommit = "0123456789abcdef0123456789abcdef01234567"

// entry is a header and its content.
type entry struct {
	tar.Header
	content string
}

func packed(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		if e.Typeflag != tar.TypeXGlobalHeader {
			e.Size, e.Mode = int64(len(e.content)), 0o644
		}
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func regular(name, content string) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name}, content}
}

func special(kind byte, name, target string) entry {
	return entry{tar.Header{Typeflag: kind, Name: name, Linkname: target}, ""}
}

func global(comment string) entry {
	return entry{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": comment}}, ""}
}

// unpackInto unpacks into a new folder, beside which there is one more.
func unpackInto(t testing.TB, data []byte, lim Limits) (string, error) {
	t.Helper()
	dir := t.TempDir() + "/in"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	w := newWriter(root, lim, false)
	if err := unpack(t.Context(), bytes.NewReader(data), someCommit, w); err != nil {
		return dir, err
	}
	return dir, w.finish()
}

// TestUnpack: what git-archive writes is unpacked, and nothing else.
func TestUnpack(t *testing.T) {
	lim := Limits{Files: 10, Bytes: 1000, Depth: 5}
	folder := special(tar.TypeDir, "top/", "")
	bomb := regular("top/a", strings.Repeat("\x00", 50_000_000))
	var many []entry
	for i := range 20 {
		many = append(many, regular("top/"+strings.Repeat("x", i+1), ""))
	}
	var headers []entry
	for range 100 {
		headers = append(headers, global(someCommit))
	}
	for _, test := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"good", []entry{global(someCommit), folder, regular("top/a", "1"), special(tar.TypeDir, "top/b/", ""), regular("top/b/c", "2"), special(tar.TypeSymlink, "top/l", "b/c")}, ""},
		{"no folders", []entry{regular("top/a/b", "1")}, ""},
		{"nothing", nil, "nothing in it"},
		{"another commit", []entry{global(strings.Repeat("1", 40)), folder}, "says to be of commit"},
		{"two top folders", []entry{folder, regular("top/a", "1"), regular("bottom/a", "1")}, "not in the one folder"},
		{"no top folder", []entry{regular("a", "1")}, "git has no path"},
		{"up", []entry{folder, regular("top/../../x", "1")}, "git has no path"},
		{"up at the top", []entry{regular("../x", "1")}, "not in the one folder"},
		{"absolute", []entry{regular("/x", "1")}, "not in the one folder"},
		{"absolute below", []entry{regular("top//etc/x", "1")}, "git has no path"},
		{"git's folder", []entry{regular("top/.git/config", "1")}, "git has no path"},
		{"twice", []entry{regular("top/a", "1"), regular("top/a", "2")}, "exists"},
		{"file and folder", []entry{regular("top/a", "1"), regular("top/a/b", "2")}, "exists"},
		{"through a symlink", []entry{special(tar.TypeSymlink, "top/a", "/tmp"), regular("top/a/b", "2")}, "exists"},
		{"symlinks twice", []entry{special(tar.TypeSymlink, "top/a", "b"), special(tar.TypeSymlink, "top/a", "c")}, "exists"},
		{"symlink up", []entry{special(tar.TypeSymlink, "top/a", "../x")}, "leads out"},
		{"absolute symlink", []entry{special(tar.TypeSymlink, "top/a", "/etc")}, "leads out"},
		{"hard link", []entry{regular("top/a", "1"), special(tar.TypeLink, "top/b", "top/a")}, "neither file"},
		{"device", []entry{special(tar.TypeChar, "top/a", "")}, "neither file"},
		{"fifo", []entry{special(tar.TypeFifo, "top/a", "")}, "neither file"},
		{"bomb", []entry{bomb}, "limit of 1000 bytes"},
		{"headers without an end", headers, "unpacked it has more than"},
		{"many", many, "limit of 10 files"},
		{"deep", []entry{regular("top/a/b/c/d/e/f/g", "")}, "deeper than"},
	} {
		dir, err := unpackInto(t, packed(t, test.entries...), lim)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		inside(t, dir)
	}
	// A size that is claimed and not there.
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := errors.Join(w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "top/a", Mode: 0o644, Size: 10 << 30}), z.Close())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unpackInto(t, b.Bytes(), lim); err == nil || !strings.Contains(err.Error(), "limit of 1000 bytes") {
		t.Errorf("error is %v", err)
	}
	if _, err := unpackInto(t, b.Bytes(), Limits{Files: 1, Bytes: 20 << 30}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error is %v", err)
	}
	if _, err := unpackInto(t, packed(t, folder, regular("top/a", "1"))[:30], lim); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error is %v", err)
	}
}

// inside checks that nothing was written beside the folder.
func inside(t testing.TB, dir string) {
	t.Helper()
	list, err := os.ReadDir(strings.TrimSuffix(dir, "/in"))
	if err != nil || len(list) != 1 {
		t.Errorf("beside the folder there is %v, %v", list, err)
	}
}

// FuzzUnpack: whatever is in the archive, nothing is written beside the folder
// and what was unpacked without an error can be hashed within the same limits.
// An archive is lines of a type, a name, and after a zero byte the content or
// the target: the blocks of real ones leave the fuzzer little to change.
func FuzzUnpack(f *testing.F) {
	f.Add("5top/\n0top/a\x001\n2top/l\x00a")
	f.Add("0top/a/b\x001\n2top/a/l\x00../../x\n2top/m\x00a/l")
	f.Add("2top/a\x00..\n0top/a/b\x002\n0top/../x\x003")
	f.Add("0top/a\x00\n1top/l\x00top/a\n6top/fifo\n5top/a/.git/")
	f.Add("gcomment\n0/top\n0top//x")
	f.Fuzz(func(t *testing.T, lines string) {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
		if err != nil {
			t.Fatal(err)
		}
		w := tar.NewWriter(z)
		for line := range strings.SplitSeq(lines, "\n") {
			name, rest, _ := strings.Cut(line, "\x00")
			if name == "" {
				continue
			}
			h := tar.Header{Typeflag: name[0], Name: name[1:], Mode: 0o644}
			if h.Typeflag == tar.TypeReg {
				h.Size = int64(len(rest))
			} else {
				h.Linkname = rest
			}
			if w.WriteHeader(&h) == nil && h.Size > 0 {
				_, _ = io.WriteString(w, rest)
			}
		}
		if err := errors.Join(w.Close(), z.Close()); err != nil {
			t.Skip()
		}
		dir, err := unpackInto(t, b.Bytes(), Limits{Files: 50, Bytes: 1 << 16, Depth: 8})
		inside(t, dir)
		if err != nil {
			return
		}
		if _, err := treecheck.Hash(t.Context(), dir, treecheck.Limits{Files: 50, Bytes: 1 << 17, Depth: 9}); err != nil {
			t.Error(err)
		}
	})
}
