//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

func newDecoder() *decoder {
	return &decoder{ended: make(map[int]bool), calls: calls(), links: make(links)}
}

// FuzzDecode: whatever is in a ring, nothing panics and strings stay in bounds.
func FuzzDecode(f *testing.F) {
	for k := range kindCall + 2 {
		raw := make([]byte, headSize+objectSize+200)
		binary.NativeEndian.PutUint16(raw, uint16(len(raw)))
		raw[2] = byte(k)
		for i := range sections {
			binary.NativeEndian.PutUint16(raw[headSize+28+2*i:], 20)
		}
		copy(raw[headSize+objectSize:], strings.Repeat("/a\x00", 60))
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, body, err := readHead(raw)
		if err != nil {
			return
		}
		d := newDecoder()
		size := 0
		_, err = d.decode(h, body, func(m trace.Message) {
			size += len(m.Path) + len(m.Name) + len(m.Target) + len(m.Cwd) + len(m.Comm) + len(m.Script)
		})
		if err == nil && size > 4*len(raw)+256 {
			t.Errorf("%d bytes of strings from %d of a record", size, len(raw))
		}
	})
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		name, path string
		says       bool
	}{
		{"/a/b", "/a/b", true},
		{"/a/./b", "/a/b", true},
		{"b", "/a/b", true},
		{"../a/b", "/x/a/b", true},
		{".", "/a", true},
		{"/c", "/a/b", false},
		{"c", "/a/b", false},
		{"b", "/ab", false},
		{"../../b", "/a/b", true},
		{"", "/a", true},
	} {
		if got := says(test.name, test.path); got != test.says {
			t.Errorf("says(%q, %q) is %t", test.name, test.path, got)
		}
	}
	if got := components([]byte("c\x00b\x00a\x00")); got != "/a/b/c" {
		t.Errorf("components are %q", got)
	}
	if got := absolute([]byte("b\x00a\x00"), []byte("../c")); got != "/a/c" {
		t.Errorf("the name is %q", got)
	}
}

// TestContradiction: a name that leads to another object is told from a link.
func TestContradiction(t *testing.T) {
	dir := folder(t)
	l := make(links)
	if err := os.Symlink("f", filepath.Join(dir, "soft")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + "/soft"); err != nil { // as the program did a moment before
		t.Fatal(err)
	}
	if !l.lead(dir+"/soft", dir+"/f") || !l.lead(dir+"/f", dir+"/f") {
		t.Error("a link is a contradiction")
	}
	if l.lead(dir+"/soft", "/dev/null") || l.lead(dir+"/none", dir+"/f") {
		t.Error("a contradiction is not seen")
	}
}

func BenchmarkDecodeOpen(b *testing.B) {
	raw := make([]byte, headSize+objectSize, 200)
	raw = append(raw, "share/doc/file.txt"+"file.txt\x00doc\x00share\x00usr\x00"...)
	n := binary.NativeEndian
	n.PutUint16(raw, uint16(len(raw)))
	raw[2], raw[3] = byte(kindOpen), byte(classFile)
	n.PutUint16(raw[headSize+28:], 18)
	n.PutUint16(raw[headSize+30:], 23)
	d := newDecoder()
	count := 0
	for b.Loop() {
		h, body, err := readHead(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.decode(h, body, func(trace.Message) { count++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(count*int(time.Nanosecond)), "ns/record")
}

func TestAnEndIsReportedOnce(t *testing.T) {
	d := newDecoder()
	ends := 0
	for range 2 {
		if _, err := d.decode(head{kind: kindExit, pid: 7}, nil, func(trace.Message) { ends++ }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.decode(head{kind: kindFork, pid: 7}, make([]byte, 24), func(trace.Message) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.decode(head{kind: kindExit, pid: 7}, nil, func(trace.Message) { ends++ }); err != nil || ends != 2 {
		t.Errorf("a process, and another of the same number, ended %d times (%v)", ends, err)
	}
}
