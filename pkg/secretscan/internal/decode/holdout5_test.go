package decode

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The fifth set had 87 dresses: 91 % of its secrets were found at first, and 92 % of those in the clothes of logs. These are
// those of the rest that are of a kind.
func TestHoldoutFifth(t *testing.T) {
	holdout(t, slices.Concat(dumpedElsewhere(), joinedDresses(), recordDresses()), 0.9)
}

func dumpedElsewhere() []dress {
	const stamp = "Nov 28 10:00:07 "
	hexRow := func(format string) func(maker, string, string) string {
		return func(_ maker, _, env string) string {
			return rowsOf(env, 16, func(at int, b []byte) string {
				return fmt.Sprintf(format, at, strings.TrimSpace(each(string(b), "%02x", " ")), shownRow(b))
			})
		}
	}
	return []dress{
		{"hexdump -C behind ts", hexRow(stamp + "%08x  %-48s |%s|")},
		{"hexdump -C behind ts -i", hexRow("00:00:00.01300 %08x  %-48s |%s|")},
		{"hexdump -C of BuildKit", hexRow("#14 3.110 %08x  %-48s |%s|")},
		{"od -An -tx1 behind ts", func(_ maker, _, env string) string {
			return rowsOf(env, 16, func(_ int, b []byte) string { return stamp + each(string(b), " %02x", "") })
		}},
		{"curl --trace", hexRow("%04x: %-48s%s")},
		{"tshark -x", hexRow("%04x  %-48s  %s")},
		{"OpenSSL's BIO dump", func(_ maker, _, env string) string {
			return rowsOf(env, 16, func(at int, b []byte) string {
				words := strings.TrimSpace(each(string(b), "%02x", " "))
				if len(words) > 24 {
					words = words[:23] + "-" + words[24:]
				}
				return fmt.Sprintf("%04x - %-48s  %s", at, words, shownRow(b))
			})
		}},
		{"od -A x -t x4", func(_ maker, _, env string) string {
			return rowsOf(env, 16, func(at int, b []byte) string { return fmt.Sprintf("%06x %s", at, wordsOf(b, "%08x", true)) }) +
				fmt.Sprintf("%06x\n", len(env))
		}},
		{"Python bytes of numbers", func(_ maker, _, env string) string {
			return "> b'[" + strings.TrimSuffix(each(env, "%d", ", "), ", ") + "]'"
		}},
	}
}

// A record has a count, an address, the data and a sum.
func recordDresses() []dress {
	record := func(head, tail string, width int, count, sum func(b []byte) byte) func(maker, string, string) string {
		return func(_ maker, _, env string) string {
			var out strings.Builder
			for at := 0; at < len(env); at += width {
				data := env[at:min(len(env), at+width)]
				b := append([]byte{0, byte(at >> 8), byte(at)}, tail+data...)
				b[0] = count(b)
				fmt.Fprintf(&out, "flash | %s%X%02X\n", head, b, sum(b))
			}
			return out.String()
		}
	}
	total := func(b []byte) (s byte) {
		for _, c := range b {
			s += c
		}
		return s
	}
	return []dress{
		{"Intel HEX", record(":", "\x00", 16, func(b []byte) byte { return byte(len(b) - 4) }, func(b []byte) byte { return -total(b) })},
		{"S-records", record("S1", "", 28, func(b []byte) byte { return byte(len(b)) }, func(b []byte) byte { return ^total(b) })},
	}
}

func joinedDresses() []dress {
	added := func(quote, sign string) func(maker, string, string) string {
		return func(_ maker, s, _ string) string {
			return "t = " + strings.TrimSuffix(strings.ReplaceAll(wrapAt(s, 9, with(quote), quote), "\n", sign), sign) + ";"
		}
	}
	return []dress{
		{"C, strings on lines", added(`"`, "\n    ")},
		{"shell, quotes that touch", added("'", "")},
		{"shell, continued", added(`"`, "\\\n")},
		{"PHP and Perl", added("'", " . ")},
		{"Lua", added(`"`, " .. ")},
		{"Basic", added(`"`, " & _\n    ")},
		{"SQL", added("'", " || ")},
		{"Elixir", added(`"`, " <> ")},
		{"Java, a sign before each line", added(`"`, "\n        + ")},
	}
}

// A word is put together if it looks random, which not every password does.
func TestWrappedWords(t *testing.T) { holdout(t, wrappedDresses(), 0.8) }

func wrappedDresses() []dress {
	// fold breaks a secret in the middle, among other lines of which some are as wide.
	fold := func(width int, prefix, suffix string) func(maker, string, string) string {
		return func(_ maker, s, _ string) string {
			var out strings.Builder
			for _, line := range []string{strings.Repeat("layer ", 30), fmt.Sprintf("%*s", width-len(s)/2, "key=") + s, "", "done"} {
				out.WriteString(strings.TrimSuffix(wrapAt(line, width, with(prefix), suffix), suffix+"\n") + "\n")
			}
			return out.String()
		}
	}
	return []dress{
		{"fold -w 50", fold(50, "", "")},
		{"a screen of 80 columns behind a time", fold(80, "10:00:07 ", "")},
		{"wrapped with a mark", fold(70, "", "↩")},
		{"base64 wrapped twice", func(_ maker, _, env string) string {
			once := wrapAt(base64.StdEncoding.EncodeToString([]byte(gz(env+env))), 76, with(""), "")
			var out strings.Builder
			for line := range strings.Lines(once) {
				out.WriteString(wrapAt(strings.TrimSuffix(line, "\n"), 30, with(""), ""))
			}
			return out.String()
		}},
	}
}

// A dump that begins in the first column has nothing before it.
func TestDumpInFirstColumn(t *testing.T) {
	const text = "48 65 6c 6c 6f 20 48 65  123456\n"
	holds(t, []byte(text), Limits{})
}
