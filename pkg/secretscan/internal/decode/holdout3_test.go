package decode

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The third set was made when the second one was found but for a dress. Not read, and so not in it: rot47, base64 with
// its case swapped, U+0047, [char]71+[char]72.
func TestHoldoutThird(t *testing.T) { holdout(t, lastDresses(), 1) }

func lastDresses() []dress {
	return []dress{
		{"base64 with ANSI at each line", func(m maker, _, env string) string {
			return wrapAt(b64(env), 76, with("\x1b[36m"), "\x1b[0m")
		}},
		{"base64 in a table", func(m maker, _, env string) string { return wrapAt(b64(env), 60, with("| "), " |") }},
		{"base64 in XML", func(m maker, _, env string) string { return "<d>\n" + wrapAt(b64(env), 64, with("\t"), "") + "</d>" }},
		{"base64 with &#10;", func(m maker, _, env string) string {
			return strings.ReplaceAll(wrapAt(b64(env), 76, with(""), ""), "\n", "&#10;")
		}},
		{"base64 with %0A", func(m maker, _, env string) string {
			return "::warning::" + strings.ReplaceAll(wrapAt(b64(env), 76, with(""), ""), "\n", "%0A")
		}},
		{"base64 in JSON log lines", func(m maker, _, env string) string {
			return wrapAt(b64(env), 80, func(i int) string { return fmt.Sprintf(`{"ts":17322%05d.%d,"msg":"`, i*37, i) }, `"}`)
		}},
		{"terraform heredoc", func(m maker, _, env string) string { return wrapAt(b64(env), 76, with(`  + `), "") }},
		{"kubectl prefix", func(m maker, _, env string) string {
			return wrapAt(b64(env), 76, with("[pod/api-7d9c5f/api] "), "")
		}},
		{"make's prefix", func(m maker, _, env string) string { return wrapAt(b64(env), 68, with("make[2]: "), "") }},
		{"pytest output", func(m maker, _, env string) string { return wrapAt(b64(env), 72, with("E       "), "") }},
		{"cargo's gutter", func(m maker, _, env string) string {
			return wrapAt(b64(env), 72, func(i int) string { return fmt.Sprintf("%3d | ", i+98) }, "")
		}},
		{"base64, last line first of the next", func(m maker, _, env string) string { return wrapAt(b64(env), 64, with(""), "") + b64("other") }},
		{"base64 twice, hex between", func(m maker, s, _ string) string { return b64(hex.EncodeToString([]byte(b64("k=" + s)))) }},
		{"Set-Cookie", func(m maker, s, _ string) string { return "Set-Cookie: sid=" + b64("u="+s) + "; Path=/" }},
		{"Basic auth in curl -v", func(m maker, s, _ string) string { return "> Authorization: Basic " + b64("ci:"+s) }},
		{"hex in a path", func(m maker, s, _ string) string { return "/exfil/" + hex.EncodeToString([]byte(s)) + "/1" }},
		{"hex as DNS labels", func(m maker, _, env string) string {
			return strings.ReplaceAll(wrapAt(hex.EncodeToString([]byte(env)), 62, with(""), "."), "\n", "") + "x.invalid"
		}},
		{"hex, one label a query", func(m maker, _, env string) string {
			return wrapAt(hex.EncodeToString([]byte(env)), 60, func(i int) string { return fmt.Sprintf("query[A] %d.", i) }, ".x.invalid")
		}},
		{"hex with a prefix a line", func(m maker, _, env string) string {
			return wrapAt(hex.EncodeToString([]byte(env)), 32, with("0x"), "")
		}},
		{"Python bytearray", func(m maker, s, _ string) string { return "bytearray(b'" + each(s, `\x%02x`, "") + "')" }},
		{"C string over lines", func(m maker, s, _ string) string { return wrapAt(each(s, `\x%02x`, ""), 64, with(`"`), `"`) }},
		{"Lua decimal escapes", func(m maker, s, _ string) string { return each(s, `\%03d`, "") }},
		{"fromCharCode", func(m maker, s, _ string) string { return "String.fromCharCode(" + each(s, "%d", ",") + ")" }},
		{"chr() joined", func(m maker, s, _ string) string { return each(s, "chr(%d)", "+") }},
		{"YAML single numbers", func(m maker, s, _ string) string { return "- " + each(s, "%d", "\n- ") }},
		{"JSON buffer, pretty", func(m maker, s, _ string) string {
			b, _ := json.MarshalIndent(map[string]any{"type": "Buffer", "data": numbersOf(s)}, "", "    ")
			return string(b)
		}},
		{"split by string joins", func(m maker, s, _ string) string { return `"` + s[:9] + `" + "` + s[9:] + `"` }},
		{"base64url, split by dots", func(m maker, s, _ string) string {
			return grouped(base64.RawURLEncoding.EncodeToString([]byte("token: "+s)), 16, ".")
		}},
	}
}

func numbersOf(s string) []int {
	var n []int
	for _, c := range []byte(s) {
		n = append(n, int(c))
	}
	return n
}
