package decode

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// The sixth set, of 104 dresses, was written before the fifth was mended: 79 % were found at first, 87 % after that. Not
// read: base45, Crockford's base32, xxencode, octal digits without zeros before them, the join() of a list.
func TestHoldoutSixth(t *testing.T) { holdout(t, laterDresses(), 0.9) }

func laterDresses() []dress {
	return []dress{
		{"od -A x -t x8", func(_ maker, _, env string) string {
			return rowsOf(env, 16, func(at int, b []byte) string {
				b = append(b[:len(b):len(b)], make([]byte, 16-len(b))...)
				return fmt.Sprintf("%06x %016x %016x", at, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]))
			})
		}},
		{"hexadecimal backwards", func(_ maker, _, env string) string { return backwards(hex.EncodeToString([]byte(env))) }},
		{"PowerShell's [char]", func(_ maker, s, _ string) string {
			return "$k = " + strings.TrimSuffix(each(s, "[char]%d", "+"), "+")
		}},
		{"JavaScript's escape", func(_ maker, s, _ string) string { return "escape: " + each(s, "%%u%04X", "") }},
		{"soft hyphens", func(_ maker, s, _ string) string {
			return strings.ReplaceAll(wrapAt(s, 3, with(""), "\u00ad"), "\n", "")
		}},
		{"a joiner and a byte order mark", func(_ maker, s, _ string) string { return s[:9] + "\ufeff" + s[9:13] + "\u2060" + s[13:] }},
		{"zlib and base64 behind a colour", func(_ maker, _, env string) string { return "\x1b[32mINFO: \x1b[0m" + b64(zl(env)) }},
	}
}
