//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

func TestDecodeSockaddr(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want endpoint
		ok   bool
	}{
		{"", endpoint{}, false},
		{"\x02", endpoint{}, false},
		{"\x00\x00aaaaaaaaaaaaaa", endpoint{}, false},
		{"\x02\x00\x00\x35\x7f\x00\x00", endpoint{}, false},
		{"\x02\x00\x00\x35\x7f\x00\x00\x01", endpoint{"inet", "127.0.0.1", 53}, true},
		{"\x0a\x00\x01\xbb\x00\x00\x00\x00" + strings.Repeat("\x00", 10) + "\xff\xff\x01\x02\x03\x04", endpoint{"inet6", "::ffff:1.2.3.4", 443}, true},
		{"\x0a\x00\x01\xbb\x00\x00\x00\x00\xfe\x80" + strings.Repeat("\x00", 13) + "\x01\x03\x00\x00\x00", endpoint{"inet6", "fe80::1%3", 443}, true},
		{"\x01\x00", endpoint{"unix", "", 0}, true},
		{"\x01\x00/run/x\x00rest", endpoint{"unix", "/run/x", 0}, true},
		{"\x01\x00\x00a\x00b", endpoint{"unix", "@a@b", 0}, true},
		{"\x10\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00", endpoint{"netlink", "7", 0}, true},
		{"\x28\x00\x00\x00\x16\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00", endpoint{"vsock", "2", 22}, true},
		{"\x63\x00", endpoint{"99", "", 0}, true},
	} {
		if got, ok := decodeSockaddr([]byte(c.raw)); got != c.want || ok != c.ok {
			t.Errorf("%q: %+v %v, want %+v %v", c.raw, got, ok, c.want, c.ok)
		}
	}
}

func FuzzSockaddr(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x35\x7f\x00\x00\x01"))
	f.Add([]byte("\x01\x00\x00a\x00b"))
	f.Add([]byte("\x0a\x00\x01\xbb\x00\x00\x00\x00\xfe\x80aaaaaaaaaaaaaa\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = raw[:min(len(raw), maxSockaddr)]
		e, ok := decodeSockaddr(raw)
		if !ok && e.address != "" || ok && e.family == "" {
			t.Errorf("%+v %v", e, ok)
		}
		if strings.Contains(e.address, "\x00") || len(e.address) > maxSockaddr || e.port < 0 {
			t.Errorf("%+v", e)
		}
	})
}

func TestParseStatus(t *testing.T) {
	text := "Name:\ta\\nb\\\\n\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t12\nNgid:\t0\nPid:\t13\nPPid:\t7\nTracerPid:\t3\nUid:\t1\t2\t3\t4\nGid:\t9\n"
	s, ok := parseStatus([]byte(text))
	if want := (status{comm: "a\nb\\n", group: 12, parent: 7, uid: 2, tracer: 3}); s != want || !ok {
		t.Errorf("%+v %v", s, ok)
	}
	if _, ok := parseStatus([]byte("Name:\tx\n")); ok {
		t.Error("without a group it is none")
	}
}

// FuzzProcess reads what a program can put into its own procfs files.
func FuzzProcess(f *testing.F) {
	f.Add([]byte("Name:\ta\\nb\nTgid:\t1\nPPid:\t2\nUid:\t0\t0\n"), []byte("a\x00b\x00"))
	f.Add([]byte("Tgid:\t99999999999999999999\n"), []byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, text, args []byte) {
		_, _ = parseStatus(text)
		got, cut := splitArgs(args)
		size := 0
		for _, a := range got {
			size += len(a)
		}
		if len(got) > trace.MaxArgs || size > trace.MaxArg {
			t.Errorf("%d arguments of %d bytes", len(got), size)
		}
		if whole := append([]byte(strings.Join(got, "\x00")), 0); !cut && len(args) > 0 && len(got) > 0 &&
			!bytes.Equal(bytes.TrimSuffix(args, []byte{0}), whole[:len(whole)-1]) {
			t.Errorf("%q became %q", args, got)
		}
		for _, word := range []int{4, 8} {
			if n := len(appendWords(nil, args, word)); n != len(args)/word {
				t.Errorf("%d words of %d bytes", n, len(args))
			}
		}
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		full, name string
		same       bool
	}{
		{"/a/b", "/a/b", true},
		{"/a/b", "/a//./b", true},
		{"/a/b", "b", true},
		{"/a/b", "./b", true},
		{"/a/b", "a/b", true},
		{"/a/b", "../a/b", false},
		{"/a/b", "/a/c/../b", false},
		{"/a/bb", "b", false},
		{"/a/b", "/b", false},
		{"/proc/7/environ", "/proc/self/environ", false},
		{"/a", ".", false},
		{"/", "/", true},
	} {
		if got := sameName(c.full, c.name); got != c.same {
			t.Errorf("%q as %q: %v", c.full, c.name, got)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("/a/b", "../b")
	f.Fuzz(func(t *testing.T, full, name string) {
		_ = sameName(full, name)
		if got := tidy("/" + name); strings.Contains("/"+name, "/..") && got != "/"+name {
			t.Errorf("%q became %q", name, got)
		}
	})
}

// TestReadsAcrossPages reads strings at the end of memory, and over the border
// of pages, of this process itself.
func TestReadsAcrossPages(t *testing.T) {
	mem, err := unix.Mmap(-1, 0, 4*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(mem) }()
	if err := unix.Mprotect(mem[3*pageSize:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	var r reader
	base := addressOf(mem)
	for _, size := range []int{0, 1, firstRead - 1, firstRead, firstRead + 1, pageSize - 1} {
		for _, start := range []int{0, 1, pageSize - 1, 2*pageSize - 5, 3*pageSize - size - 1} {
			want := bytes.Repeat([]byte{'x'}, size)
			copy(mem[start:], append(slices.Clone(want), 0))
			if got, ok := r.text(unix.Getpid(), base+uint64(start)); !ok || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes at %d: got %d, %v", size, start, len(got), ok)
			}
		}
	}
	for i := range mem[:3*pageSize] {
		mem[i] = 'y'
	}
	if got, ok := r.text(unix.Getpid(), base+10); !ok || len(got) != trace.MaxPath {
		t.Errorf("a string without an end: %d bytes, %v", len(got), ok)
	}
	if got, ok := r.text(unix.Getpid(), base+2*pageSize+10); ok {
		t.Errorf("a string that ends in forbidden memory: %d bytes", len(got))
	}
	if _, ok := r.text(unix.Getpid(), 8); ok {
		t.Error("a string where nothing is")
	}
}

func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }
