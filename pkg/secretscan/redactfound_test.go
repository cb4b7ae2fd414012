package secretscan

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/org/cilock-action/pkg/secretscan/internal/corpus"
)

// redacting makes a scanner with a value of the step and a mask that a stream announced.
func redacting(t testing.TB, value, mask string) *Scanner {
	t.Helper()
	s, err := NewScanner(ScanOptions{Values: NewValues([]Value{{"DEPLOY_KEY", value}})})
	if err == nil {
		err = s.ScanStream(t.Context(), "stdout", strings.NewReader("::add-mask::"+mask+"\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.CloseMasks()
	return s
}

// TestRedactFound: what is secret goes with the text that encodes it, and all else stays. The secrets are made here.
func TestRedactFound(t *testing.T) {
	token, value, mask := "ghp_"+fake(7, 40)[4:40], fake(8, 44)[4:], "made-up-mask-"+fake(9, 16)[4:]
	s := redacting(t, value, mask)
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, row := range []struct{ name, text, want string }{
		{"plain", "--token=" + token, "--token=[REDACTED:github-pat]"},
		{"base64", "--token=" + b64(token), "--token=[REDACTED:github-pat]"},
		{"base64 of more", "--auth=" + b64("user:"+token+"\n") + " --x", "--auth=[REDACTED:github-pat] --x"},
		{"base64url", "a " + base64.RawURLEncoding.EncodeToString([]byte(token)), "a [REDACTED:github-pat]"},
		{"twice", b64(b64(token)) + ",x", "[REDACTED:github-pat],x"},
		{"three layers", b64(hex.EncodeToString([]byte(b64(token)))), "[REDACTED:github-pat]"},
		{"hex", "0x" + hex.EncodeToString([]byte(token)) + ".txt", "0x[REDACTED:github-pat].txt"},
		{"base32", base32.StdEncoding.EncodeToString([]byte(token)), "[REDACTED:github-pat]"},
		{"gzip", "blob: " + b64(gzipped(token)), "blob: [REDACTED:github-pat]"},
		{"value", "key " + value, "key [REDACTED:DEPLOY_KEY]"},
		{"value in hex", "key " + hex.EncodeToString([]byte(value)), "key [REDACTED:DEPLOY_KEY]"},
		{"value deeper", "key " + b64("is: "+hex.EncodeToString([]byte(value))+" there"), "key [REDACTED:DEPLOY_KEY]"},
		{"mask", "f-" + mask, "f-[REDACTED:add-mask]"},
		{"mask in base64", "f " + b64("a "+mask+" b"), "f [REDACTED:add-mask]"},
		{"one of two", b64("nothing but harmless text") + " " + b64(token), b64("nothing but harmless text") + " [REDACTED:github-pat]"},
		{"plain beside encoded", "a%20b " + token + " " + b64(token), "a%20b [REDACTED:github-pat] [REDACTED:github-pat]"},
	} {
		for range 3 { // what it has seen does not count
			if got := s.RedactFound(row.text); got != row.want {
				t.Errorf("%s: %q, want %q", row.name, got, row.want)
			}
		}
	}
	for _, text := range []string{
		"", "plain words", b64("nothing but harmless text, and a lot of it"), hex.EncodeToString([]byte("nothing but harmless text")),
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", b64(gzipped("nothing but harmless text")), url.QueryEscape("a b/c d&e=f g\th;i,j:k"),
	} {
		if got := s.RedactFound(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestRedactFoundShallow: a text is looked at as deep as the scan is, whatever was seen before at another depth.
func TestRedactFoundShallow(t *testing.T) {
	token := "ghp_" + fake(7, 40)[4:40]
	layers := []string{token}
	for range 5 {
		layers = append(layers, base64.StdEncoding.EncodeToString([]byte(layers[len(layers)-1])))
	}
	s := redacting(t, fake(8, 44), fake(9, 44))
	for n := len(layers) - 1; n >= 0; n-- { // the deepest first
		if got := s.RedactFound(layers[n]); (got == layers[n]) != (n > DefaultDepth) {
			t.Errorf("%d layers: %q", n, got)
		}
	}
	flat, err := NewScanner(ScanOptions{Depth: NoDecoding})
	if err != nil || flat.RedactFound(layers[1]) != layers[1] || flat.RedactFound(token) == token {
		t.Errorf("without decoding: %v", err)
	}
}

// TestRedactFoundHostileMask: an announced mask that is part of what takes its place makes no text grow, and none that
// changes when it is redacted again.
func TestRedactFoundHostileMask(t *testing.T) {
	for _, mask := range []string{"REDACTED", "[REDACTED", "add-mask", "REDACTED:add-mask]", "[REDACTED]"} {
		s := redacting(t, fake(8, 44), mask)
		once := s.RedactFound("name-" + mask + ".txt")
		if twice := s.RedactFound(once); twice != once || len(once) > 1000 {
			t.Errorf("mask %q: %q, then %q", mask, once, twice)
		}
	}
}

// TestRedactFoundCorpus: after redaction a scan finds nothing of tier high, and redacting again changes nothing.
func TestRedactFoundCorpus(t *testing.T) {
	s, err := NewScanner(ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var before, after []corpus.Case
	for i, c := range corpus.Read(t) {
		if len(c.Data) > 4*maxTreeText {
			continue
		}
		clean := s.RedactFound(string(c.Data))
		if s.RedactFound(clean) != clean {
			t.Errorf("case %d, %s in %s: redacted twice is another text", i, c.Kind, c.Encoding)
		}
		before = append(before, c)
		c.Data = []byte(clean)
		after = append(after, c)
	}
	high := func(f Finding) bool { return f.Tier == TierHigh }
	was, is := findings(t, before, ScanOptions{}), findings(t, after, ScanOptions{})
	known, left := 0, 0
	for i, c := range before {
		known += count(slices.ContainsFunc(was[strconv.Itoa(i)], high))
		if slices.ContainsFunc(is[strconv.Itoa(i)], high) {
			left++
			t.Logf("case %d, %s in %s: left", i, c.Kind, c.Encoding)
		}
	}
	t.Logf("%d of %d left", left, known)
	if known < len(before)/4 || left > 0 {
		t.Errorf("%d of %d are still found after redaction", left, known)
	}
}

// TestRedactFoundAtOnce: what others redact at the same time changes nothing.
func TestRedactFoundAtOnce(t *testing.T) {
	token := "ghp_" + fake(7, 40)[4:40]
	s := redacting(t, fake(8, 44), fake(9, 44))
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for i := range 200 {
				text := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", i, token))
				if i%2 == n%2 {
					text = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d harmless text, nothing more", i))
				}
				if got := s.RedactFound("x/" + text); strings.Contains(got, "REDACTED") != (i%2 != n%2) {
					t.Errorf("%q", got)
				}
			}
		})
	}
	wait.Wait()
}

// FuzzRedactFound: whatever the text and the mask, redacting again changes nothing, and what comes out is not much longer.
func FuzzRedactFound(f *testing.F) {
	token := "ghp_" + fake(7, 40)[4:40]
	for _, s := range []string{
		token, base64.StdEncoding.EncodeToString([]byte(token)), "a%20" + token + "%20" + hex.EncodeToString([]byte(token)),
		base64.StdEncoding.EncodeToString([]byte(gzipped(token))), "\xff\x00" + token[:20] + "\n" + token[20:], "https://u:" + token + "@h/[REDACTED:github-pat]",
	} {
		f.Add(s, "REDACTED")
	}
	// One looks at each text first, the other has seen others.
	first, other := redacting(f, fake(8, 44), "nothing-of-it"), redacting(f, fake(8, 44), "nothing-of-it")
	f.Fuzz(func(t *testing.T, text, mask string) {
		if len(text) > 16<<10 || len(mask) > 1000 {
			return
		}
		first.trees = sync.Pool{}
		for _, s := range []*Scanner{first, other} {
			s.masks, s.closed = nil, false
			s.announce(mask)
		}
		once := first.RedactFound(text)
		if twice := first.RedactFound(once); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
		if again := other.RedactFound(text); again != once {
			t.Fatalf("%q, and by another scanner %q", once, again)
		}
		if len(once) > 1000+len(text)*100 {
			t.Fatalf("%d bytes became %d", len(text), len(once))
		}
	})
}
