package decode

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// maker makes secrets and texts; nothing in them is real.
type maker struct{ *rand.Rand }

func (m maker) from(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[m.IntN(len(alphabet))]
	}
	return string(b)
}

const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// secret is a value of one of the common shapes.
func (m maker) secret(i int) string {
	switch i % 5 {
	case 0:
		return "ghp_" + m.from(alnum, 36)
	case 1:
		return "AKIA" + m.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
	case 2:
		return "sk_live_" + m.from(alnum, 24)
	case 3:
		return m.from("0123456789abcdef", 40)
	}
	return m.from(alnum+"!#$%&*+-.:;<=>?@^_~", 28)
}

// env is what the command env prints, with the secret in it.
func (m maker) env(secret string) string {
	return "SHELL=/bin/bash\nHOME=/home/runner\nLANG=C.UTF-8\nRUNNER_TOOL_CACHE=/opt/hostedtoolcache\nDEPLOY_TOKEN=" + secret +
		"\nPATH=/usr/local/bin:/usr/bin:/bin\nBUILD_ID=" + m.from("0123456789", 9) + "\n_=/usr/bin/env\n"
}

// wrapAt breaks s into lines and puts a prefix and a suffix around each.
func wrapAt(s string, width int, prefix func(int) string, suffix string) string {
	var b strings.Builder
	for i := 0; len(s) > 0; i++ {
		n := min(width, len(s))
		b.WriteString(prefix(i) + s[:n] + suffix + "\n")
		s = s[n:]
	}
	return b.String()
}

func with(s string) func(int) string { return func(int) string { return s } }

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// packed compresses with any of the writers.
func packed[W io.WriteCloser](open func(io.Writer) (W, error), s string) string {
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		panic(err)
	}
	if _, err := io.WriteString(w, s); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func gz(s string) string {
	return packed(func(w io.Writer) (*gzip.Writer, error) { return gzip.NewWriter(w), nil }, s)
}

func zl(s string) string {
	return packed(func(w io.Writer) (*zlib.Writer, error) { return zlib.NewWriter(w), nil }, s)
}

func deflate(s string) string {
	return packed(func(w io.Writer) (*flate.Writer, error) { return flate.NewWriter(w, 9) }, s)
}

func xzip(s string) string {
	return packed(func(w io.Writer) (*xz.Writer, error) { return xz.NewWriter(w) }, s)
}

func lz(s string) string {
	return packed(func(w io.Writer) (*lzma.Writer, error) { return lzma.NewWriter(w) }, s)
}

func zst(s string) string {
	return packed(func(w io.Writer) (*zstd.Encoder, error) { return zstd.NewWriter(w) }, s)
}

func tarball(name, s string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(s))}); err != nil {
		panic(err)
	}
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func zipped(name, s string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err != nil {
		panic(err)
	}
	io.WriteString(f, s)
	w.Close()
	return b.String()
}

func wide(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// each puts every byte into a format, with something between.
func each(s, format, between string) string {
	parts := make([]string, len(s))
	for i := range len(s) {
		parts[i] = fmt.Sprintf(format, s[i])
	}
	return strings.Join(parts, between)
}

// dumped is hexdump -C.
func dumped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 16 {
		row := s[i:min(i+16, len(s))]
		cells := each(row, "%02x", " ")
		if len(row) > 8 {
			cells = cells[:24] + " " + cells[24:]
		}
		shown := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, strings.ToValidUTF8(row, "."))
		fmt.Fprintf(&b, "%08x  %-49s |%s|\n", i, cells, shown)
	}
	return b.String() + fmt.Sprintf("%08x\n", len(s))
}

func rot(s string) string { return string(rot13([]byte(s))) }

func backwards(s string) string { return string(reversed([]byte(s))) }

func digits85(alphabet, s string) string {
	var out strings.Builder
	pad := (4 - len(s)%4) % 4
	s += strings.Repeat("\x00", pad)
	for i := 0; i < len(s); i += 4 {
		v := binary.BigEndian.Uint32([]byte(s[i:]))
		var g [5]byte
		for k := 4; k >= 0; k-- {
			g[k] = alphabet[v%85]
			v /= 85
		}
		out.Write(g[:])
	}
	return out.String()[:out.Len()-pad]
}

const (
	rfc1924 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
	zeromq  = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)

func uuencoded(s string, head bool) string {
	var b strings.Builder
	if head {
		b.WriteString("begin 644 -\n")
	}
	for i := 0; i < len(s); i += 45 {
		row := s[i:min(i+45, len(s))]
		b.WriteByte(byte(' ' + len(row)))
		row += strings.Repeat("\x00", (3-len(row)%3)%3)
		for k := 0; k < len(row); k += 3 {
			v := uint32(row[k])<<16 | uint32(row[k+1])<<8 | uint32(row[k+2])
			for shift := 18; shift >= 0; shift -= 6 {
				c := byte(v>>shift&0x3f) + ' '
				if c == ' ' {
					c = '`'
				}
				b.WriteByte(c)
			}
		}
		b.WriteByte('\n')
	}
	if head {
		b.WriteString("`\nend\n")
	}
	return b.String()
}

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

func a85(s string) string {
	b := make([]byte, ascii85.MaxEncodedLen(len(s)))
	return string(b[:ascii85.Encode(b, []byte(s))])
}

// words16 is od with words of a size in bytes, least significant byte first.
func words16(s, offset, word string, size int) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 16 {
		row := []byte(s[i:min(i+16, len(s))])
		for len(row)%size != 0 {
			row = append(row, 0)
		}
		if offset != "" {
			fmt.Fprintf(&b, offset, i)
		}
		for k := 0; k < len(row); k += size {
			v := uint32(binary.LittleEndian.Uint16(row[k:]))
			if size == 4 {
				v = binary.LittleEndian.Uint32(row[k:])
			}
			fmt.Fprintf(&b, word, v)
		}
		b.WriteByte('\n')
	}
	if offset != "" {
		fmt.Fprintf(&b, offset+"\n", len(s))
	}
	return b.String()
}

func odChars(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 16 {
		fmt.Fprintf(&b, "%07o", i)
		for _, c := range []byte(s[i:min(i+16, len(s))]) {
			if c == '\n' {
				b.WriteString(`  \n`)
			} else {
				fmt.Fprintf(&b, "   %c", c)
			}
		}
		b.WriteByte('\n')
	}
	return b.String() + fmt.Sprintf("%07o\n", len(s))
}

func pyBytes(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\\' || c == '\'':
			b.WriteString(`\` + string(rune(c)))
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return "b'" + b.String() + "'"
}

func gitPatch(s string) string {
	out := "GIT binary patch\nliteral 300\n"
	for i := 0; i < len(s); i += 52 {
		row := s[i:min(i+52, len(s))]
		head := byte('A' + len(row) - 1)
		if len(row) > 26 {
			head = byte('a' + len(row) - 27)
		}
		row += strings.Repeat("\x00", (4-len(row)%4)%4)
		out += string(head) + digits85(rfc1924, row) + "\n"
	}
	return out + "\n"
}

func base58(s string) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	n := []byte(s)
	var out []byte
	for len(n) > 0 {
		rest := 0
		var next []byte
		for _, c := range n {
			rest = rest<<8 | int(c)
			if d := rest / 58; d > 0 || len(next) > 0 {
				next = append(next, byte(d))
			}
			rest %= 58
		}
		out = append(out, alphabet[rest])
		n = next
	}
	return backwards(string(out))
}
