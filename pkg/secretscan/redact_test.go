package secretscan

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Every value in the tests of this package is made up; none opens anything.

// fake returns n bytes that look random and are the same each time.
func fake(seed uint32, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := []byte("FAKE")
	for len(b) < n {
		seed = seed*1664525 + 1013904223
		b = append(b, letters[seed>>8%62])
	}
	return string(b[:n])
}

func fakePEM() string {
	var b strings.Builder
	b.WriteString("-----BEGIN FAKE PRIVATE KEY-----\n")
	for i := range uint32(12) {
		b.WriteString(fake(100+i, 64) + "\n")
	}
	b.WriteString(fake(200, 20) + "\n-----END FAKE PRIVATE KEY-----\n")
	return b.String()
}

// stream is what a Writer makes of s, written in pieces of n bytes.
func stream(t testing.TB, r *Redactor, s string, n int) string {
	t.Helper()
	var b strings.Builder
	w := r.Writer(&b)
	for len(s) > 0 {
		size := min(n, len(s))
		if got, err := w.Write([]byte(s[:size])); got != size || err != nil {
			t.Fatalf("write: %d, %v", got, err)
		}
		s = s[size:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// check compares all ways to redact with what is wanted.
func check(t *testing.T, r *Redactor, in, want string) {
	t.Helper()
	if got := r.RedactString(in); got != want {
		t.Errorf("redact %q:\n got %q\nwant %q", in, got, want)
	}
	for _, n := range []int{1, 3, 7, 1 << 20} {
		if got := stream(t, r, in, n); got != want {
			t.Errorf("stream %q by %d:\n got %q\nwant %q", in, n, got, want)
		}
	}
	if again := r.RedactString(want); again != want {
		t.Errorf("redact %q once more: %q", want, again)
	}
}

func TestForms(t *testing.T) {
	// Punctuation that every encoder treats in its own way.
	value := "FAKE p<w/>\"d+é\\'~*&=" + fake(1, 9)
	r := NewRedactor([]string{"MY_TOKEN=" + value}, Options{})
	const mark = "[REDACTED:MY_TOKEN]"
	goJSON, _ := json.Marshal(value)
	goJSON = goJSON[1 : len(goJSON)-1]
	lower := strings.NewReplacer("%C3%A9", "%c3%a9", "%3C", "%3c", "%2F", "%2f", "%3E", "%3e", "%2B", "%2b", "%5C", "%5c", "%2A", "%2a", "%3D", "%3d")
	forms := map[string]string{
		"plain":             value,
		"json of Go":        string(goJSON),
		"json of JS":        strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value),
		"json of PHP":       strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`, "é", `\u00e9`).Replace(value),
		"json of Python":    strings.NewReplacer(`\`, `\\`, `"`, `\"`, "é", `\u00e9`).Replace(value),
		"url path":          url.PathEscape(value),
		"url query":         url.QueryEscape(value),
		"url query lower":   lower.Replace(url.QueryEscape(value)),
		"url query %20":     strings.ReplaceAll(url.QueryEscape(value), "+", "%20"),
		"url of JS":         "FAKE%20p%3Cw%2F%3E%22d%2B%C3%A9%5C'~*%26%3D" + fake(1, 9),
		"base64 std":        base64.StdEncoding.EncodeToString([]byte(value)),
		"base64 raw":        base64.RawStdEncoding.EncodeToString([]byte(value)),
		"base64 url":        base64.URLEncoding.EncodeToString([]byte(value)),
		"base64 url no pad": base64.RawURLEncoding.EncodeToString([]byte(value)),
	}
	for name, text := range forms {
		t.Run(name, func(t *testing.T) {
			check(t, r, text, mark)
			check(t, r, "a "+text+" b", "a "+mark+" b")
		})
	}
}

func TestBase64Alignments(t *testing.T) {
	for size := 8; size < 20; size++ {
		value := fake(uint32(size), size-3) + "\xfb\xff\xbe" // needs + and /, or - and _
		r := NewRedactor([]string{"MY_TOKEN=" + value}, Options{})
		for before := range 6 {
			for after := range 4 {
				for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
					text := enc.EncodeToString([]byte(strings.Repeat("u", before) + value + strings.Repeat("v", after)))
					got := r.RedactString(text)
					if !strings.Contains(got, "[REDACTED:MY_TOKEN]") {
						t.Fatalf("size %d, %d before, %d after: %q stays", size, before, after, text)
					}
					// Nothing of the value but the bits that share a character with what is around it.
					rest := strings.Replace(got, "[REDACTED:MY_TOKEN]", "", 1)
					if limit := (before*8+5)/6 + (after*8+5)/6 + 3; len(rest) > limit {
						t.Fatalf("size %d, %d before, %d after: %q leaves %q", size, before, after, text, rest)
					}
				}
			}
		}
	}
}

func TestMultiLine(t *testing.T) {
	pem := fakePEM()
	r := NewRedactor([]string{"SSH_PRIVATE_KEY=" + pem}, Options{})
	const mark = "[REDACTED:SSH_PRIVATE_KEY]"
	check(t, r, "key:\n"+pem, "key:\n"+mark+"\n")
	quoted, _ := json.Marshal(pem)
	check(t, r, string(quoted), `"`+mark+`\n"`)
	check(t, r, "> "+fake(103, 64)+" <", "> "+mark+" <")
	check(t, r, "-----BEGIN FAKE PRIVATE KEY-----", "-----BEGIN FAKE PRIVATE KEY-----")
	indented := strings.ReplaceAll(pem, "\n", "\r\n    ")
	if got := r.RedactString(indented); strings.Contains(got, "FAKE") && strings.Count(got, "FAKE") > 2 {
		t.Errorf("indented lines stay: %q", got)
	}
	whole := base64.StdEncoding.EncodeToString([]byte(pem))
	var wrapped strings.Builder
	for i := 0; i < len(whole); i += 76 {
		wrapped.WriteString(whole[i:min(i+76, len(whole))] + "\n")
	}
	for line := range strings.SplitSeq(strings.TrimSpace(r.RedactString(wrapped.String())), "\n") {
		if len(line) > len(mark)+4 { // the last line also encodes the line feed that is not part of the value
			t.Errorf("wrapped base64 stays: %q", line)
		}
	}
}

func TestURLs(t *testing.T) {
	r := NewRedactor([]string{"GH_TOKEN=" + fake(7, 40)}, Options{})
	long := strings.Repeat("x", maxAuthority)
	digest := strings.Repeat("0a", 32)
	for in, want := range map[string]string{
		"https://bob:hunter2@host/x":               "https://[REDACTED:url]@host/x",
		"postgres://u:p@h:5432/db?x=y@z":           "postgres://[REDACTED:url]@h:5432/db?x=y@z",
		"redis://:pw@h":                            "redis://[REDACTED:url]@h",
		"https://tok@h https://tok2@h":             "https://[REDACTED:url]@h https://[REDACTED:url]@h",
		"a://b@c/d://e@f/":                         "a://[REDACTED:url]@c/d://[REDACTED:url]@f/",
		"https://u:p@ss@h/":                        "https://[REDACTED:url]@h/",
		"http://DOM\\u:pw@proxy:80":                "http://[REDACTED:url]@proxy:80",
		`{"u":"https:\/\/u:p@h\/x"}`:               `{"u":"https:\/\/[REDACTED:url]@h\/x"}`,
		`{"u":"https://h","m":"a@b"}`:              `{"u":"https://h","m":"a@b"}`,
		"https://h/@scope/x@1 mail a@b":            "https://h/@scope/x@1 mail a@b",
		"ssh://git@host/x":                         "ssh://git@host/x",
		"git@host:x":                               "git@host:x",
		"docker://alpine@sha256:" + digest:         "docker://alpine@sha256:" + digest,
		"docker://u@p@sha256:" + digest:            "docker://[REDACTED:url]@sha256:" + digest,
		"docker://alpine@sha256:abc123":            "docker://alpine@sha256:abc123",
		"docker://u:p@sha256:80":                   "docker://[REDACTED:url]@sha256:80",
		"://@h :// @ ://":                          "://@h :// @ ://",
		"https://" + fake(7, 40) + "@h":            "https://[REDACTED:GH_TOKEN]@h",
		"https://u:" + fake(7, 40) + "@h":          "https://[REDACTED:url]@h",
		"https://[REDACTED:GH_TOKEN]@h":            "https://[REDACTED:GH_TOKEN]@h",
		"x://" + long[:maxAuthority-1] + "@h":      "x://[REDACTED:url]@h",
		"x://" + long + "@h":                       "x://" + long + "@h",
		"x://a@" + long + "@h":                     "x://[REDACTED:url]@" + long + "@h",
		"https://" + strings.Repeat("@", 50) + "/": "https://[REDACTED:url]@/",
	} {
		check(t, r, in, want)
		check(t, NewRedactor(nil, Options{}), in, strings.ReplaceAll(strings.ReplaceAll(want, "u:"+fake(7, 40), "[REDACTED:url]"),
			"[REDACTED:GH_TOKEN]", "[REDACTED:url]"))
	}
}

func TestLongestAndMerged(t *testing.T) {
	r := NewRedactor([]string{"A_TOKEN=FAKEaaaa", "B_TOKEN=FAKEaaaabbbb", "C_TOKEN=bbbbcccc1234", "D_TOKEN=zzzzzzzz"}, Options{})
	for in, want := range map[string]string{
		"FAKEaaaa":                      "[REDACTED:A_TOKEN]",
		"FAKEaaaabbb":                   "[REDACTED:A_TOKEN]bbb",
		"FAKEaaaabbbb":                  "[REDACTED:B_TOKEN]",
		"FAKEaaaabbbbcccc1234":          "[REDACTED:B_TOKEN]",
		"FAKEaaaaFAKEaaaa":              "[REDACTED:A_TOKEN][REDACTED:A_TOKEN]",
		strings.Repeat("z", 5000) + "!": "[REDACTED:D_TOKEN]!",
		"zzzzzzz":                       "zzzzzzz",
	} {
		check(t, r, in, want)
	}
}

// What stands in for a value can itself be part of one.
func TestMarksNeverMakeASecret(t *testing.T) {
	for _, environ := range [][]string{
		{"A_TOKEN=REDACTED"},
		{"A_TOKEN=[REDACTED", "B_TOKEN=REDACTED:", "C_TOKEN=<REDACTED:C_TOKEN>"},
		{"MY_SECRET_NAME=MY_SECRET_NAME"},
		{"A_TOKEN=]abcdefgh"},
		{"A_TOKEN=abcdefgh["},
		{"A_TOKEN=FAKE1234", "B_TOKEN=[REDACTED:A_TOKEN]tail"},
		{"A_TOKEN=FAKE1234", "B_TOKEN=abcdefg[REDACTED:A_TOKEN]tail"},
		{"A_TOKEN=FAKE1234", "B_TOKEN=KEN]FAKE1234", "C_TOKEN=FAKE1234[RED"},
		{"A_TOKEN=FAKE1234", "B_TOKEN=]<>{}()|*^~!", "C_TOKEN=!~^*|)(}{><["},
		{"URL_TOKEN=REDACTED:url", "D_KEY=:url]@host"},
	} {
		r := NewRedactor(environ, Options{})
		var values []string
		for _, e := range environ {
			_, v, _ := strings.Cut(e, "=")
			values = append(values, v)
		}
		for _, a := range values {
			for _, b := range append(values, "tail", "abcdefgh", "abcdefg", "https://u@host") {
				for _, text := range []string{a, a + b, b + a, a + b + a, b + a + "tail", "https://" + a + "@" + b} {
					got := r.RedactString(text)
					for _, v := range values {
						if strings.Contains(got, v) {
							t.Errorf("%q: %q becomes %q, which holds %q", environ, text, got, v)
						}
					}
				}
			}
		}
	}
}

func TestMarkNames(t *testing.T) {
	long := "MY_TOKEN" + strings.Repeat("x", 100)
	r := NewRedactor([]string{long + "=" + fake(1, 20), "bad]::name\n-token=" + fake(2, 20)}, Options{})
	check(t, r, fake(1, 20), "[REDACTED:"+long[:64]+"]")
	check(t, r, fake(2, 20), "[REDACTED:bad___name__token]")
}

func TestLongValue(t *testing.T) {
	value := fake(3, 10000)
	r := NewRedactor([]string{"BIG_SECRET=" + value}, Options{})
	check(t, r, "a"+value+"b", "a[REDACTED:BIG_SECRET]b")
	if got := r.RedactString(value[:7000]); len(got) > maxNeedle+40 {
		t.Errorf("of a part of a long value, %d bytes stay", len(got))
	}
	if l := r.Limits(); len(l) != 0 {
		t.Errorf("limits: %q", l)
	}
}

func TestLimits(t *testing.T) {
	huge := fake(4, 70<<10)
	r := NewRedactor([]string{"BIG_SECRET=" + huge}, Options{})
	if got := r.RedactString(huge); !strings.HasPrefix(got, "[REDACTED:BIG_SECRET]") || len(got) > 7<<10 {
		t.Errorf("the first 64 KiB stay")
	}
	if l := strings.Join(r.Limits(), "\n"); !strings.Contains(l, "BIG_SECRET: only the first 65536 bytes") || strings.Contains(l, "FAKE") {
		t.Errorf("limits: %q", l)
	}
	var environ []string
	for i := range uint32(20) {
		environ = append(environ, fmt.Sprintf("T%d_TOKEN=%s", i, fake(i, 30)))
	}
	r = NewRedactor(environ, Options{MaxNeedles: 20})
	for i := range uint32(20) {
		check(t, r, fake(i, 30), fmt.Sprintf("[REDACTED:T%d_TOKEN]", i)) // plain values come first
	}
	if l := r.Limits(); len(l) != 1 || !strings.Contains(l[0], "more than 20") {
		t.Errorf("limits: %q", l)
	}
	r = NewRedactor(environ, Options{MaxBytes: 100})
	if l := r.Limits(); len(l) != 1 || !strings.Contains(l[0], "100 bytes") {
		t.Errorf("limits: %q", l)
	}
}

func TestRedactLeavesItsInputAlone(t *testing.T) {
	r := NewRedactor([]string{"A_TOKEN=FAKE1234"}, Options{})
	in := []byte("a FAKE1234 https://u:p@h b")
	before := string(in)
	r.Redact(in)
	if string(in) != before {
		t.Errorf("input is now %q", in)
	}
	plain := []byte("nothing here")
	if out := r.Redact(plain); &out[0] != &plain[0] {
		t.Error("text without secrets is copied")
	}
}

func TestConcurrent(t *testing.T) {
	r := NewRedactor([]string{"A_TOKEN=" + fake(1, 30), "B_TOKEN=" + fakePEM()}, Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				text := fmt.Sprintf("%d %s %d https://u:p@h", i, fake(1, 30), n)
				want := fmt.Sprintf("%d [REDACTED:A_TOKEN] %d https://[REDACTED:url]@h", i, n)
				if got := r.RedactString(text); got != want {
					t.Errorf("got %q", got)
				}
				if got := stream(t, r, text, 5); got != want {
					t.Errorf("stream: got %q", got)
				}
				if got := r.RedactArgs([]string{"x", "--token", "abc"}); got[2] != "[REDACTED:arg]" {
					t.Errorf("args: got %q", got)
				}
			}
		})
	}
	wg.Wait()
}
