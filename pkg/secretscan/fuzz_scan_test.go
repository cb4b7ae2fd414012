package secretscan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzValues: every value that is looked for is found wherever it stands, whole and encoded, and no hit lies outside.
func FuzzValues(f *testing.F) {
	f.Add("FAKE1234\x00FAKEFAKE5678", "x FAKE1234 FAKEFAKE\n5678")
	f.Add(`{"a":"FAKE1234abcd","b":{"token":"\u0000FAKEabcdefgh"}}`, "FAKE1234abcd")
	f.Add("aaaaaaaabbbbbbbbcccccccc1", "aaaaaaaaaaaaaaaabbbbbbbbcccccccc1")
	f.Add("https://u:FAKE1234@h\x00-----BEGIN\nFAKEabcdefghijkl\n", "RkFLRTEyMzQ=")
	f.Add("aabbbbbbbccc02781", "0") // its first shingles say nothing
	f.Add("\xff\xfe\x00FAKE\xff\xc3\xa9FAKE9876", "\xff\xc3")
	f.Fuzz(func(t *testing.T, values, text string) {
		if len(values) > 4096 || len(text) > 1<<16 {
			return
		}
		var list []Value
		for _, v := range strings.Split(values, "\x00") {
			list = append(list, Value{"A_TOKEN", v})
		}
		v := NewValues(list)
		v.Find([]byte(text), true, func(h Hit) bool {
			if h.Start < 0 || h.Start >= h.End || h.End > len(text) || h.Value < 0 || h.Value >= v.Len() {
				t.Fatalf("hit %+v in %d bytes, of %d values", h, len(text), v.Len())
			}
			return true
		})
		for i, value := range v.plain.texts {
			if len(v.list[v.owners[i]].Text) >= maxShingled {
				continue
			}
			s := string(value)
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte("x" + s)), hex.EncodeToString(value)} {
				if !touches(v, "\x01"+text+"\x01", form) {
					t.Fatalf("%q is not found as %q behind %q", s, form, text)
				}
			}
		}
	})
}

// touches reports whether a hit overlaps form behind text.
func touches(v *Values, text, form string) (found bool) {
	v.Find([]byte(text+form), true, func(h Hit) bool {
		found = h.End > len(text)
		return !found
	})
	return found
}

// FuzzMasks compares with a reading line by line.
func FuzzMasks(f *testing.F) {
	f.Add("::add-mask::a%0Ab\n ::ADD-MASK x=y::c\r##[add-mask]d")
	f.Add("a##[add-mask b]c]d\n::add-mask\n::add-mask::")
	f.Add("-add-mask::add-mask::x::add-mask::y")
	f.Fuzz(func(t *testing.T, text string) {
		last := -1
		n := 0
		masks([]byte(text), func(m mask) bool {
			if m.start < 0 || m.end > len(text) || m.start >= m.end || m.start < last || m.value == "" || strings.ContainsAny(text[m.start:m.end], "\r\n") {
				t.Fatalf("%q: mask %+v", text, m)
			}
			last = m.start
			n++
			return true
		})
		want := 0
		for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::add-mask::"); ok && rest != "" {
				want++
			}
		}
		if n < want {
			t.Fatalf("%q: %d masks, want %d or more", text, n, want)
		}
	})
}

func FuzzGitConfigValues(f *testing.F) {
	f.Add("[http]\nextraheader = AUTHORIZATION: basic eDpGQUtFMTIzNA==\n")
	f.Add("extraheader==:\nEXTRAHEADER = \"authorization: bearer x\"")
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range GitConfigValues([]byte(text)) {
			if v.Name != "checkout" {
				t.Fatalf("%q: %q", text, v.Name)
			}
		}
	})
}

func FuzzParseAllowList(f *testing.F) {
	f.Add(`{"allow":[{"rule":"a","source":"**/?[*"}]}`, "a/b")
	f.Fuzz(func(t *testing.T, text, source string) {
		list, err := ParseAllowList([]byte(text))
		if err == nil {
			list.allows(&Finding{RuleID: "a", Source: source})
		}
	})
}

// FuzzScan: a text gives the same findings however it is read and written, and in small windows the same secrets.
func FuzzScan(f *testing.F) {
	secret := token(1)
	f.Add([]byte("x "+secret+"\n"+b64("GH="+secret)+"\n"), uint64(1))
	f.Add([]byte(strings.Repeat("words of a log\n", 600)+secret), uint64(2))
	f.Add([]byte(strings.Repeat(b64("words of a log, and more"), 300)), uint64(3))
	f.Add([]byte("PK\x03\x04"+secret+"\x00\xff"), uint64(4))
	f.Add([]byte("::add-mask::FAKE1234abcd\nFAKE1234abcd"), uint64(5))
	s := scanner(f, ScanOptions{Values: NewValues([]Value{{"MY_TOKEN", fake(3, 24)}})})
	tiny := scanner(f, ScanOptions{Values: s.values})
	tiny.sizes = windowSizes{fresh: 4096, archive: 8192, carry: 3072, overlap: 1024}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if len(text) > 1<<16 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		for range rng.IntN(4) {
			at := rng.IntN(len(text) + 1)
			planted := []string{token(2), fake(3, 24), b64(" " + token(3) + " "), b64("x" + fake(3, 24) + " ")}[rng.IntN(4)]
			text = slices.Concat(text[:at], []byte(" \n"+planted+" \n"), text[at:])
		}
		whole := findingsOf(t, s, bytes.NewReader(text))
		if cut := findingsOf(t, s, &piecemeal{text, rng}); !reflect.DeepEqual(cut, whole) {
			t.Fatalf("%q: in pieces %+v, whole %+v", text, cut, whole)
		}
		small := findingsOf(t, tiny, bytes.NewReader(text))
		for i := range whole {
			if !slices.ContainsFunc(small, func(f Finding) bool { return f.Digest == whole[i].Digest && f.Tier == whole[i].Tier }) {
				t.Fatalf("%q: in small windows %+v, whole %+v", text, small, whole)
			}
		}
	})
}

func findingsOf(t *testing.T, s *Scanner, r io.Reader) (out []Finding) {
	t.Helper()
	src := s.newSource("log", true)
	if err := src.scan(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, f := range src.tally.findings {
		out = append(out, *f)
	}
	for gap := range src.gaps {
		if strings.Contains(gap, "panic") {
			t.Fatal(gap)
		}
	}
	return out
}

// piecemeal reads a text in pieces of any size.
type piecemeal struct {
	text []byte
	rng  *rand.Rand
}

func (p *piecemeal) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.rng.IntN(300))], p.text)
	p.text = p.text[n:]
	return n, nil
}
