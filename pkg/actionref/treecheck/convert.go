package treecheck

import "bytes"

// What git does to a file's content on its way out of the repository, in this
// order: ident, line ends, encoding, filters (gitattributes, "Checking-out and
// checking-in"). "git archive" does the same, and export-subst after it. The
// first two depend on the committed content alone, so each has one result, and
// whoever changed the disk can choose nothing.

// converted is a content that the commit accounts for, and by what.
type converted struct {
	content []byte
	by      string // "" for the blob as it is
}

// conversions returns what the attributes may have made of a blob. Each step
// may also have been left out: not every tool that makes archives does it.
func conversions(blob []byte, id string, a attributes, windows bool) []converted {
	all := []converted{{blob, ""}}
	if a.set(ident) {
		all = append(all, converted{expandIdent(blob, id), "ident"})
	}
	convert, auto := a.toCRLF(windows)
	if !convert {
		return all
	}
	for _, c := range all {
		if auto && bytes.ContainsAny(c.content, "\r\x00") {
			continue // not text to git, or already converted
		}
		by := "eol"
		if c.by != "" {
			by = c.by + "+eol"
		}
		all = append(all, converted{withCRLF(c.content), by})
	}
	return all
}

// toCRLF reports whether the attributes turn LF into CRLF, and whether only in
// what looks like text. On Windows that is also what becomes of text for which
// no line end is set.
func (a attributes) toCRLF(windows bool) (convert, auto bool) {
	kind := a[text]
	if kind == "unspecified" {
		kind = a[crlf]
	}
	switch {
	case kind == "unset" || a[eol] == "lf":
		return false, false
	case a[eol] == "crlf":
		return true, kind == "auto"
	}
	return windows && (kind == "set" || kind == "auto"), kind == "auto"
}

// withCRLF gives every LF that has no CR before it one.
func withCRLF(b []byte) []byte {
	out := make([]byte, 0, len(b)+bytes.Count(b, []byte("\n")))
	for i, c := range b {
		if c == '\n' && (i == 0 || b[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}

// expandIdent replaces $Id$, and what git made of it before, by $Id: ID $.
func expandIdent(b []byte, id string) []byte {
	var out []byte
	for {
		i := bytes.IndexByte(b, '$')
		if i < 0 {
			return append(out, b...)
		}
		out = append(out, b[:i+1]...)
		b = b[i+1:]
		if rest, ok := cutIdent(b); ok {
			out = append(out, "Id: "+id+" $"...)
			b = rest
		}
	}
}

// cutIdent takes the rest of a keyword off, the first $ being gone: "Id$" or
// "Id:…$" on one line. A text with a space inside is another system's keyword
// and stays.
func cutIdent(b []byte) (rest []byte, ok bool) {
	if rest, ok = bytes.CutPrefix(b, []byte("Id$")); ok {
		return rest, true
	}
	if b, ok = bytes.CutPrefix(b, []byte("Id:")); !ok {
		return nil, false
	}
	value, rest, ok := bytes.Cut(b, []byte("$"))
	if !ok || bytes.IndexByte(value, '\n') >= 0 {
		return nil, false
	}
	// The first byte and the last may be spaces.
	if len(value) > 2 && bytes.IndexByte(value[1:len(value)-1], ' ') >= 0 {
		return nil, false
	}
	return rest, true
}
