package secretscan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// packed compresses with any of the writers.
func packed[W io.WriteCloser](open func(io.Writer) (W, error), text string) string {
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return b.String()
}

func gzipped(text string) string {
	return packed(func(w io.Writer) (*gzip.Writer, error) { return gzip.NewWriterLevel(w, 1) }, text)
}

func zlibbed(text string) string {
	return packed(func(w io.Writer) (*zlib.Writer, error) { return zlib.NewWriter(w), nil }, text)
}

func zstded(text string) string {
	return packed(func(w io.Writer) (*zstd.Encoder, error) { return zstd.NewWriter(w) }, text)
}

func xzed(text string) string {
	return packed(func(w io.Writer) (*xz.Writer, error) { return xz.NewWriter(w) }, text)
}

func lzmaed(text string) string {
	return packed(func(w io.Writer) (*lzma.Writer, error) { return lzma.NewWriter(w) }, text)
}

// bzipped is "GH=" and the first token in bzip2, which no package writes.
func bzipped() string {
	const text = "QlpoOTFBWSZTWaQizH8AAAlPgAAQBuI/6iAwjMxFQCAAMYwAEwABMMDQzUaNNNNP1NTMpJtHtEiisUEFGB9C0D7RCqFMuftnVRbOo9fxdyRThQkKQizH8A=="
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// tarred has files: names and texts by turns.
func tarred(files ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1]))}); err != nil {
			panic(err)
		}
		_, _ = io.WriteString(w, files[i+1]) // to memory
	}
	_ = w.Close()
	return b.String()
}

// zipped is the same in zip, with sizes behind the data.
func zipped(method uint16, files ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(f, files[i+1]) // to memory
	}
	_ = w.Close()
	return b.String()
}

// sized is a zip with one member whose size is in its header.
func sized(method uint16, flags byte, name, data string) string {
	n, size := len(name), len(data)
	header := []byte("PK\x03\x04\x14\x00") // and the version
	header = append(header, flags, 0, byte(method), 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(size), byte(size>>8), byte(size>>16), 0, 0, 0, 0, 0, byte(n), 0, 0, 0)
	return string(header) + name + data
}

// renamed is a gzip with a name.
func renamed(z, name string) string { return z[:3] + "\x08" + z[4:10] + name + "\x00" + z[10:] }

// oddMember is a tar with data behind a link, which has none.
func oddMember(data string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}); err != nil {
		panic(err)
	}
	return b.String() + data + strings.Repeat("\x00", 1024)
}

// noise is random, and no text.
func noise(n int) string {
	rng := rand.New(rand.NewPCG(8, 8))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return string(b)
}

// TestContainers: what is packed is found whatever its size, by the names of its containers and of its member, and so is
// what stands around it.
func TestContainers(t *testing.T) {
	one := token(1)
	text := "a line\nGH=" + one + "\n"
	filler := strings.Repeat("words of a log, of no interest\n", 100_000)
	many := func(last ...string) string {
		var files []string
		for i := range 6000 {
			files = append(files, fmt.Sprint("dir/", i), "no. "+fmt.Sprint(i))
		}
		return tarred(append(files, last...)...)
	}
	for name, c := range map[string]struct{ text, path, member string }{
		"gzip":                    {gzipped(filler + text), "[gzip]", ""},
		"zlib":                    {zlibbed(filler + text), "[zlib]", ""},
		"zstd":                    {zstded(filler + text), "[zstd]", ""},
		"xz":                      {xzed(filler + text), "[xz]", ""},
		"lzma":                    {lzmaed(filler + text), "[lzma]", ""},
		"gzip, encoded":           {gzipped(filler + b64("GH="+one)), "[gzip base64]", ""},
		"bzip2":                   {bzipped(), "[bzip2]", ""},
		"bzip2 in tar":            {tarred("a", filler, "b", bzipped()), "[tar bzip2]", "b"},
		"two gzips":               {gzipped(filler+text[:20]) + gzipped(text[20:]), "[gzip]", ""},
		"two zstds":               {zstded(filler+text[:20]) + zstded(text[20:]), "[zstd]", ""},
		"two xzs":                 {xzed(filler+text[:20]) + "\x00\x00\x00\x00" + xzed(text[20:]), "[xz]", ""},
		"gzip and xz":             {gzipped(filler) + "\x00\x00\x00\x00" + xzed(text), "[xz]", ""},
		"tar":                     {many("last", text), "[tar]", "last"},
		"tar in gzip":             {gzipped(many("last", text)), "[gzip tar]", "last"},
		"two tars":                {tarred("a", "b") + tarred("last", text), "[tar]", "last"},
		"gzip in tar in gzip":     {gzipped(tarred("a", filler, "b", gzipped(text))), "[gzip tar gzip]", "b"},
		"zip in tar in gzip":      {gzipped(many("b.zip", zipped(zip.Deflate, "a", filler, "in/b", text))), "[gzip tar zip]", "in/b"},
		"zip":                     {zipped(zip.Deflate, "a", filler, "b", text), "[zip]", "b"},
		"zip, stored":             {zipped(zip.Store, "a", filler, "b", text), "[zip]", "b"},
		"zip, sizes first":        {sized(0, 0, "a", filler) + sized(0, 0, "b", text), "[zip]", "b"},
		"two zips":                {zipped(zip.Deflate, "a", filler) + zipped(zip.Deflate, "b", text), "[zip]", "b"},
		"layers, to the last":     {gzipped(tarred("a", zipped(zip.Store, "b", tarred("c", gzipped(b64("GH="+one)))))), "[gzip tar zip tar gzip base64]", "c"},
		"cut gzip":                {gzipped(text + noise(1000))[:800], "[gzip]", ""},
		"cut tar":                 {tarred("a", text+filler)[:1<<20], "[tar]", "a"},
		"behind a gzip":           {gzipped(filler) + text, "[]", ""},
		"behind a zstd":           {zstded(filler) + text, "[]", ""},
		"behind a xz":             {xzed(filler) + text, "[]", ""},
		"behind a tar":            {tarred("a", filler) + text, "[]", ""},
		"behind a zip":            {zipped(zip.Deflate, "a", filler) + text, "[]", ""},
		"behind a damaged gzip":   {gzipped(filler)[:2000] + noise(500) + text, "[]", ""},
		"packed behind damage":    {gzipped(filler)[:2000] + noise(500) + gzipped(text), "[gzip]", ""},
		"behind a damaged tar":    {tarred("a", filler)[:10240] + text + strings.Repeat("\xff", 1<<22), "[tar]", "a"},
		"no gzip":                 {"\x1f\x8b\x08" + text + filler, "[]", ""},
		"no bzip2":                {"BZh91AY&SY" + text + filler, "[]", ""},
		"a gzip's long name":      {renamed(gzipped(text), strings.Repeat("n", 600)), "[gzip]", ""},
		"a gzip's wrong sum":      {strings.Replace(renamed(gzipped(text), "n"), "\x08\x08", "\x08\x0a", 1)[:12] + "??" + gzipped(text)[10:], "[gzip]", ""},
		"a gzip's odd flag":       {strings.Replace(gzipped(text), "\x08\x00", "\x08\x20", 1), "[gzip]", ""},
		"frame without data":      {"\x50\x2a\x4d\x18\x04\x00\x00\x00four" + zstded(filler+text), "[zstd]", ""},
		"a line of one letter":    {strings.Repeat("a", 4<<20) + "\n" + text, "[]", ""},
		"a zip's odd flag":        {strings.Replace(zipped(zip.Deflate, "a", text), "\x14\x00\x08\x00", "\x14\x00\x08\x80", 1), "[zip]", "a"},
		"a zip's odd version":     {strings.Replace(zipped(zip.Deflate, "a", text), "\x14\x00\x08\x00", "\xc8\x00\x08\x00", 1), "[zip]", "a"},
		"a zip's long header":     {sized(0, 0, "a", text)[:26] + "\xff\xff\xff\xff" + strings.Repeat("n", 2*65535) + text, "[zip]", strings.Repeat("n", 512)},
		"a tar's odd member":      {oddMember(gzipped(text)), "[gzip]", ""},
		"a tar's name":            {tarred(one, filler), "[]", ""},
		"a zip's name":            {zipped(zip.Deflate, one, filler), "[]", ""},
		"an encrypted zip's name": {sized(0, 0, one, filler), "[]", ""},
		"a gzip's comment": {packed(func(w io.Writer) (*gzip.Writer, error) {
			z := gzip.NewWriter(w)
			z.Comment = text
			return z, nil
		}, filler), "[]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := scan(t, ScanOptions{}, c.text, one)
			if r.Incomplete || r.ScannedBytes != int64(len(c.text)) || r.Sources != 1 {
				t.Errorf("%d bytes of %d, gaps %q", r.ScannedBytes, len(c.text), r.Gaps)
			}
			if len(r.Findings) != 1 || fmt.Sprint(r.Findings[0].EncodingPath) != c.path || r.Findings[0].Member != c.member || r.Findings[0].Count != 1 {
				t.Fatalf("%q, want one in %s of %q", brief(r), c.path, c.member)
			}
			if f := r.Findings[0]; c.path == "[]" && !strings.HasPrefix(c.text[f.Offset:], one) {
				t.Errorf("it is not at %d", f.Offset)
			}
		})
	}
}

// TestPackedBorders: what lies across the border of two windows of what is packed is found once.
func TestPackedBorders(t *testing.T) {
	const size = 40 << 20
	line := "some words of a log line, of no interest\n"
	for _, border := range []int{1 << 20, 2<<20 - 64<<10, size} {
		text := strings.Repeat(line, border/len(line)-2)
		text += strings.Repeat(".", border-len(text)-20) + " " + token(1) + "\n"
		text += strings.Repeat(line, max(0, size-len(text))/len(line))
		r := scan(t, ScanOptions{}, gzipped(text), token(1))
		wantFindings(t, r, "github-pat high log 1:0 x1 [gzip]")
		if r.Incomplete {
			t.Errorf("gaps %q", r.Gaps)
		}
	}
}

// TestPackedStream: standard output may be an archive, and is read as it comes.
func TestPackedStream(t *testing.T) {
	s := scanner(t, ScanOptions{})
	w := s.Writer("stdout")
	for part := range slices.Chunk([]byte(gzipped(tarred("a", strings.Repeat("words\n", 1<<20), "b", token(1)))), 1000) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantFindings(t, s.Result(), "github-pat high stdout 1:0 x1 [gzip tar]")
}

// TestPackedGaps: what of a container was not looked at is said, and what is behind it is looked at.
func TestPackedGaps(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20)
	late := "GH=" + token(1)
	few := func(s *Scanner) { s.bounds = bounds{bytes: 3 << 20, ratio: 10, floor: 2 << 20, members: 100} }
	files := slices.Repeat([]string{"a", ""}, 200)
	for name, c := range map[string]struct {
		text, gap string
		edit      func(*Scanner)
		n         int
	}{
		"ratio":           {gzipped(strings.Repeat(zeros, 5)) + late, "log: gzip: ratio", few, 1},
		"ratio of two":    {gzipped(gzipped(strings.Repeat(zeros, 5))) + late, "log: gzip: ratio", few, 1},
		"bytes":           {gzipped(noise(4<<20)) + late, "log: gzip: bytes", few, 1},
		"one of many":     {tarred("a", gzipped(strings.Repeat(zeros, 5)), "b", noise(1<<20), "c", late), "log: gzip: ratio", few, 1},
		"members":         {tarred(files...) + late, "log: tar: members", few, 1},
		"members, packed": {gzipped(tarred(files...)) + late, "log: tar: members", few, 1},
		"members of zip":  {zipped(zip.Deflate, files...) + late, "log: zip: members", few, 1},
		"encrypted":       {sized(8, 1, "a", noise(1000)) + sized(0, 0, "b", late), "log: zip: encrypted", nil, 1},
		"encrypted, open": {strings.Replace(zipped(zip.Store, "a", "nothing", "b", late), "\x14\x00\x08\x00", "\x14\x00\x09\x00", 1), "log: zip: encrypted", nil, 1},
		"method":          {sized(98, 0, "a", noise(1000)) + sized(0, 0, "b", late), "log: zip: method", nil, 1},
		"window":          {"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00" + strings.Repeat("a", 20), "log: zstd: window", nil, 0},
		"a zip's size":    {sized(8, 0, "a", zipped(zip.Deflate, "a", late)[31:33]) + noise(100) + late, "log: zip: damaged", nil, 1},
		"no zip":          {"PK\x03\x04" + late + strings.Repeat("words\n", 1<<19), "log: zip: encrypted", nil, 1},
		"dictionary":      {"\x28\xb5\x2f\xfd\x01\x58\x07" + strings.Repeat("a", 20), "log: zstd: dictionary", nil, 0},
		"in a script":     {"#!/bin/sh\nexit 0\n" + gzipped(noise(3<<20)+late), "log: gzip: too long to be read within other text", nil, 1},
		"in base64":       {"blob=" + base64.StdEncoding.EncodeToString([]byte(gzipped(noise(3<<20)+late))) + "\n", "log: gzip: too long to be read within other text (2 times)", nil, 1},
		"7z":              {"7z\xbc\xaf\x27\x1c" + noise(1000) + late, "log: 7z: method", nil, 1},
		"unknown":         {"BZh" + noise(17<<20) + late, "log: archive: what is behind it, or damaged, is only taken apart in its first 16 MiB", nil, 1},
		"damage":          {gzipped(strings.Repeat("words\n", 1<<20))[:5000] + noise(20<<20) + late, "log: gzip: what is behind it, or damaged, is only taken apart in its first 16 MiB", nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := scanner(t, ScanOptions{})
			if c.edit != nil {
				c.edit(s)
			}
			if err := s.Scan(t.Context(), "log", strings.NewReader(c.text)); err != nil {
				t.Fatal(err)
			}
			r := s.Result()
			if !slices.Contains(r.Gaps, c.gap) || len(r.Findings) != c.n || r.ScannedBytes != int64(len(c.text)) {
				t.Errorf("gaps %q, want %q; findings %q; %d bytes of %d", r.Gaps, c.gap, brief(r), r.ScannedBytes, len(c.text))
			}
		})
	}
}

// TestPackedCancelled: a scan that is given up within an archive says so.
func TestPackedCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	text, read := gzipped(tarred("a", noise(8<<20))), 0
	r := readerFunc(func(p []byte) (int, error) {
		n := copy(p, text[read:])
		if read += n; read > 2<<20 {
			cancel()
		}
		return n, nil
	})
	s := scanner(t, ScanOptions{})
	if err := s.Scan(ctx, "log", r); !errors.Is(err, context.Canceled) || !s.Result().Incomplete || read > 3<<20 {
		t.Errorf("%v, gaps %q, %d bytes were read", err, s.Result().Gaps, read)
	}
}

// TestPackedPanic: a decoder that fails is a gap, and the stream's end.
func TestPackedPanic(t *testing.T) {
	src := scanner(t, ScanOptions{}).newSource("log", false)
	src.ctx, src.top = t.Context(), src.newTap(strings.NewReader(""))
	m := &meter{src: src, kind: "gzip", in: src.top, r: io.NopCloser(readerFunc(func([]byte) (int, error) { panic("x") }))}
	if n, err := m.Read(make([]byte, 10)); n != 0 || err == nil || src.gaps["gzip: panic"] != 1 {
		t.Errorf("%d, %v, gaps %v", n, err, src.gaps)
	}
}

// TestPackedMemory: a large archive of many members, and bombs, are read in bounded memory.
func TestPackedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of MB")
	}
	for name, write := range map[string]func(w io.Writer){
		"members": func(w io.Writer) {
			z, _ := gzip.NewWriterLevel(w, gzip.NoCompression)
			a := tar.NewWriter(z)
			for i := range 2000 {
				text := []byte(strings.Repeat("no. "+fmt.Sprint(i)+"\n", 200*(i%40)))
				_ = a.WriteHeader(&tar.Header{Name: fmt.Sprint(i), Mode: 0o600, Size: int64(len(text))})
				_, _ = a.Write(text)
			}
			_, _ = a.Close(), z.Close()
		},
		"bomb": func(w io.Writer) {
			z, _ := gzip.NewWriterLevel(w, 1)
			for range 300 {
				_, _ = z.Write(make([]byte, 1<<20))
			}
			_ = z.Close()
		},
	} {
		in, out := io.Pipe()
		go func() { write(out); _ = out.Close() }()
		var most uint64
		reads := 0
		r := readerFunc(func(p []byte) (int, error) {
			if reads++; reads%64 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return in.Read(p)
		})
		s := scanner(t, ScanOptions{})
		if err := s.Scan(t.Context(), "log", r); err != nil {
			t.Fatal(err)
		}
		if most == 0 || most > 100<<20 || len(s.Result().Findings) > 0 {
			t.Errorf("%s: up to %d MB, findings %q, gaps %q", name, most>>20, brief(s.Result()), s.Result().Gaps)
		}
	}
}

// FuzzContainers: a text that begins as a container, or as half of one, gives the same findings however it is read, and in
// small windows the same secrets; nothing panics, and every byte is read.
func FuzzContainers(f *testing.F) {
	text := "GH=" + token(1) + " " + b64("GH="+token(2)) + "\n"
	for _, seed := range []string{
		gzipped(text), zlibbed(text), zstded(text), xzed(text), lzmaed(text), tarred("a", text, "b", gzipped(text)), zipped(zip.Deflate, "a", text),
		zipped(zip.Store, "a", text, "b", text), sized(0, 0, "a", text), sized(8, 1, "a", text) + text, gzipped(tarred("a", zipped(zip.Deflate, "b", text))),
		gzipped(text) + gzipped(text) + text, tarred("a", text)[:600], tarred("a", "") + text,
	} {
		f.Add([]byte(seed), uint64(1))
	}
	s := scanner(f, ScanOptions{})
	s.bounds = bounds{bytes: 1 << 22, ratio: 1100, floor: 1 << 20, members: 1000}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if len(text) > 1<<16 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		whole := findingsOf(t, s, bytes.NewReader(text))
		if cut := findingsOf(t, s, &piecemeal{text, rng}); !slices.EqualFunc(cut, whole, func(a, b Finding) bool { return a.Digest == b.Digest && a.Member == b.Member && a.Offset == b.Offset }) {
			t.Fatalf("%q: in pieces %+v, whole %+v", text, cut, whole)
		}
		src := s.newSource("log", false)
		if err := src.scan(t.Context(), bytes.NewReader(text)); err != nil || src.read != int64(len(text)) {
			t.Fatalf("%q: %d bytes of %d: %v", text, src.read, len(text), err)
		}
	})
}

// TestContainerCut: what begins like an archive and can be read no further ends.
func TestContainerCut(t *testing.T) {
	whole := sized(0, 0, "abcdefgh", "data")
	for _, text := range []string{whole[:30], whole[:34], whole[:38], "PK\x03\x04" + strings.Repeat("\xff", 70000), gzipped("words")[:18], tarred("a", "b")[:512]} {
		if r := scan(t, ScanOptions{}, text); slices.Contains(r.Gaps, "log: zip: members") {
			t.Errorf("%d bytes: gaps %q", len(text), r.Gaps)
		}
	}
}

// TestManySmallStreams: an archive of very many small streams does not take a decoder for each.
func TestManySmallStreams(t *testing.T) {
	const n = 200
	// A frame with a window of 2 MiB, and one block of 12 bytes as they are.
	files := slices.Repeat([]string{"a.zst", "\x28\xb5\x2f\xfd\x00\x58" + "\x61\x00\x00" + "words words\n"}, n)
	text := tarred(append(files, "b.zst", zstded("GH="+token(1)))...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := scan(t, ScanOptions{}, text, token(1))
	runtime.ReadMemStats(&after)
	if len(r.Findings) != 1 || r.Incomplete {
		t.Errorf("%q, gaps %q", brief(r), r.Gaps)
	}
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 1<<20 {
		t.Errorf("%d bytes for each", got)
	}
}
