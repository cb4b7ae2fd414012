package treecheck

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const someID = "0123456789abcdef0123456789abcdef01234567"

// FuzzListing: what is accepted is sorted, has paths that stay inside, and is
// written back to the same bytes.
func FuzzListing(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("100644 blob " + someID + "\ta\x00100755 blob " + someID + "\ta.b\x00120000 blob " + someID + "\ta/c\nd\x00160000 commit " + someID + "\tb\x00"))
	f.Add([]byte("100644 blob " + someID + "\t../x\x00"))
	f.Add([]byte("100644 blob " + someID + "\ta/.GIT/x\x00"))
	f.Add([]byte("040000 tree " + someID + "\ta\x00"))
	f.Add([]byte("100644 blob " + someID + "\tb\x00100644 blob " + someID + "\ta\x00"))
	f.Add([]byte("100644 blob " + someID[1:] + "\ta\x00"))
	f.Add([]byte("100644 blob " + someID + "\ta"))
	f.Fuzz(func(t *testing.T, out []byte) {
		entries, err := parseListing(out)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) }) {
			t.Error("not sorted")
		}
		var again []byte
		for _, e := range entries {
			kind := "blob"
			if e.Mode == ModeSubmodule {
				kind = "commit"
			}
			again = fmt.Appendf(again, "%06o %s %s\t%s\x00", e.Mode, kind, e.ID, e.Path)
			if strings.HasPrefix(e.Path, "/") || strings.Contains("/"+e.Path+"/", "/../") || strings.Contains("/"+strings.ToLower(e.Path)+"/", "/.git/") {
				t.Errorf("git refuses the path %q", e.Path)
			}
		}
		if !bytes.Equal(again, out) {
			t.Errorf("written back as %q", again)
		}
		if id := treeID(entries, 0); !isID(id) {
			t.Errorf("tree id %q", id)
		}
	})
}

// FuzzSizes: what is accepted has one size for each id, of which
// none is negative.
func FuzzSizes(f *testing.F) {
	f.Add([]byte(someID + " blob 8\n" + someID + " blob 0\n"))
	f.Add([]byte(someID + " blob 8\n" + someID + " missing\n"))
	f.Add([]byte(someID + " blob 8\n" + someID + " blob 0"))
	f.Add([]byte(someID + " blob -8\n" + someID + " blob 9223372036854775808\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		sizes, err := parseSizes(out, []string{someID, someID})
		if err != nil {
			return
		}
		if len(sizes) != 2 || sizes[0] < 0 || sizes[1] < 0 || strings.Count(string(out), "\n") != 2 {
			t.Errorf("%q are %d", out, sizes)
		}
	})
}

// FuzzObject: an object is returned only with the id that was asked for.
func FuzzObject(f *testing.F) {
	blob := []byte("content\n")
	id := gitID("blob", blob)
	f.Add([]byte(id+" blob 8\ncontent\n\n"), id)
	f.Add([]byte(id+" blob 8\ncontent\n"), id)
	f.Add([]byte(id+" blob 7\ncontent\n"), id)
	f.Add([]byte(id+" blob -1\n"), id)
	f.Add([]byte(id+" blob 99999999999999999999\n"), id)
	f.Add([]byte(id+" missing\n"), id)
	f.Fuzz(func(t *testing.T, out []byte, id string) {
		content, rest, err := cutObject(out, id, "blob")
		if err == nil && (gitID("blob", content) != id || len(content)+len(rest) >= len(out)) {
			t.Errorf("content %q, rest %q", content, rest)
		}
	})
}

// FuzzHeader: a commit that is read names a tree, and its dates can be printed
// the way git prints them.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("tree " + someID + "\nparent " + someID + "\nauthor A <a> 1 +0000\ncommitter C <c> 1 -1200\ngpgsig x\n\nmessage\n"))
	f.Add([]byte("tree " + someID + "\nauthor A <a> 9999999999 +9959\n"))
	f.Add([]byte("tree " + someID))
	f.Add([]byte("parent " + someID))
	f.Fuzz(func(t *testing.T, content []byte) {
		h, err := parseHeader(content)
		if err != nil {
			return
		}
		if value, ok := h.expand(someID, "%T"); !ok || !isID(value) {
			t.Errorf("tree %q", value)
		}
		if value, ok := h.expand(someID, "%ct %ai"); ok && strings.ContainsAny(value, "\n%") {
			t.Errorf("dates %q", value)
		}
	})
}

// FuzzAttributes: every path has an answer, and only those that were asked for.
func FuzzAttributes(f *testing.F) {
	var good []byte
	for _, path := range []string{"a", "d/"} {
		for _, name := range attributeNames {
			good = fmt.Appendf(good, "%s\x00%s\x00unspecified\x00", path, name)
		}
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(good, 0))
	f.Fuzz(func(t *testing.T, out []byte) {
		all, err := parseAttributes(out, []string{"a", "d/"})
		if err == nil && (len(all) != 2 || bytes.Count(out, []byte{0}) != 2*3*numAttributes) {
			t.Errorf("%d answers from %q", len(all), out)
		}
	})
}

// FuzzPointer: a pointer has one spelling.
func FuzzPointer(f *testing.F) {
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0f", 32) + "\nsize 12\n"))
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0F", 32) + "\nsize 012\n"))
	f.Fuzz(func(t *testing.T, blob []byte) {
		p, ok := parsePointer(blob)
		again := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", p.sha256, p.size)
		if ok && again != string(blob) {
			t.Errorf("%q is read as %q", blob, again)
		}
	})
}

// FuzzSubst: the match agrees with a regular expression, and what is computed
// is a special case of what may be anything.
func FuzzSubst(f *testing.F) {
	f.Add([]byte("a$Format:%h$b$Format:%H$c"), []byte("a1b2c"))
	f.Add([]byte("$Format:%h$aab$Format:%d$aab"), []byte("aaabaab"))
	f.Add([]byte("$Format:$Format:$"), []byte("Format:$"))
	f.Add(bytes.Repeat([]byte("$Format:%h$a"), 20), bytes.Repeat([]byte("a"), 200))
	f.Fuzz(func(t *testing.T, content, disk []byte) {
		if len(content) > 300 || len(disk) > 300 {
			return // the regular expression takes the product of both
		}
		got := parseSubst(content, unknown).match(disk)
		// As latin-1, so that every byte is one character of the expression.
		if want := asRegexp(latin1(content)).MatchString(latin1(disk)); got != want {
			t.Errorf("%q matches %q: %v, want %v", content, disk, got, want)
		}
		h := header{tree: someID}
		known := parseSubst(content, func(format string) (string, bool) { return h.expand(someID, format) })
		if known.match(disk) && !got {
			t.Errorf("%q matches %q only where more is known", content, disk)
		}
		if convert := conversions(content, someID, attributes{ident: "set", eol: "crlf"}, false); len(convert) != 4 {
			t.Errorf("%d conversions", len(convert))
		}
	})
}

func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}
