package decode

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The second set was made when the first one was found whole.
func TestHoldoutSecond(t *testing.T) { holdout(t, moreDresses(), 0.8) }

func moreDresses() []dress {
	return []dress{
		{"base64 in a diff", func(m maker, _, env string) string { return wrapAt(b64(env), 76, with("+"), "") }},
		{"base64 by cat -A", func(m maker, _, env string) string { return wrapAt(b64(env), 76, with(""), "$") }},
		{"base64 in groups of 4", func(m maker, s, _ string) string { return grouped(b64("token: "+s), 4, " ") }},
		{"base64 in groups of 10", func(m maker, s, _ string) string { return grouped(b64("token: "+s), 10, "-") }},
		{"base64, groups over lines", func(m maker, _, env string) string {
			return wrapAt(grouped(b64(env), 8, " "), 72, with("  "), "")
		}},
		{"docker's json-file", func(m maker, _, env string) string {
			return wrapAt(b64(env), 76, with(`{"log":"`), fmt.Sprintf(`\n","stream":"stdout","time":"2026-11-28T01:%02d:00.%09dZ"}`, m.IntN(60), m.IntN(999999999)))
		}},
		{"logfmt", func(m maker, _, env string) string {
			return wrapAt(b64(env), 64, with(`level=info msg="`), `" caller=x.go:12`)
		}},
		{"comments", func(m maker, _, env string) string { return wrapAt(b64(env), 70, with("// "), "") }},
		{"CSV field", func(m maker, _, env string) string { return "1,ci,\"" + b64(env) + "\",ok" }},
		{"shell continuation", func(m maker, _, env string) string { return "echo " + wrapAt(b64(env), 60, with(""), `\`) }},
		{"Java concatenation", func(m maker, _, env string) string { return wrapAt(b64(env), 44, with(`    + "`), `"`) }},
		{"Python implicit concatenation", func(m maker, _, env string) string { return "(\n" + wrapAt(b64(env), 56, with("    b'"), "'") + ")" }},
		{"rot13 of base64, wrapped", func(m maker, _, env string) string { return wrapAt(rot(b64(env)), 76, with("web | "), "") }},
		{"two secrets' base64 in a list", func(m maker, s, _ string) string {
			return b64(m.from(alnum, len(s))) + "\n" + b64(s) + "\n" + b64(m.from(alnum, len(s)))
		}},
		{"base64 before a word", func(m maker, s, _ string) string {
			return base64.RawStdEncoding.EncodeToString([]byte("k:"+s)) + "\ndone"
		}},
		{"binary digits", func(m maker, s, _ string) string { return each(s, "%08b", " ") }},
		{"binary digits, one number", func(m maker, s, _ string) string { return each(s, "%08b", "") }},
		{"xxd -b", func(m maker, s, _ string) string { return xxdBits(s) }},
		{"xxd -e", func(m maker, s, _ string) string { return words16(s+"   ", "%08x:", " %08x", 4) }},
		{"od -b", func(m maker, _, env string) string { return words8(env, "%07o", " %03o") }},
		{"od -A d -t x1z", func(m maker, _, env string) string {
			return strings.ReplaceAll(strings.ReplaceAll(dumped(env), "|\n", "<\n"), "|", ">")
		}},
		{"hexdump in timestamps", func(m maker, _, env string) string {
			return strings.ReplaceAll("\n"+words8(env, "%07x", " %02x"), "\n", "\n2026-11-28T01:20:00.1234567Z ")
		}},
		{"Wireshark", func(m maker, s, _ string) string { return words8(s, "%04x ", " %02x") }},
		{"GDB x/8xb", func(m maker, s, _ string) string { return gdb(s) }},
		{"xxd -i", func(m maker, s, _ string) string {
			return "unsigned char a[] = {\n" + wrapAt(each(s, "0x%02x", ", "), 72, with("  "), "") + "};\nunsigned int a_len = 40;"
		}},
		{"hex with 0x, one a line", func(m maker, s, _ string) string { return each(s, "0x%02X", "\n") }},
		{"hex, upper, in groups of 8", func(m maker, s, _ string) string {
			return grouped(strings.ToUpper(hex.EncodeToString([]byte(s+"    "[:4-len(s)%4]))), 8, " ")
		}},
		{"hex wrapped in compose", func(m maker, _, env string) string {
			return wrapAt(hex.EncodeToString([]byte(env)), 64, with("db-1  | "), "")
		}},
		{"PHP array", func(m maker, s, _ string) string { return "array(" + each(s, "%d", ", ") + ")" }},
		{"Rust debug of bytes", func(m maker, s, _ string) string { return "Bytes(" + fmt.Sprint([]byte(s)) + ")" }},
		{"protobuf text format", func(m maker, s, _ string) string { return `data: "` + each(s, `\%03o`, "") + `"` }},
		{"Go %q with \\x", func(m maker, _, env string) string { return fmt.Sprintf("%q", gz(env)) }},
		{"bash $''", func(m maker, s, _ string) string { return "X=$'" + each(s, `\x%x`, "") + "'" }},
		{"JSON \\u of gzip's base64", func(m maker, _, env string) string { return each(b64(gz(env)), `\u%04x`, "") }},
		{"CSS escapes", func(m maker, s, _ string) string { return each(s, `\%06x`, "") }},
		{"form body", func(m maker, s, _ string) string {
			return "a=1&token=" + strings.ReplaceAll(each(s, "%%%02X", ""), "%20", "+") + "&b=2"
		}},
		{"UTF-16LE with a mark, hex", func(m maker, s, _ string) string {
			return hex.EncodeToString([]byte("\xff\xfe" + wide(s, binary.LittleEndian)))
		}},
		{"UTF-16 in JSON escapes", func(m maker, s, _ string) string { return each(s, `%c\u0000`, "") }},
		{"gzip | base85 | JSON", func(m maker, _, env string) string {
			b, _ := json.Marshal(map[string]string{"blob": digits85(rfc1924, gz(env))})
			return string(b)
		}},
		{"gzip | ascii85, wrapped", func(m maker, _, env string) string { return wrapAt(a85(gz(env)), 80, with(""), "") }},
		{"gzip | base32", func(m maker, _, env string) string { return wrapAt(base32Of(gz(env)), 76, with(""), "") }},
		{"gzip | uuencode in compose", func(m maker, _, env string) string {
			return strings.ReplaceAll("\n"+uuencoded(gz(env), true), "\n", "\nweb-1  | ")
		}},
		{"gzip twice", func(m maker, _, env string) string { return b64(gz(gz(env))) }},
		{"tar in zip", func(m maker, _, env string) string { return zipped("x.tar", tarball("env", env)) }},
		{"stored zip with a word before", func(m maker, _, env string) string { return "MZ\x90\x00" + zipped("x", env) }},
		{"gzip cut short", func(m maker, _, env string) string { return b64(gz(env + m.from(alnum, 300))[:400]) }},
		{"reversed, in compose", func(m maker, s, _ string) string { return "web-1  | " + backwards("API_TOKEN="+s) }},
		{"dots between", func(m maker, s, _ string) string { return each(s, "%c", ".") }},
		{"dashes between", func(m maker, s, _ string) string { return each(s, "%c", "-") }},
		{"two spaces between", func(m maker, s, _ string) string { return each(s, "%c", "  ") }},
		{"cursor moves between", func(m maker, s, _ string) string { return each(s, "%c", "\x1b[1C") }},
		{"zero width between", func(m maker, s, _ string) string { return each(s, "%c", "\u200b") }},
		{"JWT in base64", func(m maker, s, _ string) string {
			return b64("Bearer " + base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(s)) + ".")
		}},
	}
}

func grouped(s string, n int, between string) string {
	var parts []string
	for ; len(s) > n; s = s[n:] {
		parts = append(parts, s[:n])
	}
	return strings.Join(append(parts, s), between)
}

func words8(s, offset, word string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 16 {
		fmt.Fprintf(&b, offset, i)
		for _, c := range []byte(s[i:min(i+16, len(s))]) {
			fmt.Fprintf(&b, word, c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func xxdBits(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 6 {
		row := s[i:min(i+6, len(s))]
		fmt.Fprintf(&b, "%08x: %-53s  %s\n", i, each(row, "%08b", " "), row)
	}
	return b.String()
}

func gdb(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 8 {
		fmt.Fprintf(&b, "0x7ffe%08x:\t%s\n", i, each(s[i:min(i+8, len(s))], "0x%02x", "\t"))
	}
	return b.String()
}

func base32Of(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var out []byte
	acc, have := 0, 0
	for _, c := range []byte(s) {
		acc, have = acc<<8|int(c), have+8
		for have >= 5 {
			have -= 5
			out = append(out, alphabet[acc>>have&31])
		}
		acc &= 1<<have - 1
	}
	if have > 0 {
		out = append(out, alphabet[acc<<(5-have)&31])
	}
	return string(out)
}
