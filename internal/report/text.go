package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText bounds one text of the page, in bytes.
const maxText = 2000

// cut returns s, or its beginning and how much is missing.
func cut(s string) string { return cutAt(s, maxText) }

func cutAt(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s… (%d more bytes)", s[:n], len(s)-n)
}

// clock is a moment as the page writes it.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000 UTC")
}

// span is how long something took.
func span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return ""
	}
	return to.Sub(from).Round(time.Millisecond).String()
}

// count is a number and its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// digest writes a digest set, the strongest hash first.
func digest(set map[string]string) string {
	for _, name := range []string{"sha256", "sha512", "sha384", "sha1"} {
		if set[name] != "" {
			return cut(name + ":" + set[name])
		}
	}
	for name, value := range sorted(set) {
		return cut(name + ":" + value)
	}
	return ""
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}
