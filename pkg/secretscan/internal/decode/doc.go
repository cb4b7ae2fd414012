// Package decode turns one text into the texts that are encoded in it: base64 in a log line, a gzip stream, the members
// of an archive, a hex dump, the same line backwards. Each is a child; a caller that calls [Children] again for a child
// walks a tree, as deep as it likes.
//
// A child never replaces anything in its parent. Decoders are binary-safe, look at bytes and never at declared types, and
// give a child only if what came out could mean something: text, text in UTF-16 or UTF-32, or a format known here. So a
// picture in base64 does not become a tree of noise.
//
// Everything is paid from one [Budget] per source. What was not looked at for lack of budget, in a stream that asks for
// too much or is encrypted, or because a decoder failed, is a [Gap] with a name. A stream that is damaged is read up to
// there, and that is no gap.
//
// The names of decoders, as they stand in a path:
//
//	base64 base32 base32hex base58 hex binary     runs of an alphabet's characters: glued to a word, or wrapped at any width
//	                                              behind any prefix, with foreign lines in between
//	base85 ascii85 z85 git-base85 uuencode        five characters for four bytes, and uuencode
//	hex octal od bytes binary code-points         dumps and arrays: xxd, hexdump, od, 0x47, \x47, [71, 72]
//	intel-hex s-record                            memory of devices
//	escape percent entity quoted-printable joined \n \u0047 \107, %47, %u0047, &#71;, =47, "ab" + "cd"
//	utf16 utf32                                   at any offset, both byte orders
//	spaced pem terminal unwrapped                 s e c r e t; keys without what a log puts before each line; without ANSI
//	                                              and what is invisible; words that go on in the next line
//	reversed rot13 reversed-base64 rot13-base64   lines that look random, and runs
//	reversed-hex                                  hexadecimal from its end
//	gzip zlib deflate zstd xz lzma bzip2          compressed, at the start or behind other bytes
//	zip tar                                       one child for each member
package decode

// Child is what a decoder made of a part of a text.
type Child struct {
	Decoder     string // its name in a decode path: "base64", "hex", "gzip", ...
	Data        []byte // belongs to the receiver; may share memory with no text
	Start, End  int    // the span of the encoded text in the parent, in bytes
	Approximate bool   // positions inside Data say nothing about positions in the span: archives, compression, transforms
	Name        string // of an archive's member, else empty; chosen by whoever made the archive
}

// Children calls each for every child of text, in no particular order. It keeps no reference to text, and each may call
// Children for the child it was given, with the same budget. A text that is no child as it was given counts as a part of
// the source, by whose size the budget grows.
//
// Transforms that apply to anything (reversal, rot13) are made only of lines with something in them that looks random and
// that no other decoder could read, and not of a long block of base64 in lines: see otherText. Their children are transformed
// back by nobody, as the budget knows what it has seen.
func Children(text []byte, b *Budget, each func(Child)) {
	if len(text) < minText {
		return
	}
	from, ok := b.enter(text)
	if !ok {
		return
	}
	j := &job{text: text, b: b, each: each, origin: from}
	j.guard("scan", func() { j.survey = scan(text) })
	for _, d := range []struct {
		name string
		run  func()
	}{
		{"compressed", j.compressed},
		{"archive", j.archives},
		{"utf16", j.wide},
		{"base", j.runs},
		{"base85", j.base85},
		{"uuencode", j.uuencode},
		{"git-base85", j.gitPatches},
		{"numbers", j.numbers},
		{"records", j.records},
		{"spaced", j.spaced},
		{"grouped", j.grouped},
		{"escape", j.escapes},
		{"joined", j.joined},
		{"unwrapped", j.unwrapped},
		{"percent", j.percent},
		{"entity", j.entities},
		{"quoted-printable", j.quotedPrintable},
		{"terminal", j.terminal},
		{"pem", j.pem},
		{"mirror", j.mirrors},
	} {
		if b.unpacked && from != fresh && (d.name == "compressed" || d.name == "archive") {
			continue
		}
		j.guard(d.name, d.run)
	}
}

// minText is the shortest text that is looked at, in bytes: the base64 of a value of 8 bytes has 11.
const minText = 8

// job is one call of Children.
type job struct {
	text   []byte
	b      *Budget
	each   func(Child)
	survey survey
	origin origin
	giving bool   // each is running
	odd    []span // runs that look random and that no decoder could read

	rows     rowReader
	repeated int // bytes that stars in dumps stood for
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

// guard runs a decoder; its panic becomes a gap. A panic of the caller's own function goes on.
func (j *job) guard(name string, run func()) {
	defer func() {
		if j.giving || j.b.strict {
			return
		}
		if r := recover(); r != nil {
			j.b.gap(name, "panic")
		}
	}()
	if !j.b.spent() {
		run()
	}
}

// give hands a child to the caller unless it was seen before or nothing is left for it. Noise in other clothes is no
// child.
func (j *job) give(c Child) {
	if len(c.Data) < minText || c.origin() == redressed && !j.worthwhile(c.Data) || !j.b.admit(c) {
		return
	}
	j.giving = true
	j.each(c)
	j.giving = false
}
