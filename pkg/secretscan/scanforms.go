package secretscan

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf16"
)

// derived are the encodings in which a Values looks for a value in a source as it came. Its decoded parts are searched
// for the value itself: the decoders have undone these.
var derived = []encoding{
	base64Inner, twiceForms, utf16Forms, hexForms, jsonForms, urlForms, lowerForm, reversedForm, rot13Form, base32Forms,
}

// derivedNames say how a value was printed, as decoders are called in an encodingPath. The first is the value itself.
var derivedNames = []string{
	"", "base64", "base64,base64", "base64,utf16", "hex", "json", "percent", "lowercase", "reversed", "rot13", "base32",
}

// twiceForms adds the base64 of the base64 of s, in whatever both stand.
func twiceForms(s string, add func(string)) {
	base64Inner(s, func(once string) { base64Inner(once, add) })
}

// utf16Forms adds the base64 of s in UTF-16, little-endian: what PowerShell's -EncodedCommand takes.
func utf16Forms(s string, add func(string)) {
	units := utf16.Encode([]rune(s))
	wide := make([]byte, 0, 2*len(units))
	for _, u := range units {
		wide = append(wide, byte(u), byte(u>>8))
	}
	base64Inner(string(wide), add)
}

func hexForms(s string, add func(string)) {
	digits := hex.EncodeToString([]byte(s))
	add(digits)
	add(strings.ToUpper(digits))
}

func reversedForm(s string, add func(string)) {
	b := []byte(s)
	slices.Reverse(b)
	add(string(b))
}

// rot13Form adds s with its letters turned by 13, and the base64 of s turned so.
func rot13Form(s string, add func(string)) {
	add(strings.Map(rot13, s))
	add(strings.Map(rot13, base64.RawStdEncoding.EncodeToString([]byte(s))))
}

func rot13(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case 'A' <= r && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

// base32Forms adds the base32 of s in the middle of something, for the five ways in which what is before it shifts it.
func base32Forms(s string, add func(string)) {
	for shift := range 5 {
		text := strings.Repeat("\x00", shift) + s
		start := (shift*8 + 4) / 5
		add(base32.StdEncoding.EncodeToString([]byte(text))[start : len(text)*8/5])
	}
}
