package secretscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// holds checks everything that is promised of a redactor's output for one text.
func holds(t *testing.T, environ []string, text string, cuts func(left int) int) {
	t.Helper()
	r := NewRedactor(environ, Options{})
	out := r.RedactString(text)
	free(t, r, environ, text, out)
	if again := r.RedactString(out); again != out {
		t.Fatalf("%q, %q becomes %q and then %q", environ, text, out, again)
	}
	if want := merged(r, text); want != out {
		t.Fatalf("%q, %q becomes %q, want %q", environ, text, out, want)
	}
	var b strings.Builder
	w := r.Writer(&b).(*writer)
	for rest := text; len(rest) > 0; {
		n := max(1, min(cuts(len(rest)), len(rest)))
		io.WriteString(w, rest[:n])
		rest = rest[n:]
		if held := len(w.held) + len(w.next0().held); held > 2*(maxAuthority+maxNeedle) {
			t.Fatalf("%q, %q: %d bytes are held back", environ, text, held)
		}
	}
	w.Close()
	if b.String() != out {
		t.Fatalf("%q, %q: the stream is %q, the whole %q", environ, text, b.String(), out)
	}
	argv := strings.Split(text, "\x00")
	args := r.RedactArgs(argv)
	if len(args) != len(argv) {
		t.Fatalf("%d arguments of %d", len(args), len(argv))
	}
	for i := range args {
		free(t, r, environ, text, args[i])
		if i > 0 && secretFlag(argv[i-1]) != "" && worthHiding("", argv[i]) && argv[i] != "--" && !strings.Contains(argv[i], ".") && !r.marks.set[args[i]] {
			t.Fatalf("%q becomes %q", argv, args)
		}
	}
}

func (w *writer) next0() *writer {
	if w.next == nil {
		return &writer{}
	}
	return w.next
}

// free checks, without the index, that no needle occurs in out.
func free(t *testing.T, r *Redactor, environ []string, text, out string) {
	t.Helper()
	for _, n := range r.index.needles {
		if strings.Contains(out, string(n.text)) {
			t.Fatalf("%q, %q becomes %q, which holds %q", environ, text, out, n.text)
		}
	}
}

// merged redacts by the definition: every match of every needle, overlapping ones merged, the longest names the region.
func merged(r *Redactor, text string) string {
	text = mergedOnce(r, r.index.needles, text)
	return mergedOnce(r, nil, text)
}

func mergedOnce(r *Redactor, needles []needle, text string) string {
	var b strings.Builder
	end, best, mark := -1, 0, 0
	match := func(from, to, with int) {
		end = max(end, to)
		if to-from > best {
			best, mark = to-from, with
		}
	}
	for i := 0; i <= len(text); i++ {
		if i == end {
			b.WriteString(r.marks.text[mark])
			end, best = -1, 0
		}
		size, with := 0, 0
		for _, n := range needles {
			if strings.HasPrefix(text[i:], string(n.text)) && len(n.text) > size {
				size, with = len(n.text), n.mark
			}
		}
		if size > 0 {
			match(i, i+size, with)
		}
		if ev := nextURL([]byte(text), i, true, r.marks.known); ev.end > 0 && ev.at == i {
			match(i, ev.end, ev.mark)
		}
		if end < 0 && i < len(text) {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// TestProperties makes environments and texts in which needles, replacements and URLs run into each other.
func TestProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alphabets := []string{"ab", "a:/@", "[]REDACTD:aurl_KY", "://@ab?", "*<>[]{}()|^~!\x00", "a b\n\"%+/=\\", "\xff\xc3\xa9a"}
	random := func(n int) string {
		alphabet := alphabets[rng.IntN(len(alphabets))]
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return string(b)
	}
	for range 2000 {
		var environ []string
		for i := range rng.IntN(4) {
			environ = append(environ, fmt.Sprintf("%s_KEY=%s", []string{"A", "url", "REDACTED", "abababab"}[i], random(6+rng.IntN(14))))
		}
		r := NewRedactor(environ, Options{})
		var text strings.Builder
		for range rng.IntN(12) {
			needles := r.index.needles
			switch k := rng.IntN(8); {
			case k < 3 && len(needles) > 0:
				n := needles[rng.IntN(len(needles))].text
				from := rng.IntN(2) * rng.IntN(len(n))
				text.Write(n[from : from+rng.IntN(len(n)-from+1)])
			case k == 3:
				text.WriteString(r.marks.text[rng.IntN(len(r.marks.text))])
			case k == 4:
				text.WriteString([]string{"http://", "@h", `:\/\/`, "\x00--token\x00", "--key=", "://"}[rng.IntN(6)])
			default:
				text.WriteString(random(rng.IntN(10)))
			}
		}
		size := 1 + rng.IntN(9)
		holds(t, environ, text.String(), func(int) int { return 1 + rng.IntN(size) })
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("FAKE1234\x00[REDACTED:A]", "x FAKE1234 https://u:FAKE1234@h", uint64(1))
	f.Add("ab cd ef gh\x00://ababab", "http://ab cd ef gh@h \x00--password\x00-abc", uint64(2))
	f.Add("]aaaaaaa\x00aaaaaaa[\x00aaaaaaaa", "aaaaaaaaaaaaaaaaa[", uint64(3))
	f.Add(`{"a":"FAKE\u00001234567","b":["FAKEFAKE"]}`, "FAKEFAKE1234567", uint64(4))
	f.Add("postgres://u:FAKE%401234@h/db", "FAKE@1234 FAKE%401234", uint64(5))
	f.Add("k=v;password=FAKE1234;\nkey: FAKEFAKE", "FAKE1234", uint64(6))
	f.Add("RkFLRTpGQUtFRkFLRQ==", "FAKEFAKE Authorization: Basic RkFLRTpGQUtFRkFLRQ==", uint64(7))
	f.Fuzz(func(t *testing.T, values, text string, seed uint64) {
		if len(values) > 400 || len(text) > 2000 {
			return // the definition it is compared with is slow
		}
		var environ []string
		for i, v := range strings.Split(values, "\x00") {
			environ = append(environ, fmt.Sprintf("%s%d_KEY=%s", strings.Repeat("a", int(seed%7)), i, v))
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		holds(t, environ, text, func(left int) int { return 1 + rng.IntN(left) })
	})
}

func FuzzSecretName(f *testing.F) {
	f.Add("githubPAT_2")
	f.Add("=\xff::\n")
	f.Fuzz(func(t *testing.T, name string) {
		if !SecretName(name+"_TOKEN") || !SecretName("TOKEN_"+name) {
			t.Errorf("%q hides the rest of a name", name)
		}
		if n := markName(name); len(n) > maxMarkName || strings.ContainsFunc(n, func(r rune) bool { return r != '_' && !alnum(r) }) {
			t.Errorf("mark name %q", n)
		}
	})
}

// A prompt must not wait for what follows it, and a writer that has nothing to hide must pass on what it gets as it is.
func TestWriterHoldsNothingWithoutNeed(t *testing.T) {
	for _, r := range []*Redactor{NewRedactor(nil, Options{}), NewRedactor([]string{"A_TOKEN=FAKE1234"}, Options{})} {
		var out bytes.Buffer
		w := r.Writer(&out)
		for _, s := range []string{"Password: ", "Username for 'https://host': ", "a://b/", "mail a@b", "x F", "x", "https://u@h ", "FAKE1234", "://"} {
			before := out.Len()
			io.WriteString(w, s)
			if held := out.Len() == before; held {
				t.Errorf("%q is held back", s)
			}
		}
	}
	var seen [][]byte
	w := NewRedactor(nil, Options{}).Writer(writerFunc(func(p []byte) (int, error) { seen = append(seen, p); return len(p), nil }))
	p := bytes.Repeat([]byte("plain text\n"), 1000)
	w.Write(p)
	if len(seen) != 1 || &seen[0][0] != &p[0] {
		t.Error("plain text is copied")
	}
}

// Whatever goes through a writer, it holds no more than it says.
func TestWriterBound(t *testing.T) {
	r := NewRedactor([]string{"A_TOKEN=" + strings.Repeat("z", 9000)}, Options{})
	for _, text := range []string{"://a@" + strings.Repeat("x", 100_000), strings.Repeat("z", 100_000), strings.Repeat(strings.Repeat("z", 511)+"y", 200), strings.Repeat("://", 30_000)} {
		w := r.Writer(io.Discard).(*writer)
		for rest := text; len(rest) > 0; rest = rest[min(100, len(rest)):] {
			io.WriteString(w, rest[:min(100, len(rest))])
			if held := max(len(w.held), len(w.next.held)); held > maxAuthority+5 {
				t.Fatalf("%.20q...: %d bytes are held back", text, held)
			}
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWriterErrors(t *testing.T) {
	r := NewRedactor([]string{"A_TOKEN=FAKE1234"}, Options{})
	w := r.Writer(writerFunc(func(p []byte) (int, error) { return 0, io.ErrNoProgress }))
	if n, err := io.WriteString(w, "x"); n != 0 || !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("write: %d, %v", n, err)
	}
	if _, err := io.WriteString(w, "x"); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("write again: %v", err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("close: %v", err)
	}
	w = r.Writer(writerFunc(func(p []byte) (int, error) { return len(p) - 1, nil }))
	if _, err := io.WriteString(w, "x"); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("short write: %v", err)
	}
	w = r.Writer(io.Discard)
	for range 2 { // the second does nothing
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := io.WriteString(w, "x"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write after close: %v", err)
	}
}
