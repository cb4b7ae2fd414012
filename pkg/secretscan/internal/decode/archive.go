package decode

import (
	"archive/tar"
	"bytes"
	"io"
	"unicode/utf8"
)

// archives gives the members of zip archives anywhere in the text, and of the tar archive that it is.
func (j *job) archives() {
	if j.survey.any&isBinary == 0 {
		return
	}
	if isTar(j.text) {
		j.tar()
	}
	j.zip()
}

// isTar reports whether b begins with a header of a tar archive: its sum is right. Source: POSIX' pax, ustar.
func isTar(b []byte) bool {
	const block, sum, sumEnd = 512, 148, 156
	if len(b) < block || b[0] == 0 {
		return false
	}
	want, digits := 0, 0
	for _, c := range b[sum:sumEnd] {
		if c >= '0' && c <= '7' {
			want = want<<3 | int(c-'0')
			digits++
		} else if digits > 0 || c != ' ' {
			break
		}
	}
	have, signed := 8*int(' '), 8*int(' ') // old programs added signed bytes
	for i, c := range b[:block] {
		if i < sum || i >= sumEnd {
			have += int(c)
			signed += int(int8(c))
		}
	}
	return digits > 0 && (have == want || signed == want)
}

// tar gives members as they are in the archive. Sizes are claims: no more is read than there is, and a member that is cut
// is given as far as it goes.
func (j *job) tar() {
	in := bytes.NewReader(j.text)
	t := tar.NewReader(in)
	for n := 0; ; n++ {
		h, err := t.Next()
		if err != nil { // its end, or damage: what is behind that is seen in the text itself
			return
		}
		if j.b.spent() {
			return
		}
		if n >= j.b.limits.Members {
			j.b.gap("tar", "members")
			return
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse {
			continue
		}
		start := len(j.text) - in.Len()
		room, limit := j.b.room(min(len(j.text), int(min(h.Size, int64(len(j.text))))))
		data, _ := io.ReadAll(io.LimitReader(t, int64(room)+1))
		j.b.work += 2 * len(data)
		if len(data) > room {
			j.b.gap("tar", limit)
			data = data[:room]
		}
		j.give(Child{Decoder: "tar", Data: data, Start: start, End: len(j.text) - in.Len(), Approximate: true, Name: MemberName(h.Name)})
	}
}

// MemberName is a name in UTF-8 and of a bounded length.
func MemberName(name string) string {
	const most = 512
	if len(name) > most {
		name = name[:most]
	}
	for !utf8.ValidString(name) {
		name = string(bytes.ToValidUTF8([]byte(name), []byte("?")))
	}
	return name
}

// zip gives the members of zip archives by their local headers, in one pass: what is cut off, glued together or behind
// a program has no directory that can be found, and a directory is only a claim. Source: PKWARE's APPNOTE 4.3.7.
func (j *job) zip() {
	magic := magics[4]
	for at, members, bad := 0, 0, 0; ; {
		i := bytes.Index(j.text[at:], magic)
		if i < 0 {
			return
		}
		at += i
		if j.b.spent() {
			return
		}
		if members >= j.b.limits.Members {
			j.b.gap("zip", "members")
			return
		}
		n, ok := j.zipMember(at)
		if ok {
			members++
		} else if bad++; bad > j.b.limits.Members {
			j.b.gap("zip", "members")
			return
		}
		at += max(n, len(magic))
	}
}

// zipMember gives one member and returns how many bytes of the text it has, and whether there was one.
func (j *job) zipMember(at int) (int, bool) {
	b := j.text[at:]
	h, ok := ReadZipHeader(b)
	if !ok || h.Odd || h.Bytes > len(b) {
		return 0, false
	}
	body, known := h.Bytes, h.Size >= 0 && h.Size <= int64(len(b)-h.Bytes)
	switch {
	case h.Encrypted:
		j.b.gap("zip", "encrypted")
		return body, true
	case h.Method == 0:
		size := int(h.Size)
		if !known { // the size is behind the data, or the archive is cut
			size = StoredSize(b[body:])
		}
		data := bytes.Clone(b[body : body+size])
		j.b.work += len(data)
		j.give(Child{Decoder: "zip", Data: data, Start: at, End: at + body + size, Name: h.Name, Approximate: true})
		return body + size, true
	case !h.Readable:
		j.b.gap("zip", "method")
		return body, true
	}
	in := bytes.NewReader(b[body:])
	if known {
		in = bytes.NewReader(b[body : body+int(h.Size)])
	}
	all := in.Len()
	data, whole := j.read("zip", in, zipMethods()[h.Method], true)
	if len(data) > 0 {
		j.give(Child{Decoder: "zip", Data: data, Start: at, End: at + body + all - in.Len(), Name: h.Name, Approximate: true})
	}
	if !whole {
		return body, len(data) > 0
	}
	return body + all - in.Len(), true
}

// StoredSize is how far it is to the next record of an archive.
func StoredSize(b []byte) int {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("PK"))
		if i < 0 {
			return len(b)
		}
		at += i
		if at+4 <= len(b) && (b[at+2] == 7 && b[at+3] == 8 || b[at+2] == 1 && b[at+3] == 2 || b[at+2] == 3 && b[at+3] == 4) {
			return at
		}
		at += 2
	}
}
