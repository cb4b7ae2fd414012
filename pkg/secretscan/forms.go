package secretscan

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A form is one way in which a value is printed.
type form struct {
	text []byte
	mark int
	how  int // 0 as it is, else from 1 which of the encodings
}

// An encoding adds the forms that it makes of s.
type encoding func(s string, add func(string))

// makeForms returns the distinct forms of all secrets, the likely ones first: should the bounds leave some out, they are
// the least likely. What is left out is added to limits.
func makeForms(secrets []secret, encodings []encoding, maxForms, maxBytes int, limits *[]string) []form {
	var out []form
	seen := map[string]bool{}
	size, left := 0, map[string]bool{} // left are values with a form that is left out
	full := func(text string) bool { return len(out) >= maxForms || size+len(text) > maxBytes }
	add := func(text string, s secret, how int) {
		if len(text) < minNeedle || seen[text] {
			return
		}
		if full(text) {
			left[s.text] = true
			return
		}
		seen[text] = true
		size += len(text)
		out = append(out, form{text: []byte(text), mark: s.mark, how: how})
	}
	for _, lines := range []bool{false, true} {
		for _, s := range secrets {
			if s.line == lines {
				add(s.text, s, 0)
			}
		}
	}
	for _, lines := range []bool{false, true} {
		for _, s := range secrets {
			if s.line != lines {
				continue
			}
			if full(s.text) {
				left[s.text] = true // without the work of finding out whether it has forms that are not there yet
				continue
			}
			for i, f := range encodings {
				f(s.text, func(text string) { add(text, s, i+1) })
			}
		}
	}
	if len(left) > 0 {
		*limits = append(*limits, fmt.Sprintf("%d of %d secret values are not looked for in every form: more than %d forms, or %d bytes together", len(left), len(secrets), maxForms, maxBytes))
	}
	return out
}

// redacted are the encodings that a Redactor replaces.
var redacted = []encoding{base64Forms, jsonForms, urlForms, wrappedForms, lowerForm}

// lowerForm adds s as it is where case is no difference, in host names above all.
func lowerForm(s string, add func(string)) { add(strings.ToLower(s)) }

// base64Forms adds the base64 of s alone, at the end of something and in the middle of something, for each of the
// three ways in which what is before it shifts it, in both alphabets. Of a character that s decides only in part,
// nothing is added in the middle.
func base64Forms(s string, add func(string)) {
	base64Shifts(s, func(whole string, inner int) {
		add(whole)
		add(strings.TrimRight(whole, "="))
		add(whole[:inner])
	})
}

// base64Inner adds only what all of those have in common: enough to find one.
func base64Inner(s string, add func(string)) {
	base64Shifts(s, func(whole string, inner int) { add(whole[:inner]) })
}

// base64Shifts yields the base64 of s at the end of something, for three lengths of that, and in both alphabets if they
// differ. The first inner characters of it have bits of s alone.
func base64Shifts(s string, yield func(whole string, inner int)) {
	for shift := range 3 {
		text := strings.Repeat("\x00", shift) + s
		start := (shift*8 + 5) / 6 // the first character that has bits of s alone
		inner := len(text) * 8 / 6
		whole := base64.StdEncoding.EncodeToString([]byte(text))[start:]
		yield(whole, inner-start)
		if strings.ContainsAny(whole, "+/") {
			yield(urlAlphabet.Replace(whole), inner-start)
		}
	}
}

var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

// wrappedForms adds the lines of the base64 of s alone, wrapped as base64(1) and PEM do.
func wrappedForms(s string, add func(string)) {
	whole := base64.StdEncoding.EncodeToString([]byte(s))
	for _, width := range []int{76, 64} {
		for i := 0; len(whole) > width && i < len(whole); i += width {
			add(whole[i:min(i+width, len(whole))])
		}
	}
}

// jsonForms adds s as JSON writers escape it: as little as possible (JavaScript), with <, > and & (Go), with slashes
// (PHP), in ASCII (Python), and those together.
func jsonForms(s string, add func(string)) {
	if !strings.ContainsFunc(s, func(r rune) bool { return !alnum(r) && strings.IndexByte("-._~+=", byte(r)) < 0 || r >= 0x80 }) {
		return // as it is, like most tokens
	}
	for n := range 8 {
		add(jsonEscape(s, n&1 != 0, n&2 != 0, n&4 != 0))
	}
}

func jsonEscape(s string, html, slash, ascii bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		raw := s[i : i+size]
		i += size
		short := strings.IndexRune("\b\f\n\r\t\"\\", r)
		switch {
		case short >= 0:
			b.WriteString(`\` + string(`bfnrt"\`[short]))
		case r == '/' && slash:
			b.WriteString(`\/`)
		case r < 0x20 || html && strings.ContainsRune("<>&", r) || (html || ascii) && (r == 0x2028 || r == 0x2029) || ascii && r >= 0x7f && r <= 0xffff && size > 0:
			fmt.Fprintf(&b, `\u%04x`, r)
		case ascii && r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			b.WriteString(raw)
		}
	}
	return b.String()
}

// What URL encoders leave as it is, letters and digits aside: RFC 3986's unreserved, encodeURIComponent, Python's quote,
// Go's path and user info, encodeURI, and form encoding.
var urlSafe = []string{"-._~", "-._~!'()*", "-._~/", "-._~$&+=:@", "-._~$&+,;=", "-._~;,/?:@&=+$!'()*#", "-._*", "-._"}

// urlForms adds s URL-encoded, with both cases of hex digits and both ways to put a space.
func urlForms(s string, add func(string)) {
	if !strings.ContainsFunc(s, func(r rune) bool { return !alnum(r) && r != '-' && r != '_' && r != '.' }) {
		return // as it is, like most tokens
	}
	for _, safe := range urlSafe {
		for _, digits := range []string{"0123456789ABCDEF", "0123456789abcdef"} {
			encoded := urlEscape(s, safe, digits)
			add(encoded)
			add(strings.ReplaceAll(encoded, "%20", "+"))
		}
	}
}

func urlEscape(s, safe, digits string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; alnum(rune(c)) || strings.IndexByte(safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
