package decode

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

// family fuzzes everything with seeds of one family of decoders: they read whatever text there is, so the target is the
// same, and what differs is where the fuzzer starts.
func family(f *testing.F, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte("2026-11-28T01:20:00.0000000Z " + strings.ReplaceAll(s, "\n", "\n2026-11-28T01:20:00.0000000Z ")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		holds(t, text, Limits{Child: 1 << 20, Bytes: 1 << 22, Work: 1 << 26})
	})
}

// holds checks what is promised of a tree, whatever the text.
func holds(t *testing.T, text []byte, l Limits) *Budget {
	t.Helper()
	b := NewBudget(l)
	b.strict = true
	before := bytes.Clone(text)
	seen := map[string]bool{string(text): true}
	nodes, size := 0, 0
	walk(b, text, func(n node) bool { return true })
	b = NewBudget(l)
	b.strict = true
	var descend func([]byte, int)
	descend = func(text []byte, depth int) {
		Children(text, b, func(c Child) {
			switch {
			case c.Start < 0 || c.Start > c.End || c.End > len(text):
				t.Fatalf("%s: span %d to %d of %d bytes", c.Decoder, c.Start, c.End, len(text))
			case seen[string(c.Data)]:
				t.Fatalf("%s: a text twice: %.80q", c.Decoder, c.Data)
			case c.Decoder == "" || len(c.Data) > b.limits.Child:
				t.Fatalf("%s: %d bytes", c.Decoder, len(c.Data))
			}
			seen[string(c.Data)] = true
			nodes++
			size += len(c.Data)
			if depth < layers {
				descend(c.Data, depth+1)
			}
		})
	}
	descend(text, 1)
	if nodes > b.limits.Nodes+len(text)/sourceNode || size > b.limits.Bytes+sourceByte*len(text) {
		t.Fatalf("%d children of %d bytes", nodes, size)
	}
	if !bytes.Equal(text, before) {
		t.Fatal("the text was changed")
	}
	return b
}

const fuzzSecret = "DEPLOY_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345\n"

func FuzzBase(f *testing.F) {
	family(f, b64(fuzzSecret), "key/x_"+b64(fuzzSecret), wrapAt(b64(strings.Repeat(fuzzSecret, 4)), 40, with("a | "), "\","),
		hex.EncodeToString([]byte(fuzzSecret)), "I5EF6RSHHVTWS5DIOVRF64DBORPWWUSULJLUMZJUJREFERCEIFTE433PPBWHAUC7", "47-48-5f-46-47-3d-67-69-74-68-75-62",
		base58("token:"+fuzzSecret), backwards(b64(fuzzSecret)), rot(b64(fuzzSecret)))
}

func FuzzBase85(f *testing.F) {
	family(f, a85(fuzzSecret), "<~"+a85(fuzzSecret)+"~>", "<~~>", "<~z~>", digits85(rfc1924, fuzzSecret), digits85(zeromq, fuzzSecret),
		gitPatch(zl(fuzzSecret)), uuencoded(fuzzSecret, true), uuencoded(fuzzSecret, false), "begin 644 x\n#\nend\n")
}

func FuzzNumbers(f *testing.F) {
	family(f, dumped(fuzzSecret), words16(fuzzSecret, "%07o", " %06o", 2), words16(fuzzSecret, "", " %08x", 4), odChars(fuzzSecret),
		each(fuzzSecret, "0x%02x", ", "), each(fuzzSecret, "%d", " "), each(fuzzSecret, "%d", ",\n"), each(fuzzSecret, `\x%02x`, ""),
		each(fuzzSecret, "%c", " "), "00000000  00 00 00 00 00 00\n*\n7fffffff  00\n", "00 01 02 03 04 05\n*\n*\n", "-1,-2,-3,-4,-5,-6,-7,-8",
		":100000004749544855425F544F4B454E3D6768705F95\n:00000001FF\nS11300004749544855425F544F4B454E3D6768705F92\nS1\n:", "48 65 6c 6c 6f 20 48 65  123456\n", "$k = [char]71+[char]0x48+[char]73+[char]74+[char]75+[char]76", "6f682f3d454d4f48 722f656d6f682f3d\n454d4f48454d4f48\n", "Nov 28 10:00:07 00000000  48 65 6c 6c-6f 0a\n", "0000: 47 45 54 20 2f 20\n000000 20746547 2f646347 31313131 31313131\n00000e\n")
}

func FuzzEscapes(f *testing.F) {
	family(f, each(fuzzSecret, `\u%04x`, ""), each(fuzzSecret, `\u{%x}`, ""), each(fuzzSecret, `\%03o`, ""), `\ud83d\ude00\ud83d\x`, `\`, `\U0000`,
		each(fuzzSecret, "%%%02x", ""), "%25%32%35a+b%", each(fuzzSecret, "&#%d;", ""), "&amp;&quot;&#x;&#", "=3D=\n=\r\n=4", each(fuzzSecret, "=%02X", ""),
		each(fuzzSecret, "\x1b[3%[1]dm%[1]c", ""), "abcdefghij0123456789\n0123456789abcdefghij\nabc\nabcdefghij0123456789\nabcdefghij0123456789\nabc\nx", "0123456789abcdef0123↩\n  4567",
		"%u0067%u00e9%u%u1", "a\u00adb\u200bc\xe2\x80\xe2", "'ab''cd' \"a\" \\\n \"b\" . \"c\" || `d` `e`", "a\b\b\bc\rd\x1b]0;t\a\x1b", "-----BEGIN X-----\nab\n-----END X-----")
}

func FuzzWide(f *testing.F) {
	family(f, wide(fuzzSecret, binary.LittleEndian), "x"+wide(fuzzSecret, binary.BigEndian), each(fuzzSecret, "%c\x00\x00\x00", ""),
		each(fuzzSecret, "\x00\x00\x00%c", ""), "\xd8\x00a\x00\x00\xd8")
}

func FuzzCompressed(f *testing.F) {
	family(f, gz(fuzzSecret), zl(fuzzSecret), deflate(fuzzSecret+fuzzSecret), xzip(fuzzSecret), lz(fuzzSecret), zst(fuzzSecret), "head "+gz(fuzzSecret)+xzip("x"),
		"BZh91AY&SY\x17\x72\x45\x38\x50\x90\x00\x00\x00\x00", "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x28\x00\x00\x00")
}

func FuzzArchives(f *testing.F) {
	family(f, tarball("a", fuzzSecret), zipped("a", fuzzSecret), gz(tarball("a", zipped("b", fuzzSecret))), zipped("a", fuzzSecret)+zipped("b", fuzzSecret+"x"))
}

func FuzzMirrors(f *testing.F) {
	family(f, backwards(fuzzSecret), rot(fuzzSecret), "-----YEK ETAVIRP DNE-----\nx\n-----YEK ETAVIRP NIGEB-----", "a1b2c3d4e5f6g7h8=DROWSSAP")
}
