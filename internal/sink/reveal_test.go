package sink

import "testing"

func TestReveal(t *testing.T) {
	for in, want := range map[string]string{
		"plain, é, 漢\n\t":             "plain, é, 漢\n\t",
		"a\u202egnp.exe":              "a⟦U+202E⟧gnp.exe",
		"\x1b[31m\u0000\r":            "⟦U+001B⟧[31m⟦U+0000⟧⟦U+000D⟧",
		"zero\u200bwidth\ufe0f\u2028": "zero⟦U+200B⟧width⟦U+FE0F⟧⟦U+2028⟧",
		"\xff":                        "\uFFFD",
	} {
		if got := Reveal(in); got != want {
			t.Errorf("Reveal(%q) = %q, want %q", in, got, want)
		}
	}
}
