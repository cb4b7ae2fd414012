package decode

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// dress is one way in which a text may be printed; it is given the secret and an environment that has it.
type dress struct {
	name string
	make func(m maker, secret, env string) string
}

func TestHoldout(t *testing.T) { holdout(t, dresses(), 1) }

// holdout prints how many secrets are found in each dress, and fails for a dress below least.
func holdout(t *testing.T, all []dress, least float64) {
	t.Helper()
	var s scores
	for d, dress := range all {
		for i := range 20 {
			m := maker{rand.New(rand.NewPCG(uint64(d), uint64(i)))}
			secret := m.secret(i)
			text := "Run ./build.sh\n  resolving 214 packages\n" + dress.make(m, secret, m.env(secret)) + "\nfinished in 3.4s\n"
			path, found, b := find([]byte(text), []byte(secret))
			s.add(dress.name, fmt.Sprint(i%5), path, found)
			for _, g := range b.Gaps() {
				t.Errorf("%s: gap %v", dress.name, g)
			}
		}
	}
	s.check(t, least)
}

func dresses() []dress {
	std := base64.StdEncoding
	return []dress{
		{"compose, wrap 76", func(m maker, _, env string) string { return wrapAt(b64(env), 76, with("app-1  | "), "") }},
		{"wrap 20", func(m maker, _, env string) string { return wrapAt(b64(env), 20, with(""), "") }},
		{"wrap 40, indented", func(m maker, _, env string) string { return wrapAt(b64(env), 40, with("      "), "") }},
		{"wrap 100", func(m maker, _, env string) string { return wrapAt(b64(env), 100, with(""), "") }},
		{"wrap 10", func(m maker, _, env string) string { return wrapAt(b64(env), 10, with(""), "") }},
		{"wrap 61 (not a multiple of 4)", func(m maker, _, env string) string { return wrapAt(b64(env), 61, with("> "), "") }},
		{"buildkit", func(m maker, _, env string) string {
			return wrapAt(b64(env), 76, func(i int) string { return fmt.Sprintf("#12 %d.%d ", i/3, 100+i*37%900) }, "")
		}},
		{"cat -n", func(m maker, _, env string) string {
			return wrapAt(b64(env), 60, func(i int) string { return fmt.Sprintf("%6d\t", i+8) }, "")
		}},
		{"JSON array of lines", func(m maker, _, env string) string {
			b, _ := json.Marshal(strings.Split(strings.TrimSpace(wrapAt(b64(env), 64, with(""), "")), "\n"))
			return string(b)
		}},
		{"JSON string with \\n", func(m maker, _, env string) string {
			b, _ := json.Marshal(map[string]string{"content": wrapAt(b64(env), 60, with(""), "")})
			return string(b)
		}},
		{"JS concatenation", func(m maker, _, env string) string {
			return "const k = \"\" +\n" + wrapAt(b64(env), 48, with("  \""), "\" +") + "  \"\";"
		}},
		{"JS concatenation on a line", func(m maker, _, env string) string {
			return "k=" + strings.ReplaceAll(wrapAt(b64(env), 50, with("'"), "'"), "\n", "+")
		}},
		{"foreign line between each", func(m maker, _, env string) string {
			return wrapAt(b64(env), 76, func(i int) string {
				if i == 0 {
					return ""
				}
				return fmt.Sprintf("npm http fetch GET 200 https://host.invalid/left-pad %dms\n", 17+i*13)
			}, "")
		}},
		{"foreign lines sometimes", func(m maker, _, env string) string {
			return wrapAt(b64(env), 64, func(i int) string {
				return strings.Repeat("warning: unused variable in src/generated/bindings_x86_64.rs\n", m.IntN(3))
			}, "")
		}},
		{"syslog prefix", func(m maker, _, env string) string {
			return wrapAt(b64(env), 76, func(i int) string { return fmt.Sprintf("Nov 28 01:2%d:17 host42 build[4711]: ", i%10) }, "")
		}},
		{"glued word, wrapped", func(m maker, _, env string) string { return "payload/data_" + wrapAt(b64(env), 76, with(""), "") }},
		{"YAML folded", func(m maker, _, env string) string {
			return "data:\n  token: >-\n" + wrapAt(b64(env), 72, with("    "), "")
		}},
		{"YAML binary", func(m maker, _, env string) string {
			return "data: !!binary |\n" + wrapAt(b64(env), 70, with("  "), "")
		}},
		{"MIME part", func(m maker, _, env string) string {
			return strings.ReplaceAll("--b1\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"+wrapAt(b64(env), 76, with(""), "")+"--b1--\n", "\n", "\r\n")
		}},
		{"PowerShell -enc", func(m maker, s, _ string) string {
			return "powershell.exe -e " + b64(wide("$t='"+s+"'", binary.LittleEndian))
		}},
		{"UTF-16BE in base64", func(m maker, _, env string) string { return b64("\xfe\xff" + wide(env, binary.BigEndian)) }},
		{"UTF-16LE at an odd offset", func(m maker, _, env string) string { return "x\n" + wide(env, binary.LittleEndian) }},
		{"UTF-32LE", func(m maker, s, _ string) string { return each(s, "%c\x00\x00\x00", "") }},
		{"xz | base64", func(m maker, _, env string) string { return wrapAt(b64(xzip(env)), 76, with(""), "") }},
		{"lzma | base64", func(m maker, _, env string) string { return b64(lz(env)) }},
		{"zstd | base64", func(m maker, _, env string) string { return wrapAt(b64(zst(env)), 76, with(""), "") }},
		{"zlib | base64", func(m maker, _, env string) string { return b64(zl(env)) }},
		{"deflate | base64 | url", func(m maker, _, env string) string { return "?SAMLRequest=" + url.QueryEscape(b64(deflate(env))) }},
		{"tar | zstd | base64", func(m maker, _, env string) string { return b64(zst(tarball("root/.env", env))) }},
		{"zip of a zip", func(m maker, _, env string) string { return zipped("a.zip", zipped("b.txt", env)) }},
		{"gzip | hexdump -C", func(m maker, _, env string) string { return dumped(gz(env)) }},
		{"gzip | xxd -p", func(m maker, _, env string) string {
			return wrapAt(hex.EncodeToString([]byte(gz(env))), 60, with(""), "")
		}},
		{"gzip | Java bytes", func(m maker, _, env string) string {
			var b []string
			for _, c := range []byte(gz(env)) {
				b = append(b, fmt.Sprint(int8(c)))
			}
			return "[" + strings.Join(b, ", ") + "]"
		}},
		{"gzip behind a header", func(m maker, _, env string) string {
			return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gz(env)
		}},
		{"hexdump -C in compose", func(m maker, _, env string) string {
			return strings.ReplaceAll("\n"+dumped(env), "\n", "\nweb-1  | ")
		}},
		{"hexdump -C with repeats", func(m maker, s, _ string) string {
			return "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n" +
				strings.ReplaceAll(dumped(s), "\n000000", "\n000001")
		}},
		{"hexdump words", func(m maker, _, env string) string { return words16(env, "%07x", " %04x", 2) }},
		{"od octal words", func(m maker, _, env string) string { return words16(env, "%07o", " %06o", 2) }},
		{"od -c", func(m maker, _, env string) string { return odChars(env) }},
		{"od -An -tx4", func(m maker, _, env string) string { return words16(env, "", " %08x", 4) }},
		{"C array", func(m maker, s, _ string) string {
			return "static const unsigned char k[] = {\n" + wrapAt(each(s, "0x%02x", ", ")+",", 72, with("  "), "") + "};"
		}},
		{"Go byte slice", func(m maker, s, _ string) string { return "[]byte{" + each(s, "0x%x", ", ") + "}" }},
		{"Go %v of bytes", func(m maker, s, _ string) string { return "body: [" + each(s, "%d", " ") + "]" }},
		{"JSON numbers, one a line", func(m maker, s, _ string) string { return "[\n  " + each(s, "%d", ",\n  ") + "\n]" }},
		{"Erlang binary", func(m maker, s, _ string) string { return "<<" + each(s, "%d", ",") + ">>" }},
		{"hex with colons", func(m maker, s, _ string) string { return each(s, "%02X", ":") }},
		{"hex with dashes", func(m maker, s, _ string) string { return each(s, "%02X", "-") }},
		{"openssl text", func(m maker, s, _ string) string { return wrapAt(each(s, "%02x", ":"), 45, with("    "), "") }},
		{"0x and one number", func(m maker, s, _ string) string { return "0x" + hex.EncodeToString([]byte(s)) }},
		{"Postgres bytea", func(m maker, s, _ string) string { return `\x` + hex.EncodeToString([]byte(s)) }},
		{"hex glued", func(m maker, s, _ string) string { return "blob_" + hex.EncodeToString([]byte(s)) + "_end" }},
		{"Python bytes of gzip", func(m maker, _, env string) string { return pyBytes(gz(env)) }},
		{"Perl \\x{}", func(m maker, s, _ string) string { return `"` + each(s, `\x{%x}`, "") + `"` }},
		{"JS \\u{}", func(m maker, s, _ string) string { return each(s, `\u{%x}`, "") }},
		{"Python \\U", func(m maker, s, _ string) string { return each(s, `\U%08x`, "") }},
		{"printf %b octal", func(m maker, s, _ string) string { return each(s, `\0%03o`, "") }},
		{"printf %q", func(m maker, s, _ string) string { return each(s, `\%c`, "") }},
		{"JSON in JSON in JSON", func(m maker, s, _ string) string {
			a, _ := json.Marshal(map[string]string{"t": s + "\"/\\"})
			b, _ := json.Marshal(map[string]string{"b": string(a)})
			c, _ := json.Marshal(map[string]string{"c": string(b)})
			return string(c)
		}},
		{"JSON, all \\u, in JSON", func(m maker, s, _ string) string { return `{"a":"{\"b\":\"` + each(s, `\\u%04x`, "") + `\"}"}` }},
		{"percent, lower case", func(m maker, s, _ string) string { return "https://h.invalid/?q=" + each(s, "%%%02x", "") + "&x=1" }},
		{"percent three times", func(m maker, s, _ string) string { return "q=" + each(s, "%%252525%02x", "") }},
		{"entities, hex", func(m maker, s, _ string) string { return "<b>" + each(s, "&#x%x;", "") + "</b>" }},
		{"entities, zeros before", func(m maker, s, _ string) string { return each(s, "&#%07d;", "") }},
		{"quoted-printable, all", func(m maker, s, _ string) string { return wrapAt(each(s, "=%02X", ""), 75, with(""), "=") }},
		{"base64url in a query", func(m maker, s, _ string) string {
			return "GET /c?d=" + base64.RawURLEncoding.EncodeToString([]byte(s)) + "&n=1"
		}},
		{"JWT claim", func(m maker, s, _ string) string {
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
				base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"ci","key":"`+strings.NewReplacer(`"`, "", `\`, "").Replace(s)+`"}`)) + "." + m.from(alnum, 43)
		}},
		{"base64 of base64, wrapped both", func(m maker, _, env string) string {
			return wrapAt(b64(wrapAt(b64(env), 76, with(""), "")), 76, with("2026-11-28T01:20:00.0000000Z "), "")
		}},
		{"docker auths", func(m maker, s, _ string) string {
			return `{"auths":{"r.invalid":{"auth":"` + b64("ci:"+s) + `"}}}`
		}},
		{"base32 without padding", func(m maker, s, _ string) string {
			return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(s))
		}},
		{"base32, lower, as DNS labels", func(m maker, _, env string) string {
			s := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(env)))
			return strings.ReplaceAll(wrapAt(s, 60, with(""), "."), "\n", "") + "x.invalid"
		}},
		{"base32hex, wrapped", func(m maker, _, env string) string {
			return wrapAt(base32.HexEncoding.EncodeToString([]byte(env)), 64, with(""), "")
		}},
		{"ascii85 without marks", func(m maker, s, _ string) string { return a85("DEPLOY_TOKEN=" + s) }},
		{"ascii85 over lines", func(m maker, _, env string) string { return "<~" + wrapAt(a85(env), 72, with(""), "") + "~>" }},
		{"base85 of Python", func(m maker, s, _ string) string { return digits85(rfc1924, "DEPLOY_TOKEN="+s) }},
		{"base85 of gzip", func(m maker, _, env string) string { return "b85: " + digits85(rfc1924, gz(env)) }},
		{"base85, repr", func(m maker, _, env string) string { return "b'" + digits85(rfc1924, env) + "'" }},
		{"z85", func(m maker, s, _ string) string { return digits85(zeromq, "DEPLOY_TOKEN="+s) }},
		{"git binary patch", func(m maker, _, env string) string { return gitPatch(zl(env)) }},
		{"uuencode", func(m maker, _, env string) string { return uuencoded(env, true) }},
		{"uuencode with timestamps", func(m maker, _, env string) string {
			return "2026-11-28T01:20:00.0000000Z " + strings.ReplaceAll(strings.TrimSpace(uuencoded(env, true)), "\n", "\n2026-11-28T01:20:00.0000000Z ")
		}},
		{"uuencode without marks", func(m maker, _, env string) string { return uuencoded(env, false) }},
		{"uuencode of gzip", func(m maker, _, env string) string { return uuencoded(gz(env), true) }},
		{"base58", func(m maker, s, _ string) string { return base58("token:" + s) }},
		{"rev, by lines", func(m maker, _, env string) string { return string(reversedLines([]byte(env))) }},
		{"base64, reversed, wrapped", func(m maker, _, env string) string { return wrapAt(backwards(b64(env)), 76, with(""), "") }},
		{"rot13", func(m maker, s, _ string) string { return rot("DEPLOY_TOKEN=" + s) }},
		{"rot13 of base64", func(m maker, s, _ string) string { return rot(b64("DEPLOY_TOKEN=" + s)) }},
		{"base64 of rot13", func(m maker, _, env string) string { return b64(rot(env)) }},
		{"spaced by lines", func(m maker, s, _ string) string { return each(s, "%c", "\n") }},
		{"array of characters", func(m maker, s, _ string) string {
			return `["` + each(strings.NewReplacer(`"`, "", `\`, "").Replace(s), "%c", `","`) + `"]`
		}},
		{"every character coloured", func(m maker, s, _ string) string { return each(s, "\x1b[3%[1]dm\x1b[1m%[1]c\x1b[0m", "") }},
		{"spinner over it", func(m maker, s, _ string) string {
			return "DEPLOY_TO\rDEPLOY_TOKEN=" + s[:12] + "#\b" + s[12:] + "\r\x1b[K|"
		}},
		{"data URI, percent", func(m maker, s, _ string) string { return "data:text/plain," + each(s, "%%%02X", "") }},
		{"k8s secret, JSON, base64", func(m maker, s, _ string) string {
			return b64(`{"kind":"Secret","data":{"t":"` + b64(s) + `"}}`)
		}},
		{"base64 without alphabet's ends", func(m maker, s, _ string) string { return "x=" + std.EncodeToString([]byte(s)) + ",y" }},
	}
}
