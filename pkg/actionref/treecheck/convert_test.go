package treecheck

import (
	"regexp"
	"strings"
	"testing"
)

// The conversions are git's own: TestCompare holds them against real archives.
// Here are the corners.
func TestExpandIdent(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		"$Id$":               "$Id: X $",
		"$Id$$Id$":           "$Id: X $$Id: X $",
		"$$Id$":              "$$Id: X $",
		"$Id: old $":         "$Id: X $",
		"$Id:old$":           "$Id: X $",
		"$Id:$":              "$Id: X $",
		"$Id: a b $":         "$Id: a b $",
		"$Id: line\nbreak $": "$Id: line\nbreak $",
		"$Id":                "$Id",
		"$Id:":               "$Id:",
		"$Idx$Id$":           "$Idx$Id: X $",
		"$id$":               "$id$",
	} {
		if got := string(expandIdent([]byte(in), "X")); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestWithCRLF(t *testing.T) {
	for in, want := range map[string]string{"": "", "\n": "\r\n", "a\n\nb": "a\r\n\r\nb", "a\r\nb\n": "a\r\nb\r\n", "\r": "\r"} {
		if got := string(withCRLF([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestToCRLF(t *testing.T) {
	for _, c := range []struct {
		text, crlf, eol     string
		windows, want, auto bool
	}{
		{"unspecified", "unspecified", "crlf", false, true, false},
		{"unset", "unspecified", "crlf", false, false, false},
		{"set", "unspecified", "crlf", false, true, false},
		{"auto", "unspecified", "crlf", false, true, true},
		{"unspecified", "unset", "crlf", false, false, false},
		{"auto", "unspecified", "lf", true, false, false},
		{"auto", "unspecified", "unspecified", false, false, true},
		{"auto", "unspecified", "unspecified", true, true, true},
		{"set", "unspecified", "unspecified", true, true, false},
		{"unspecified", "unspecified", "unspecified", true, false, false},
	} {
		a := attributes{text: c.text, crlf: c.crlf, eol: c.eol}
		if convert, auto := a.toCRLF(c.windows); convert != c.want || convert && auto != c.auto {
			t.Errorf("%+v: %v, %v", c, convert, auto)
		}
	}
	a := attributes{text: "auto", eol: "crlf"}
	if all := conversions([]byte("a\nb\x00"), "", a, false); len(all) != 1 {
		t.Errorf("what is not text is converted to %q", all[1].content)
	}
}

func TestParsePointer(t *testing.T) {
	oid := strings.Repeat("0f", 32)
	const version = "version https://git-lfs.github.com/spec/v1\n"
	good := version + "oid sha256:" + oid + "\nsize 12\n"
	if p, ok := parsePointer([]byte(good)); !ok || p.size != 12 || p.sha256[1] != 0x0f {
		t.Errorf("%+v, %v", p, ok)
	}
	for _, bad := range []string{
		"", version, good + "\n", good + "x 1\n", strings.TrimSuffix(good, "\n"), " " + good, strings.ToUpper(good),
		strings.Replace(good, "size 12", "size 012", 1), strings.Replace(good, "size 12", "size -1", 1), strings.Replace(good, "size 12", "size +1", 1),
		strings.Replace(good, "0f0f", "0F0F", 1), strings.Replace(good, "0f0f", "0f", 1), strings.Replace(good, "0f0f", "0f0f0f", 1),
		strings.Replace(good, "sha256", "sha1", 1), strings.Replace(good, "\n", "\r\n", -1), version + "size 12\noid sha256:" + oid + "\n",
		strings.Replace(good, "size 12", "size 99999999999999999999", 1),
	} {
		if p, ok := parsePointer([]byte(bad)); ok {
			t.Errorf("%q is read as %+v", bad, p)
		}
	}
}

// What git puts in is tried on real archives in TestCompare; here the match
// itself is held against a regular expression, which says the same.
func TestSubstMatch(t *testing.T) {
	for _, content := range []string{
		"", "a", "$Format:%h$", "a$Format:%h$", "$Format:%h$b", "a$Format:%h$b", "a$Format:%h$aa$Format:%d$a", "$Format:%h$aab$Format:%d$aab$Format:%d$b",
		"aa$Format:%h$aa", "$Format:", "$Format:%h", "$$Format:%h$$", "x$Format:%h\n%d$y", "$Format:%h$$Format:%h$",
	} {
		p := parseSubst([]byte(content), unknown)
		reference := asRegexp(content)
		for _, disk := range append(words("ab", 6), "x1y", "x\ny", "$Format:", "$1$", "$$", "$Format:%h", content) {
			if got, want := p.match([]byte(disk)), reference.MatchString(disk); got != want {
				t.Errorf("%q matches %q: %v, want %v", content, disk, got, want)
			}
		}
	}
}

func unknown(string) (string, bool) { return "", false }

// asRegexp is what export-subst may make of a content, with time to spare.
func asRegexp(content string) *regexp.Regexp {
	formats := regexp.MustCompile(`(?s)\$Format:[^$]*\$`)
	parts := formats.Split(content, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`)
}

// words are all words over the letters, up to a length.
func words(letters string, length int) []string {
	all := []string{""}
	for last := all; length > 0; length-- {
		var next []string
		for _, w := range last {
			for _, c := range letters {
				next = append(next, w+string(c))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

func TestExpand(t *testing.T) {
	id := strings.Repeat("a", 40)
	h, err := parseHeader([]byte("tree " + id + "\nparent " + id + "\nparent " + id + "\nauthor A <a> 1700000000 +0130\ncommitter C <c> 0 -0030\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"": "", "x": "x", "%H%n%T": "S\n" + id, "%P": id + " " + id, "%at %ct": "1700000000 0", "%ai": "2023-11-14 23:43:20 +0130",
		"%ci": "1969-12-31 23:30:00 -0030", "%%H": "%H",
	} {
		if got, ok := h.expand("S", format); !ok || got != want {
			t.Errorf("%q: %q, %v, want %q", format, got, ok, want)
		}
	}
	for _, format := range []string{"%", "%h", "%H%", "%a", "%an", "%d", "%(describe)", "%aI", "%<(10)%H", "%x00"} {
		if got, ok := h.expand("S", format); ok {
			t.Errorf("%q: %q, which does not depend on the commit alone", format, got)
		}
	}
	for _, signature := range []string{"", "A <a>", "A <a> 1", "A <a> x +0000", "A <a> 1 0000", "A <a> 1 +00000", "A <a> 1 +0060", "A <a> 99999999999999 +0000", "A <a> -1 +0000"} {
		if got := parseDate(signature); !got.IsZero() {
			t.Errorf("%q is at %v", signature, got)
		}
	}
}
