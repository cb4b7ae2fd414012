package rules

import (
	"math"
	"unicode/utf8"
)

// entropy returns Shannon's entropy of a text in bits, over its runes and relative to its length in bytes, as Gitleaks
// has it.
func entropy(text []byte) float64 {
	var ascii [utf8.RuneSelf]int
	var other map[rune]int
	for i := 0; i < len(text); {
		r, width := utf8.DecodeRune(text[i:])
		if i += width; r < utf8.RuneSelf {
			ascii[r]++
			continue
		}
		if other == nil {
			other = map[rune]int{}
		}
		other[r]++
	}
	bits, scale := 0.0, 1/float64(len(text))
	more := func(count int) {
		if p := float64(count) * scale; p > 0 {
			bits -= p * math.Log2(p)
		}
	}
	for _, count := range ascii {
		more(count)
	}
	for _, count := range other {
		more(count)
	}
	return bits
}
