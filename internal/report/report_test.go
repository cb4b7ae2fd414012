package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

var update = flag.Bool("update", false, "write the golden file")

// envelope is a payload as a DSSE envelope, with a signature that nobody made.
func envelope(t testing.TB, payload []byte) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"payload": payload, "payloadType": attest.PayloadType, "signatures": []map[string]string{{"sig": "AAAA", "keyid": "a<b>"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func statement(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/statement.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func render(t testing.TB, b Bundle) []byte {
	t.Helper()
	page, err := Render(Input{Bundles: []Bundle{b}, Judgement: Unverified([]Bundle{b}), Command: "cilock verify"})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestGolden compares the page of a small bundle full of hostile text, less the
// style and the script.
func TestGolden(t *testing.T) {
	b := Bundle{Name: "e<i>.json", Data: envelope(t, statement(t))}
	j := Unverified([]Bundle{b})
	j.Findings = append(j.Findings, verdict.Finding{Verdict: verdict.Fail, Rule: "module", Expected: "no denial", Found: "process 102 (/usr/bin/curl) opened /etc/shadow", Fix: "revoke it"})
	page, err := Render(Input{Bundles: []Bundle{b}, Judgement: j, Command: "cilock verify --key 'a<b>'"})
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, page, 1)
	short := bytes.Replace(page, []byte(styleText), []byte("STYLE"), 1)
	short = bytes.Replace(short, []byte(scriptText), []byte("SCRIPT"), 1)
	short = regexp.MustCompile(`sha256-[^']+'`).ReplaceAll(short, []byte("sha256-HASH'"))
	if *update {
		if err := os.WriteFile("testdata/page.golden", short, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/page.golden")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(short, want) {
		t.Errorf("the page is not testdata/page.golden; go test ./internal/report -update writes it, and git diff shows what changed")
	}
	again, err := Render(Input{Bundles: []Bundle{b}, Judgement: j, Command: "cilock verify --key 'a<b>'"})
	if err != nil || !bytes.Equal(page, again) {
		t.Errorf("the same evidence makes another page (%v)", err)
	}
}

// checkPage parses a page as a browser does, with and without scripts, and fails
// for every element and attribute that the page does not have by itself.
func checkPage(t testing.TB, page []byte, bundles int) {
	t.Helper()
	elements := strings.Fields("html head meta title style body a header p h1 h2 h3 h4 nav ul li main section span strong b pre code details summary div table caption thead tbody tr th td article dl dt dd noscript script footer")
	attributes := strings.Fields("lang class charset http-equiv content name href id aria-label aria-labelledby aria-hidden tabindex role scope data-bundle data-grid data-name type open")
	for _, scripting := range []bool{true, false} {
		root, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(scripting))
		if err != nil {
			t.Fatal(err)
		}
		scripts := 0
		for n := range root.Descendants() {
			switch n.Type {
			case html.CommentNode:
				t.Errorf("a comment: %q", n.Data)
			case html.ElementNode:
				if !slices.Contains(elements, n.Data) {
					t.Errorf("an element %q", n.Data)
				}
				for _, a := range n.Attr {
					if !slices.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
						t.Errorf("an attribute %q of %q: %q", a.Key, n.Data, a.Val)
					}
				}
				if n.Data == "script" {
					scripts++
					if len(n.Attr) == 0 && n.FirstChild.Data != scriptText {
						t.Errorf("a script that is not the page's own: %.200q", n.FirstChild.Data)
					}
				}
			}
		}
		if scripts != bundles+2 {
			t.Errorf("%d scripts, want the data, %d bundles and the page's own", scripts, bundles)
		}
	}
	if i := bytes.IndexFunc(page, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f
	}); i >= 0 {
		t.Errorf("a hidden character at byte %d: %q", i, page[max(0, i-40):min(len(page), i+10)])
	}
	var d data
	block := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindSubmatch(page)
	if block == nil {
		t.Fatal("no data")
	}
	if err := json.Unmarshal(block[1], &d); err != nil {
		t.Errorf("the data is no JSON: %v", err)
	}
	for _, s := range d.Strings { // decoded, an escaped character is one again
		if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x202e || r == 0x200b }); i >= 0 {
			t.Errorf("a hidden character in the data: %q", s)
		}
	}
	if !bytes.Contains(page, []byte("<style>"+styleText+"</style>")) || !bytes.HasPrefix(page, []byte(Prefix)) {
		t.Error("the style is not as its hash was taken, or the beginning is not Prefix")
	}
}

// TestHoldsTheBundle: the file can be taken out of the page as it was.
func TestHoldsTheBundle(t *testing.T) {
	b := Bundle{Name: "e.json", Data: envelope(t, statement(t))}
	m := regexp.MustCompile(`(?s)id="b1-bundle">\n(.*?)</script>`).FindSubmatch(render(t, b))
	if m == nil {
		t.Fatal("no bundle in the page")
	}
	got, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(m[1]), "\n", ""))
	if err != nil || !bytes.Equal(got, b.Data) {
		t.Errorf("the page holds another bundle (%v)", err)
	}
}

// TestChains: an exec is a part of the same process, and a fork one of its parent.
func TestChains(t *testing.T) {
	e := readEvidence(Bundle{Data: envelope(t, statement(t))}, 1)
	if e.problem != "" {
		t.Fatal(e.problem)
	}
	for pid, want := range map[int]string{
		100: "dash (100)", 101: "dash (100) › dash (101) › make (101)", 102: "dash (100) › curl (102)", 7: "",
	} {
		if got := e.processes.chain(pid); got != want {
			t.Errorf("chain of %d is %q, want %q", pid, got, want)
		}
	}
	if got := e.writer("dist/app<b>"); got != "dash (100) › dash (101) › make (101)" {
		t.Errorf("the product was written by %q", got)
	}
}

func TestPlaces(t *testing.T) {
	p := places{workspace: "/srv/app", temporary: "/runner/temp", home: "/home/runner", credentials: credentialFiles()}
	for name, want := range map[string]string{
		"/srv/app/a": "workspace", "/srv/apple": "elsewhere", "/runner/temp/x": "temporary", "/tmp/x": "temporary",
		"/usr/lib/x": "system", "/proc/self/maps": "kernel", "/proc/12/environ": "credentials", "/home/runner/x": "home",
		"/home/runner/.ssh/id_ed25519": "credentials", "/home/runner/.ssh/id_ed25519.pub": "home", "/srv/app/.npmrc": "credentials",
	} {
		if got := p.of(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// TestCredentialsOfThePack: the page and the pack behaviour call the same files
// credentials.
func TestCredentialsOfThePack(t *testing.T) {
	text, err := os.ReadFile("../../policies/behaviour/credentials.rego")
	if err != nil {
		t.Fatal(err)
	}
	var want [][2]string
	for _, m := range regexp.MustCompile("\\{\"file\": `([^`]*)`, \"but\": (?:none|`([^`]*)`)").FindAllStringSubmatch(string(text), -1) {
		want = append(want, [2]string{m[1], m[2]})
	}
	if got := credentialPatterns(); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("patterns are\n%q, the pack has\n%q", got, want)
	}
}

// TestBounds: what has no room is counted.
func TestBounds(t *testing.T) {
	p := newProcesses()
	for i := range maxProcesses + 3 {
		p.add(image{pid: i + 1, files: []opened{{path: "/a"}}})
	}
	p.add(image{pid: 1, files: []opened{{path: "/root/.ssh/id_rsa"}}})
	if f := p.files.list; len(f) != 2 || f[0].images != maxProcesses+3 || f[1].path != "/root/.ssh/id_rsa" {
		t.Error("a file is missing because the process that opened it had no room")
	}
	if len(p.list) != maxProcesses || p.moreProcesses != 4 || p.moreOpens != 4 {
		t.Errorf("%d processes, %d and %d more", len(p.list), p.moreProcesses, p.moreOpens)
	}
	d := newData()
	g := &grid{}
	d.bytes = maxData + 1
	if d.row(g, "x") || g.More != 1 {
		t.Error("a row was added where there is no room")
	}
	if got := cut(strings.Repeat("é", maxText)); !strings.HasSuffix(got, "… (2000 more bytes)") || !strings.HasPrefix(got, "é") {
		t.Errorf("cut to %d bytes: %s", len(got), got[len(got)-30:])
	}
	if _, err := Render(Input{Bundles: make([]Bundle, MaxBundles+1)}); err == nil {
		t.Error("too many bundles were shown")
	}
	large := Bundle{Name: "l.json", Data: bytes.Repeat([]byte(" "), maxEmbedded+1)}
	if page := render(t, large); bytes.Contains(page, []byte("-bundle\">")) || !bytes.Contains(page, []byte("too large for this page")) {
		t.Error("a bundle that is too large is in the page, or that is not said")
	}
}
