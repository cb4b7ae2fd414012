package decode

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
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

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }
