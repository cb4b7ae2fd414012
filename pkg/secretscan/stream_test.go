package secretscan

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestAnnouncedMasks: what a stream announces is looked for in all of it; the announcement itself is the runner's business.
func TestAnnouncedMasks(t *testing.T) {
	value, pat := fake(3, 24), token(1)
	text := "early " + value + "\n" + strings.Repeat("words of a log\n", 300_000) +
		"::add-mask::" + value + "\n::add-mask::" + pat + "\n::add-mask::password\nlate " + b64("x="+value) + "\n"
	s := scanner(t, ScanOptions{})
	if err := s.ScanStream(t.Context(), "stdout", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	r := s.Result()
	wantFindings(t, r, "environment-value high stdout 1:0 x2 []"[:0]+fmt.Sprintf("environment-value high stdout 1:%d x2 []", len("early ")))
	if r.Findings[0].Description != "The value of add_mask." {
		t.Errorf("%+v", r.Findings[0])
	}

	// What cannot be read twice: from the window on in which the mask is.
	s = scanner(t, ScanOptions{})
	w := s.Writer("stdout")
	io.WriteString(w, "early "+value+"\n::add-mask::"+value+"\nlate "+value+"\n")
	w.Close()
	wantFindings(t, s.Result(), "environment-value high stdout 1:6 x2 []")

	// A file announces nothing, and hides nothing.
	r = scan(t, ScanOptions{}, "::add-mask::"+value+"\n"+value+"\n::add-mask::"+pat+"\n")
	wantFindings(t, r, fmt.Sprintf("github-pat high log 3:%d x1 []", 2*len(value)+2+2*len("::add-mask::")))
}

func TestManyMasks(t *testing.T) {
	var text strings.Builder
	for i := range uint32(maxMasks + 10) {
		fmt.Fprintf(&text, "::add-mask::%s\n", fake(i, 20))
	}
	s := scanner(t, ScanOptions{})
	if err := s.ScanStream(t.Context(), "stdout", strings.NewReader(text.String())); err != nil {
		t.Fatal(err)
	}
	if r := s.Result(); len(r.Findings) != 0 || len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0], "stdout: masks beyond the first 256") {
		t.Errorf("findings %q, gaps %q", brief(r), r.Gaps)
	}
}

// TestSourceNames: a secret in a name is not shown either.
func TestSourceNames(t *testing.T) {
	value := fake(3, 24)
	s := scanner(t, ScanOptions{Values: NewValues([]Value{{"MY_TOKEN", value}})})
	if err := s.Scan(t.Context(), "a/"+token(1)+"-"+value+".log", strings.NewReader(token(2))); err != nil {
		t.Fatal(err)
	}
	s.Gap(value, "not opened")
	r := s.Result()
	wantFindings(t, r, "github-pat high a/[REDACTED]-[REDACTED].log 1:0 x1 []")
	if r.Gaps[0] != "[REDACTED]: not opened" {
		t.Errorf("gaps %q", r.Gaps)
	}
	if got := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(got, "key") || strings.Contains(got, "FAKE") {
		t.Errorf("a scanner prints %q", got)
	}
}

// TestPathLowersTier: a rule may be milder with a path, and never blind.
func TestPathLowersTier(t *testing.T) {
	s := scanner(t, ScanOptions{})
	s.rules = mild{s.rules}
	if err := s.Scan(t.Context(), "go.sum", strings.NewReader(token(2))); err != nil {
		t.Fatal(err)
	}
	wantFindings(t, s.Result(), "github-pat low go.sum 1:0 x1 []")
}

type mild struct{ ruleEngine }

func (mild) LowersTier(_ int, path string) bool { return path == "go.sum" }

func TestAllowList(t *testing.T) {
	digest := scan(t, ScanOptions{}, token(1)).Findings[0].Digest
	text := token(1) + "\n" + token(2) + "\napi_key=" + fake(9, 34)[4:]
	for list, want := range map[string]int{
		`{"allow":[]}`: 3,
		`{"allow":[{"digest":"` + strings.ToUpper(digest) + `","reason":"a test"}]}`:                                                        2,
		`{"allow":[{"rule":"github-pat","source":"**"}]}`:                                                                                   1,
		`{"allow":[{"rule":"github-pat","source":"l?g"},{"rule":"generic-api-key","source":"l*"}]}`:                                         0,
		`{"allow":[{"rule":"github-pat","source":"other"},{"rule":"github","source":"log"},{"digest":"` + strings.Repeat("00", 32) + `"}]}`: 3,
		`{"allow":[{"rule":"github-pat","source":"*/log"},{"rule":"github-pat","source":"l"},{"rule":"x","source":"é\ud800["}]}`:            3,
	} {
		allow, err := ParseAllowList([]byte(list))
		if err != nil {
			t.Errorf("%s: %v", list, err)
			continue
		}
		if r := scan(t, ScanOptions{Allow: allow}, text); len(r.Findings) != want || r.Allowed != 3-want || r.Incomplete {
			t.Errorf("%s: findings %q, %d allowed, gaps %q", list, brief(r), r.Allowed, r.Gaps)
		}
	}
	for _, bad := range []string{
		"", "[]", `{"allow":[{}]}`, `{"allow":[{"rule":"x"}]}`, `{"allow":[{"source":"**"}]}`, `{"allow":[{"digest":"a","rule":"x","source":"y"}]}`,
		`{"allow":[],"more":1}`, `{"allow":[{"rules":"x","source":"y"}]}`, `{"allow":[]}{}`, strings.Repeat(" ", maxAllowList+1), `{"allow":[{"digest":"00"}]}`,
	} {
		if _, err := ParseAllowList([]byte(bad)); err == nil {
			t.Errorf("%.40q is no error", bad)
		}
	}
}

func TestScanOptions(t *testing.T) {
	for name, o := range map[string]ScanOptions{
		"deep": {Depth: 9}, "negative": {Depth: -2}, "short key": {DigestKey: []byte("short")}, "empty key": {DigestKey: []byte{}}, "rules": {Rules: []byte("= broken")},
	} {
		if _, err := NewScanner(o); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
	a, b := scanner(t, ScanOptions{}), scanner(t, ScanOptions{})
	a.key = make([]byte, sha256.Size)
	if a.digest([]byte("x")) == b.digest([]byte("x")) {
		t.Error("the digest does not depend on the key")
	}
	c, err := NewScanner(ScanOptions{})
	d, err2 := NewScanner(ScanOptions{})
	if err != nil || err2 != nil || c.digest([]byte("x")) == d.digest([]byte("x")) {
		t.Errorf("two runs share their digests: %v, %v", err, err2)
	}
}
