package decode

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf8"
)

// enoughText is how many characters of text in a row make bytes worth a look. Among random bytes such a row begins once
// in about 40 million.
const enoughText = 16

// worthwhile reports whether decoded bytes could mean something to anyone: text, wide text, or a format known here.
func (j *job) worthwhile(b []byte) bool {
	return hasText(b) || multibyte(b) || wideText(b) || j.packed(b)
}

// textual reports whether b has text in it.
func textual(b []byte) bool {
	return hasText(b) || multibyte(b)
}

// promising is worthwhile for a part of the bytes, without what takes time.
func promising(b []byte, head bool) bool {
	return hasText(b) || multibyte(b) || wideText(b) || head && hasMagic(b)
}

// hasText reports whether b has a row of text in it that chance does not explain. What is shorter than such a row must
// be text all over, but for one byte in 12. It looks at the last byte of a row first: of random bytes it sees one in ten.
func hasText(b []byte) bool {
	if len(b) < minText {
		return false
	}
	need := min(enoughText, len(b)-len(b)/12)
	seen := 0 // what is before it is known to be text from start on
	for start := 0; start+need <= len(b); {
		end := start + need
		i := end - 1
		for i >= seen && classes[b[i]]&isBinary == 0 {
			i--
		}
		if i < seen {
			return true
		}
		start, seen = i+1, end
	}
	return false
}

// multibyte reports whether b is text in UTF-8 with letters that ASCII lacks.
func multibyte(b []byte) bool {
	if len(b) < enoughText {
		return false
	}
	head := b[:min(len(b), 64)]
	letters := 0
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && len(head)-i >= utf8.UTFMax || r < ' ' && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
		i += n
		letters++
	}
	return letters >= 8
}

// wideText reports whether b begins like, or somewhere has, text in UTF-16 or UTF-32 with Latin letters.
func wideText(b []byte) bool {
	at := bytes.IndexByte(b, 0)
	if at < 0 || len(b) < 2*minText {
		return false
	}
	pairs := 0
	for i := max(at-1, 0); i+1 < len(b); i += 2 {
		x, y := b[i], b[i+1]
		if (x == 0) == (y == 0) {
			i-- // UTF-32, or another alignment
			if x != 0 {
				pairs = 0
				if n := bytes.IndexByte(b[i+2:], 0); n >= 0 {
					i += n - 1 // the pair that ends with the next zero
				} else {
					return false
				}
			}
			continue
		}
		if classes[x|y]&isBinary != 0 {
			pairs = 0
			continue
		}
		if pairs++; pairs >= minText-1 {
			return true
		}
	}
	return false
}

// magics are the first bytes of the formats that are recognised anywhere, with their least length: 3 bytes, as fewer are
// met by chance too often. Sources: RFC 1952, RFC 8878, the xz and bzip2 formats, PKWARE's APPNOTE.
var magics = [][]byte{
	{0x1f, 0x8b, 8}, {0x28, 0xb5, 0x2f, 0xfd}, {0xfd, '7', 'z', 'X', 'Z', 0}, []byte("BZh"), []byte("PK\x03\x04"),
}

// nearMagic is how far from the start a format may begin when decoded bytes are judged: something may be glued before it.
const nearMagic = 64

// packed reports whether b is, or soon has, something compressed or an archive.
func (j *job) packed(b []byte) bool {
	return hasMagic(b) || lzmaHeader(b) || isTar(b) || j.inflates(b) || j.deflated(b)
}

func hasMagic(b []byte) bool {
	head := b[:min(len(b), nearMagic)]
	for at, c := range head {
		if classes[c]&isMagic == 0 {
			continue
		}
		for _, m := range magics {
			if m[0] == c && bytes.HasPrefix(head[at:], m) && plausible(b[at:]) {
				return true
			}
		}
	}
	return false
}

// plausible looks at the bytes after a magic.
func plausible(b []byte) bool {
	switch {
	case len(b) < 18:
		return false
	case b[0] == 0x1f:
		return b[3]&0xe0 == 0 // reserved flags
	case b[0] == 0xfd: // the sum of the two bytes of flags
		return crc32.ChecksumIEEE(b[6:8]) == binary.LittleEndian.Uint32(b[8:])
	case b[0] == 'B':
		return b[3] >= '1' && b[3] <= '9' && (bytes.HasPrefix(b[4:], []byte("1AY&SY")) || bytes.HasPrefix(b[4:], []byte("\x17\x72\x45\x38\x50\x90")))
	}
	return true
}
