package decode

import (
	"slices"
	"strings"
	"testing"
)

// children returns what Children gives for a text, in the order of the decoders' names.
func children(t *testing.T, b *Budget, text string) []Child {
	t.Helper()
	b.strict = true
	var all []Child
	Children([]byte(text), b, func(c Child) { all = append(all, c) })
	slices.SortFunc(all, func(x, y Child) int { return strings.Compare(x.Decoder+string(x.Data), y.Decoder+string(y.Data)) })
	return all
}

// texts is what is told of children when a test fails.
func texts(all []Child) (list []string) {
	for _, c := range all {
		list = append(list, c.Decoder+": "+string(c.Data))
	}
	return list
}

// A child says which part of the text it was, and what that part means to the last byte.
func TestChildren(t *testing.T) {
	const secret = "password=hunter2hunter2"
	for _, c := range []struct {
		text    string // the encoded part is between the signs
		decoder string
		data    string
		name    string
	}{
		{"x: «" + b64(secret) + "» y", "base64", secret, ""},
		{"blob:«" + strings.TrimRight(b64(secret+"!"), "=") + "» y", "base64", secret + "!", ""},
		{"«" + wrapAt(b64(secret+secret+secret), 40, with(""), "")[:94] + "»\n", "base64", secret + secret + secret, ""},
		{"h «" + each(secret, "%02x", "") + "».", "hex", secret, ""},
		{"h «" + each(secret, "%02x", " ") + "» .", "hex", secret, ""},
		{"{«" + each(secret, "%d", ",") + "»}", "bytes", secret, ""},
		{"u «" + strings.ReplaceAll(secret, "=", "%3D") + "» .", "percent", secret, ""},
		{"«" + each(secret, `\u%04x`, "") + "»", "escape", secret, ""},
		{"s:\n«" + each(secret, "%c", " ") + "»", "spaced", secret, ""},
		{"«<~" + a85(secret) + "~>» .", "ascii85", secret, ""},
		{"\x01«" + gz(secret) + "»\x01\x02", "gzip", secret, ""},
		{"\x01«" + xzip(secret), "xz", secret, ""},
		{"\x01«" + zipped("a/b.txt", secret)[:37+len(secret)+7] + "»", "zip", secret, "a/b.txt"},
		{tarball("c.env", secret)[:512] + "«" + secret + "»", "tar", secret, "c.env"},
	} {
		start, end := strings.Index(c.text, "«"), strings.LastIndex(c.text, "»")
		text := c.text[:start] + c.text[start+len("«"):]
		if end -= len("«"); end < 0 {
			end = len(text)
		} else {
			text = text[:end] + text[end+len("»"):]
		}
		found := false
		for _, got := range children(t, NewBudget(Limits{}), text) {
			if got.Decoder != c.decoder || string(got.Data) != c.data {
				continue
			}
			found = true
			if c.decoder != "xz" && c.decoder != "zip" && (got.Start != start || got.End != end) || got.Start != start {
				t.Errorf("%s of %q: %d to %d, want %d to %d", c.decoder, text, got.Start, got.End, start, end)
			}
			if got.Name != c.name {
				t.Errorf("%s: name %q, want %q", c.decoder, got.Name, c.name)
			}
		}
		if !found {
			t.Errorf("%s of %q: got %q", c.decoder, text, texts(children(t, NewBudget(Limits{}), text)))
		}
	}
}

// A text is given once for a source, wherever it is met again.
func TestOnce(t *testing.T) {
	b := NewBudget(Limits{})
	const secret = "password=hunter2hunter2"
	first := children(t, b, "a "+b64(secret)+" b")
	again := children(t, b, "c "+each(secret, "%02x", "")+" d "+b64(secret))
	if len(first) != 1 || len(again) != 0 {
		t.Errorf("first %q, then %q", texts(first), texts(again))
	}
}

// Pictures and programs in base64, digests and identifiers make no tree.
func TestNoise(t *testing.T) {
	m := maker{newRand(7)}
	noise := make([]byte, 20_000)
	for i := range noise {
		noise[i] = byte(m.IntN(256))
	}
	for name, text := range map[string]string{
		"a picture":   wrapAt(b64("\x89PNG\r\n\x1a\n"+string(noise)), 76, with(""), ""),
		"digests":     strings.Repeat("sha256:"+m.from("0123456789abcdef", 64)+"\n", 50),
		"identifiers": strings.Repeat("com.example.internal.SomeVeryLongFactoryBean getElementsByClassName node_modules/@types/react/index.d.ts\n", 100),
		"times":       strings.Repeat("2026-11-28T01:20:00.0000000Z 10:11:12 2026/11/28 1 2 3 4 5 6 7 8\n", 100),
	} {
		nodes := 0
		b := NewBudget(Limits{})
		walk(b, []byte(text), func(n node) bool { nodes++; return true })
		if nodes > 4 || len(b.Gaps()) > 0 {
			t.Errorf("%s: %d nodes, gaps %v", name, nodes, b.Gaps())
		}
	}
}

// A long block of base64 is not transformed with the lines around it, unless that is what makes sense of it: a key between
// its marks, or text among other base64 of the same width.
func TestTurnedBlocks(t *testing.T) {
	m := maker{newRand(17)}
	bytes := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(m.IntN(256))
		}
		return string(b)
	}
	key := "-----BEGIN PRIVATE KEY-----\n" + wrapAt(b64(bytes(2400)), 64, with(""), "") + "-----END PRIVATE KEY-----\n"
	env := strings.Repeat("GITHUB_TOKEN="+m.secret(0)+" ", 16)
	block := func(s string) string { return wrapAt(b64(s), 76, with(""), "") }
	for name, c := range map[string]struct{ text, decoder, data string }{
		"a key through rot13":      {"log\n" + rot(key), "rot13", key},
		"a key backwards":          {"log\n" + backwards(key), "reversed", key},
		"a key's lines backwards":  {"log\n" + string(reversedLines([]byte(key))), "reversed", key},
		"text through rot13":       {block(bytes(5700)) + rot(block(env)) + block(bytes(5700)), "rot13-base64", env[:57]},
		"text's letters backwards": {block(bytes(5700)) + string(reversedLines([]byte(block(env)))) + block(bytes(5700)), "reversed-base64", env[:57]},
		"text behind letters":      {block(bytes(5700)) + each(env[:12], "%c"+strings.TrimRight(b64(env[:56]), "="), "\n") + "\n" + block(bytes(2850)), "base64", env[:56]},
		"nothing":                  {block(bytes(5700)), "", ""},
	} {
		found := false
		for _, got := range children(t, NewBudget(Limits{}), c.text) {
			found = found || got.Decoder == c.decoder && strings.Contains(string(got.Data), c.data)
			if c.decoder == "" && got.Approximate {
				t.Errorf("%s: a child of %s", name, got.Decoder)
			}
		}
		if !found && c.decoder != "" {
			t.Errorf("%s: no child of %s", name, c.decoder)
		}
	}
}
