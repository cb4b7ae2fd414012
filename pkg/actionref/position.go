package actionref

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// lineIndex translates the YAML library's positions into bytes and into what a
// person sees. The library ends a line also at NEL, LS and PS (YAML 1.1), which
// no editor and no code review does.
type lineIndex struct {
	src   []byte
	yaml  []int // where each line of the library begins
	human []int // where each line begins after LF, CRLF or CR
	runes []int // characters before each block of src: a line can be the whole file
}

// block is how many bytes are counted at most to find a character.
const block = 256

func newLineIndex(src []byte) lineIndex {
	start := 0
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		start = len("\ufeff") // not a character of the first line
	}
	x := lineIndex{src: src, yaml: []int{start}, human: []int{start}}
	for i, n := 0, 0; i <= len(src); i += block {
		x.runes = append(x.runes, n)
		n += countRunes(src[i:min(i+block, len(src))])
	}
	for i := start; i < len(src); {
		n, human := lineBreak(src[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		x.yaml = append(x.yaml, i)
		if human {
			x.human = append(x.human, i)
		}
	}
	return x
}

// lineBreak returns the length of the line break that s begins with, or 0, and
// whether people see one.
func lineBreak(s []byte) (length int, human bool) {
	switch s[0] {
	case '\n':
		return 1, true
	case '\r':
		if len(s) > 1 && s[1] == '\n' {
			return 2, true
		}
		return 1, true
	case 0xC2:
		if len(s) > 1 && s[1] == 0x85 {
			return 2, false
		}
	case 0xE2:
		if len(s) > 2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9) {
			return 3, false
		}
	}
	return 0, false
}

// countRunes counts the bytes that begin a character, so that a character cut
// in two counts once.
func countRunes(s []byte) int {
	n := 0
	for _, c := range s {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

// before is how many characters come before a byte.
func (x lineIndex) before(at int) int {
	from := at / block
	return x.runes[from] + countRunes(x.src[from*block:at])
}

// offset is the byte at which a position of the library is.
func (x lineIndex) offset(line, col int) int {
	if line < 1 || line > len(x.yaml) {
		return len(x.src)
	}
	want := x.before(x.yaml[line-1]) + max(col, 1) - 1
	from := sort.SearchInts(x.runes, want+1) - 1
	at := from * block
	for n := x.runes[from]; at < len(x.src); at++ {
		if utf8.RuneStart(x.src[at]) {
			if n == want {
				break
			}
			n++
		}
	}
	return at
}

// place is the line and column, both from 1 and the column in characters, of a byte.
func (x lineIndex) place(at int) (line, col int) {
	if len(x.human) == 0 {
		return 1, 1
	}
	line = sort.SearchInts(x.human, at+1)
	if line == 0 {
		return 1, 1
	}
	return line, 1 + x.before(at) - x.before(x.human[line-1])
}

// maxColumn bounds, in bytes, how far into a line an exact place is: columns
// beyond are of no use to anybody who shows them.
const maxColumn = 64 << 10

// exact is the place of a span.
func (x lineIndex) exact(s Span) Exact {
	if s.Start >= s.End || s.End > len(x.src) {
		return Exact{}
	}
	line, col := x.place(s.Start)
	start := x.human[line-1]
	if s.End-start > maxColumn {
		return Exact{}
	}
	return Exact{line, col, 1 + x.before(s.End) - x.before(start)}
}

// shown is the line that people see for a line of the library.
func (x lineIndex) shown(line int) int {
	if line < 1 || line > len(x.yaml) {
		line = len(x.yaml)
	}
	n, _ := x.place(x.yaml[line-1])
	return n
}

// scalar is where the parts of a scalar are in the file, as offsets.
type scalar struct {
	start   int  // of its anchor, tag, quote, block indicator or value
	literal Span // of the value as it was written; empty if it was written otherwise
	after   int  // behind value and quote, or behind a block's indicator
	plain   bool // after is on the line of the value: a comment may follow
}

// locate finds the parts of an entry's value.
func (f *finder) locate(e entry) scalar {
	n := e.value
	s := scalar{start: f.lines.offset(n.Line, n.Column)}
	content := f.skipProperties(s.start)
	switch {
	case n.Value == "" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 && content == s.start:
		s.start = f.afterColon(e.keyAt)
		s.after, s.plain = s.start, true
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s.after = content
		for s.after < len(f.src) && strings.IndexByte("|>+-0123456789", f.src[s.after]) >= 0 {
			s.after++
		}
		s.literal = f.inBlock(s.after, n.Value)
	default:
		quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
		if quoted {
			content++
		}
		end := content + len(n.Value)
		if n.Value != "" && end <= len(f.src) && string(f.src[content:end]) == n.Value {
			lead := len(n.Value) - len(strings.TrimLeft(n.Value, white))
			s.literal, s.after, s.plain = Span{content + lead, content + lead + len(strings.Trim(n.Value, white))}, end, true
			if quoted {
				s.after++
			}
		}
	}
	return s
}

// skipProperties returns where the content of a node begins, behind its anchor and tag.
func (f *finder) skipProperties(at int) int {
	for at < len(f.src) && (f.src[at] == '&' || f.src[at] == '!') {
		end := at
		for end < len(f.src) && strings.IndexByte(" \t\r\n,[]{}", f.src[end]) < 0 {
			end++
		}
		at = f.skipSpace(end)
	}
	return at
}

// skipSpace returns where white space, line ends and comments end.
func (f *finder) skipSpace(at int) int {
	for at < len(f.src) {
		switch c := f.src[at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			at++
		case c == '#' && at > 0 && strings.IndexByte(" \t\r\n", f.src[at-1]) >= 0:
			for at < len(f.src) && f.src[at] != '\n' && f.src[at] != '\r' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// afterColon is where an empty value belongs: behind the colon of its key, or
// behind the key if it has none. The library says so in block style only.
func (f *finder) afterColon(key *yaml.Node) int {
	if key == nil {
		return 0
	}
	end := f.skipProperties(f.lines.offset(key.Line, key.Column))
	switch {
	case end >= len(f.src):
	case key.Kind == yaml.AliasNode:
		end += 1 + len(key.Value)
	case f.src[end] == '"' || f.src[end] == '\'':
		end = closing(f.src, end)
	case key.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		end = f.explicitColon(end)
	default:
		end += len(key.Value)
	}
	end = min(end, len(f.src))
	if at := f.skipSpace(end); at < len(f.src) && f.src[at] == ':' {
		return at + 1
	}
	return end
}

// explicitColon is where the line begins, behind at, that starts with a colon:
// the value of a key that is a block scalar.
func (f *finder) explicitColon(at int) int {
	for at < len(f.src) {
		next := bytes.IndexAny(f.src[at:], "\r\n")
		if next < 0 {
			break
		}
		if at = f.skipBytes(at+next, white); at < len(f.src) && f.src[at] == ':' {
			return at
		}
	}
	return len(f.src)
}

// closing returns where the quoted scalar that begins at the quote at ends.
func closing(src []byte, at int) int {
	quote := src[at]
	for at++; at < len(src); at++ {
		switch {
		case src[at] == '\\' && quote == '"':
			at++
		case src[at] != quote:
		case quote == '\'' && at+1 < len(src) && src[at+1] == quote:
			at++
		default:
			return at + 1
		}
	}
	return len(src)
}

// inBlock is the span of a block scalar's value if it is one line and stands
// there as it is.
func (f *finder) inBlock(at int, value string) Span {
	value = strings.Trim(value, white)
	next := bytes.IndexAny(f.src[at:], "\r\n")
	if value == "" || strings.ContainsAny(value, "\r\n") || next < 0 {
		return Span{}
	}
	at = f.skipBytes(at+next, white)
	rest, ok := bytes.CutPrefix(f.src[at:], []byte(value))
	if rest = bytes.TrimLeft(rest, " \t"); ok && (len(rest) == 0 || rest[0] == '\n' || rest[0] == '\r') {
		return Span{at, at + len(value)}
	}
	return Span{}
}

// maxComment is how much of a comment is read for a version, in bytes.
const maxComment = 256

// comment returns where the version in the comment behind a scalar is, and
// where a comment can be added: behind the value, if nothing but a comment
// follows. Brackets that close a flow collection may stand before a comment.
func (f *finder) comment(s scalar) (word Span, tail int) {
	if s.after == 0 || s.after > len(f.src) {
		return Span{}, 0
	}
	blank := f.skipBytes(s.after, " \t")
	at := f.skipBytes(blank, " \t}],")
	isComment := at < len(f.src) && f.src[at] == '#' && at > s.after && (f.src[at-1] == ' ' || f.src[at-1] == '\t')
	ends := at == len(f.src) || f.src[at] == '\n' || f.src[at] == '\r'
	if s.plain && blank == at && (isComment || ends) {
		tail = s.after
	}
	if !isComment {
		return Span{}, tail
	}
	text := f.src[at+1 : min(at+1+maxComment, len(f.src))]
	if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
		text = text[:i]
	}
	from, to := version(string(text))
	if from == to {
		return Span{}, tail
	}
	return Span{at + 1 + from, at + 1 + to}, tail
}

// skipBytes returns where bytes other than those of set begin.
func (f *finder) skipBytes(at int, set string) int {
	for at < len(f.src) && strings.IndexByte(set, f.src[at]) >= 0 {
		at++
	}
	return at
}
