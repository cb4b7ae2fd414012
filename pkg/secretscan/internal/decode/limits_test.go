package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// gapsOf decodes a text to all layers and returns what was left out, with how much memory was allocated on the way.
func gapsOf(t *testing.T, text string, l Limits) (gaps []string, allocated uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := NewBudget(l)
	b.strict = true
	var descend func([]byte, int)
	descend = func(text []byte, depth int) {
		Children(text, b, func(c Child) {
			if depth < layers {
				descend(c.Data, depth+1)
			}
		})
	}
	descend([]byte(text), 1)
	runtime.ReadMemStats(&after)
	for _, g := range b.Gaps() {
		gaps = append(gaps, g.Decoder+" "+g.Limit)
	}
	return gaps, after.TotalAlloc - before.TotalAlloc
}

// A hostile stream costs no more than its bounds, and what was not read of it is said.
func TestBombs(t *testing.T) {
	zeros := strings.Repeat("\x00", 16<<20)
	manyMembers := func() string {
		var b strings.Builder
		for i := range 5000 {
			b.WriteString("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x00a")
			fmt.Fprintf(&b, "member %05d", i)
		}
		return b.String()
	}
	hugeTar := func() string {
		h := []byte(tarball("a", fuzzSecret))[:512]
		copy(h[124:136], "77777777777\x00") // 8 GiB
		copy(h[148:156], "        ")
		sum := 0
		for _, c := range h {
			sum += int(c)
		}
		copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
		return string(h) + fuzzSecret
	}
	patched := func(s string, at int, with string) string { return s[:at] + with + s[at+len(with):] }
	dictionary := func(size uint32) string {
		return patched(lz(fuzzSecret), 1, string(binary.LittleEndian.AppendUint32(nil, size)))
	}
	nested := zipped("a", zeros[:10<<20])
	for range 2 {
		nested = zipped("b", nested+nested)
	}
	const mib = 1 << 20
	for _, c := range []struct {
		name, text, gap string
		most            uint64 // bytes allocated
	}{
		{"gzip of zeros", gz(zeros), "gzip ratio", 50 * mib},
		{"gzip of gzip of zeros", gz(gz(zeros)), "gzip ratio", 50 * mib},
		{"bzip2-like magics", strings.Repeat("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10000), "compressed streams", 300 * mib},
		{"zips in zips", nested, "zip ratio", 400 * mib},
		{"a zip of 5000 members", manyMembers(), "zip members", 50 * mib},
		{"a constant like a zip's magic", "cmp PK\x03\x04 t\x0cH\x8b\x05" + strings.Repeat("\x01\x8b", 40), "", 3 * mib},
		{"a constant like zstd's magic", "mov \x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00" + strings.Repeat("a", 20), "", 30 * mib},
		{"an encrypted zip", patched(zipped("a", fuzzSecret), 6, "\x09"), "zip encrypted", mib},
		{"a zip by PPMd", patched(zipped("a", fuzzSecret), 8, "\x62"), "zip method", mib},
		{"a tar of 8 GiB", hugeTar(), "", 3 * mib},
		{"lzma with 2 GiB", dictionary(1 << 31), "lzma window", 3 * mib},
		{"zstd with 2 GiB", "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00" + strings.Repeat("a", 20), "zstd window", 30 * mib},
		{"xz with 1.5 GiB", xzOf(40-2, fuzzSecret), "xz window", 3 * mib},
		{"a dump of 2 GiB", dumpedZeros("7ffffff0"), "hexdump repeats", 3 * mib},
	} {
		// Zeros are deflate's best case, 1032 to 1: the usual ratio lets them pass.
		gaps, allocated := gapsOf(t, c.text, Limits{Ratio: 200})
		if c.gap == "" && len(gaps) > 0 || c.gap != "" && !slices.Contains(gaps, c.gap) {
			t.Errorf("%s: gaps %q, want %q", c.name, gaps, c.gap)
		}
		if allocated > c.most {
			t.Errorf("%s: allocated %d MiB, want at most %d", c.name, allocated/mib, c.most/mib)
		}
	}
}

// What a header claims of memory within the bounds is not allocated either, unless the data needs it.
func TestClaimsAreNotAllocated(t *testing.T) {
	lzmaClaim := []byte(lz(fuzzSecret))
	binary.LittleEndian.PutUint32(lzmaClaim[1:], 64<<20)
	zstdClaim := packed(func(w io.Writer) (*zstd.Encoder, error) { return zstd.NewWriter(w, zstd.WithWindowSize(32<<20)) }, strings.Repeat(fuzzSecret, 50))
	for name, text := range map[string]string{
		"lzma": string(lzmaClaim), "xz": xzOf(28, fuzzSecret), "zstd": zstdClaim,
	} {
		var got []string
		b := NewBudget(Limits{})
		_, allocated := gapsOf(t, text, Limits{})
		Children([]byte(text), b, func(c Child) { got = append(got, c.Decoder) })
		if !slices.Contains(got, name) {
			t.Errorf("%s: not read: %q, gaps %v", name, got, b.Gaps())
		}
		if allocated > 8<<20 {
			t.Errorf("%s: %d KiB were allocated for %d bytes", name, allocated>>10, len(text))
		}
	}
}

// xzOf is an .xz file whose header claims a dictionary by its code; see the format's 5.3.1.
func xzOf(code byte, s string) string {
	b := []byte(xzip(s))
	at := bytes.Index(b, []byte{0x21, 0x01})
	b[at+2] = code
	return string(b)
}

func dumpedZeros(last string) string {
	const row = "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
	return row + "*\n" + last + row[8:]
}

// Each limit of a budget is a gap of its own when it is hit.
func TestLimits(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(5, 6))}
	var words strings.Builder
	for i := range 60 {
		words.WriteString(b64(m.from(alnum, 24+i)) + " x\n")
	}
	for _, c := range []struct {
		limit string
		l     Limits
		text  string
	}{
		{"nodes", Limits{Nodes: 1}, words.String()},
		{"bytes", Limits{Bytes: 1}, gz(strings.Repeat(fuzzSecret, 1000))},
		{"child", Limits{Child: 100}, b64(strings.Repeat(fuzzSecret, 100))},
		{"work", Limits{Work: 1}, strings.Repeat("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 20) + strings.Repeat(gz(strings.Repeat("a", 1<<20)), 60)},
	} {
		gaps, _ := gapsOf(t, c.text, c.l)
		if !slices.ContainsFunc(gaps, func(g string) bool { return strings.HasSuffix(g, " "+c.limit) }) {
			t.Errorf("%s: gaps are %q", c.limit, gaps)
		}
	}
}

// A decoder that fails is a gap, and the others go on; a caller that fails is the caller's.
func TestPanics(t *testing.T) {
	b := NewBudget(Limits{})
	j := &job{b: b}
	j.guard("hex", func() { panic("index out of range") })
	if g := b.Gaps(); len(g) != 1 || g[0] != (Gap{"hex", "panic", 1}) {
		t.Errorf("gaps %v", g)
	}
	defer func() {
		if r := recover(); r != "mine" {
			t.Errorf("recovered %v", r)
		}
		if g := b.Gaps(); len(g) != 1 {
			t.Errorf("gaps %v", g)
		}
	}()
	Children([]byte(b64(fuzzSecret)), b, func(Child) { panic("mine") })
}

// Texts at which a careless decoder takes time that grows with the square of their size: what is counted as work stays
// a small multiple of the size.
func TestWorkIsLinear(t *testing.T) {
	const size = 1 << 20
	for _, s := range []string{
		"<~", "-----BEGIN ", "-----YEK ", "=", "%", "%41", `\`, `\x`, "&#1;", "begin 644 a\n", "\nM", "literal 1\n", "PK\x03\x04", "\x1b", "\b", "\x1b[",
		"A=", "AAAAAAAAAAAAAAAA ", "AAAAAAAAAAAAAAAA=\n", "abcdefghijklmnop\nx\n", "1 ", "00 ", "0000000 00 00 00 00\n*\n", "a ", "   a", "0000000   a   b   c\n", "=\n", "=3D", "a\x00", "\x00", "\x1f\x8b\x08",
		"Aa1!", "1,\n", "z", "\xff", "\xd8\x00", "BZh91AY&SY", "aA1bB2cC3dD4eE5fF6 ", "ab-cd-ef-ab-cd-ef-ab ",
	} {
		text := []byte(strings.Repeat(s, size/len(s)))
		b := NewBudget(Limits{})
		b.strict = true
		Children(text, b, func(Child) {})
		if b.work > 40*size {
			t.Errorf("%q: work %d for %d bytes", s, b.work, size)
		}
	}
}
