package lockfile

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	pipHash    = "sha256:" + hex256
	pipHashOpt = "--hash=" + pipHash
	hex512     = strings.Repeat("cd", 64)
)

// pipExamples are files that pip reads.
func pipExamples() []example {
	const mode = "hashmode=true registries=[] includes=[]\n"
	return []example{
		{"nothing", "", ""},
		{
			"hash mode", "# made by a tool\na==1.0 \\\n    " + pipHashOpt + " \\\n    --hash=sha512:" + hex512 + "\n    # via b\nb[x,y] == 2.0 ; python_version < \"4\" --hash " + pipHash + "\n",
			mode + "a 1.0 - sha512:c sha256:a\nb 2.0 - sha256:a",
		},
		{"one without a hash", "a==1.0 " + pipHashOpt + "\nb==1.0\n", mode + "a 1.0 - sha256:a\nb 1.0 - UNHASHED"},
		{"no hashes at all", "a\nb>=1,<2\nc===1.0\nd==1.*\n", "a - - UNHASHED\nb - - UNHASHED\nc 1.0 - UNHASHED\nd - - UNHASHED"},
		{"hashes required", "--require-hashes\na==1.0\n", mode + "a 1.0 - UNHASHED"},
		{"CRLF, and no end", "a==1.0 \\\r\n " + pipHashOpt + "\r\nb==2", mode + "a 1.0 - sha256:a\nb 2 - UNHASHED"},
		{"a backslash at the end", "a==1.0 \\", "a 1.0 - UNHASHED"},
		{"a comment that a backslash does not continue", "# x \\\na==1.0\n", "a 1.0 - UNHASHED"},
		{"a comment in the middle of an entry", "a==1.0 \\\n# x\n" + pipHashOpt + "\n", "a 1.0 - UNHASHED"},
		{"a # that begins no comment", "a @ https://h.example/a.zip#sha256=" + hex256 + " # but this\n", "a - https://h.example sha256:a"},
		// Python ends lines where others do not.
		{"a line hidden in a comment", "# harmless\u2028a==1.0\n# so\x0bb==1.0\n# too\x85\n#\u0085c==1.0\n", "error: it is not valid UTF-8"},
		{"lines hidden in comments", "# harmless\u2028a==1.0\n# so\x0bb==1.0\n# too\u0085c==1.0\n# and\x1cd==1.0\n", "a 1.0 - UNHASHED\nb 1.0 - UNHASHED\nc 1.0 - UNHASHED\nd 1.0 - UNHASHED"},

		{"an index", "--index-url=https://u:p@pypi.example/simple\na==1.0\n", "hashmode=false registries=[https://pypi.example] includes=[]\na 1.0 https://pypi.example UNHASHED"},
		{"several", "-i https://pypi.example/simple\n--extra-index https://more.example/\na==1.0\n", "hashmode=false registries=[https://more.example https://pypi.example] includes=[]\na 1.0 - UNHASHED"},
		{"archives alone", "--no-index --find-links ./wheels\na==1.0\n", "hashmode=false registries=[file] includes=[]\na 1.0 file UNHASHED"},
		{"further files", "-r base.txt\n--constraint=limits.txt\n-rmore.txt\na==1.0\n", "hashmode=false registries=[] includes=[base.txt limits.txt more.txt]\na 1.0 - UNHASHED"},

		{
			"addresses", "https://h.example/a-1.0.zip#egg=a&sha256=" + hex256 + "\nb @ git+https://h.example/b.git@" + commit + "\ngit+ssh://git@h.example/c.git#egg=c[x]\n-e git+https://h.example/d.git@" + commit + "#egg=d\n",
			"a - https://h.example sha256:a\nb - git+https://h.example @c0c0 UNHASHED\nc - git+ssh://h.example UNHASHED\nd - git+https://h.example @c0c0 UNHASHED",
		},
		{"folders and archives", "-e .\n./wheels/a-1.0-py3-none-any.whl\nb-1.0.tar.gz\n", "- - file UNHASHED"},
		{"a marker of an address", "a @ https://h.example/a.zip ; python_version > '3'\n", "a - https://h.example UNHASHED"},
		{"an address with a hash option", "a @ https://h.example/a.zip " + pipHashOpt + "\n", mode + "a - https://h.example sha256:a"},
		{"an option in quotes", "a==1.0 \"--hash\"=" + pipHash + "\n", "a - - UNHASHED"},
		{"options in quotes", "a==1.0 --hash=\"" + pipHash + "\"\n", mode + "a 1.0 - sha256:a"},
		{"words that belong to nothing", "a==1.0 " + pipHashOpt + " b==1.0\n", mode + "a 1.0 - sha256:a"},
		{"a hash of nothing", pipHashOpt + "\na==1.0\n", "a 1.0 - UNHASHED"},
	}
}

func pipSeeds() []string {
	var texts []string
	for _, e := range pipExamples() {
		texts = append(texts, e.in)
	}
	return texts
}

func TestPip(t *testing.T) {
	check(t, Pip, append(pipExamples(),
		example{"a weak algorithm", "a==1.0 --hash=md5:" + hex256[:32] + "\n", `error: line 1: "md5:` + hex256[:32] + `" is no hash that pip accepts`},
		example{"a short hash", "\na==1.0 --hash=sha256:ab\n", `error: line 2: "sha256:ab" is no hash that pip accepts`},
		example{"an unknown option", "--frobnicate\n", `error: line 1: option "--frobnicate" is not known, or not unique`},
		example{"an option that could be two", "--no=x\n", `error: line 1: option "--no" is not known, or not unique`},
		example{"an open quote", "a --hash='x\n", "error: line 1: a quote is not closed"},
		example{"an option without its value", "-r\n", "error: line 1: option --requirement has no value"},
		example{"UTF-16", "a\x00=\x00=\x001\x00", "error: it has NUL bytes: pip may take it for UTF-16"},
		example{"another encoding", "#!/x\n# -*- coding: utf-7 -*-\na==1.0\n", "error: it declares an encoding other than UTF-8"},
		example{"an encoding that is UTF-8", "# coding: UTF_8\na==1.0\n", "a 1.0 - UNHASHED"},
	))
}

// TestAsPipReads: pip's own reader finds the same requirements and hashes in the
// files of the table. It needs the pip of this machine.
func TestAsPipReads(t *testing.T) {
	const script = `
import json, sys
from pip._internal.req.req_file import parse_requirements
from pip._internal.network.session import PipSession
for path in sys.argv[1:]:
    out = []
    for r in parse_requirements(path, session=PipSession()):
        hashes = (r.options or {}).get("hashes", {})
        out.append(sorted(a + ":" + h for a in hashes for h in hashes[a]))
    print(json.dumps(sorted(out)))
`
	if err := exec.Command("python3", "-c", "import pip._internal.req.req_file").Run(); err != nil {
		t.Skip("pip is not installed")
	}
	var examples []example
	args := []string{"-c", script}
	for _, test := range pipExamples() {
		// pip would follow the further files
		if strings.Contains(test.in, "-r base") || strings.HasPrefix(test.want, "error") {
			continue
		}
		path := filepath.Join(t.TempDir(), "requirements.txt")
		if err := os.WriteFile(path, []byte(test.in), 0o644); err != nil {
			t.Fatal(err)
		}
		examples, args = append(examples, test), append(args, path)
	}
	cmd := exec.Command("python3", args...)
	cmd.Env = append(os.Environ(), "PYTHONUTF8=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(examples) {
		t.Fatalf("%d answers to %d files", len(lines), len(examples))
	}
	for i, test := range examples {
		var theirs [][]string
		if err := json.Unmarshal([]byte(lines[i]), &theirs); err != nil {
			t.Fatal(err)
		}
		if ours := optionHashes(t, test.in); !slices.EqualFunc(ours, theirs, slices.Equal) {
			t.Errorf("%s: ours %v, pip's %v", test.name, ours, theirs)
		}
	}
}

// optionHashes are the hashes of each requirement, before what is the same is
// made one, but for those in addresses.
func optionHashes(t *testing.T, text string) [][]string {
	t.Helper()
	p := pipFile{syntax: newPipSyntax()}
	for _, line := range pipLines(text) {
		if err := p.line(line.text); err != nil {
			t.Fatal(err)
		}
	}
	var all [][]string
	for _, e := range p.Entries {
		hashes := []string{}
		for _, h := range e.Hashes {
			if !strings.Contains(text, "sha256="+strings.TrimPrefix(h, "sha256:")) {
				hashes = append(hashes, h)
			}
		}
		slices.Sort(hashes)
		all = append(all, hashes)
	}
	slices.SortFunc(all, slices.Compare)
	return all
}
