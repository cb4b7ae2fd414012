package runner

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/org/cilock-action/pkg/actionref"
)

// TestManifest reads a good action.yml; testdata/manifest.json is what it says.
func TestManifest(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("testdata", "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseManifest(src)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "manifest.json")
	if os.Getenv("CILOCK_UPDATE") == "1" {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %s\nset CILOCK_UPDATE=1 if that is meant", &got)
	}
}

// TestBadManifests: each is refused, and the reason names the place.
func TestBadManifests(t *testing.T) {
	composite := func(step string) string { return "runs:\n  using: composite\n  steps:\n" + step }
	for _, test := range []struct{ name, src, want string }{
		{"empty", "", "neither a workflow (jobs) nor an action (runs)"},
		{"malformed", "runs: [", "line 1"},
		{"a list", "- a", "expected a mapping"},
		{"no runs", "name: x\n", "nor an action (runs)"},
		{"a workflow", "jobs: {}\n", "there is no runs"},
		{"two documents", "runs: {using: node20, main: a}\n---\nruns: {using: node20, main: b}\n", ""},
		{"the same key twice", "runs: {using: node20, main: a.js}\nruns: {using: node20, main: b.js}\n", "line 2"},
		{"an alias", "name: &a a.js\nruns: {using: node20, main: *a}\n", "anchors are not supported in an action"},
		{"a merge key", "x: &a {main: a.js}\nruns: {using: node20, <<: *a}\n", "merge keys are not supported"},
		{"no using", "runs: {main: a.js}\n", `runs.using is ""`},
		{"unknown using", "runs:\n  using: deno2\n  main: a.js\n", `line 2: runs.using is "deno2", expected composite, docker, or node and a number`},
		{"node without a number", "runs: {using: node, main: a.js}\n", `runs.using is "node"`},
		{"a plugin", "runs: {plugin: x}\n", "runs.plugin is not known"},
		{"unknown key", "runs: {using: node20, main: a.js, mian: b.js}\n", "runs.mian is not known"},
		{"no main", "runs: {using: node20}\n", "runs.main is missing, which using: node20 needs"},
		{"no image", "runs: {using: docker}\n", "runs.image is missing"},
		{"no steps", "runs: {using: composite}\n", "runs.steps is missing"},
		{"a key of another kind", "runs: {using: node20, main: a.js, image: b}\n", "runs.image has no meaning with using: node20"},
		{"pre of a composite", "runs: {using: composite, steps: [], pre: a.js}\n", "runs.pre has no meaning with using: composite"},
		{"steps are a mapping", "runs: {using: composite, steps: {a: b}}\n", "steps must be a list"},
		{"args are text", "runs: {using: docker, image: Dockerfile, args: a b}\n", "runs.args: expected a list"},
		{"main is a list", "runs: {using: node20, main: [a]}\n", "runs.main: expected text"},
		{"required is a text", "inputs: {a: {required: maybe}}\nruns: {using: node20, main: a}\n", `required of a is "maybe", expected true or false`},
		{"inputs are a list", "inputs: [a]\nruns: {using: node20, main: a}\n", "inputs: expected a mapping"},
		{"neither run nor uses", composite("    - name: x\n"), "line 4: a step has one of run and uses"},
		{"run and uses", composite("    - {run: a, shell: sh, uses: a/b@v1}\n"), "a step has one of run and uses"},
		{"no shell", composite("    - run: a\n"), "a run step of an action needs a shell"},
		{"with of run", composite("    - {run: a, shell: sh, with: {a: b}}\n"), "with belongs to uses"},
		{"shell of uses", composite("    - {uses: a/b@v1, shell: sh}\n"), "shell and working-directory to run"},
		{"a timeout", composite("    - {run: a, shell: sh, timeout-minutes: 1}\n"), "timeout-minutes of a step is not known"},
		{"a bad id", composite("    - {run: a, shell: sh, id: 1x}\n"), `id "1x": expected a letter or _`},
		{"an id of the runner", composite("    - {run: a, shell: sh, id: __x}\n"), `id "__x": expected`},
		{"ids twice", composite("    - {run: a, shell: sh, id: x}\n    - {run: a, shell: sh, id: X}\n"), `line 5: id "X" stands for two steps`},
		{"a step is text", composite("    - a\n"), "line 4: a step must be a mapping"},
		{"env is a list", composite("    - {run: a, shell: sh, env: [a]}\n"), "env: expected a mapping"},
		{"env with a list", composite("    - {run: a, shell: sh, env: {a: [b]}}\n"), "expected text"},
		{"too large", strings.Repeat("#", actionref.MaxFile) + "\nruns: {using: node20, main: a}\n", "larger than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseManifest([]byte(test.src))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestManyProblems: what is said of a file is bounded.
func TestManyProblems(t *testing.T) {
	_, err := ParseManifest([]byte("runs:\n  using: composite\n  steps:\n" + strings.Repeat("    - {}\n", 1000)))
	if err == nil || strings.Count(err.Error(), "\n") >= maxProblems {
		t.Errorf("got %v", err)
	}
}

func TestReadManifest(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		main  string
		fails string
	}{
		"yml wins":         {map[string]string{"action.yml": "a.js", "action.yaml": "b.js", "Dockerfile": ""}, "a.js", ""},
		"yaml":             {map[string]string{"action.yaml": "b.js"}, "b.js", ""},
		"a bad yml counts": {map[string]string{"action.yml": "[", "action.yaml": "b.js"}, "", "action.yml: "},
		"none":             {nil, "", "file does not exist"},
	} {
		dir := t.TempDir()
		for file, main := range test.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("runs: {using: node20, main: "+main+"}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := ReadManifest(Action{Root: dir})
		if m.Runs.Main != test.main || (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: got %q, %v", name, m.Runs.Main, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := ReadManifest(Action{Root: dir}); err != nil || m.Runs.Using != kindDocker || m.Runs.Image != "Dockerfile" || m.Inputs != nil {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestPairs(t *testing.T) {
	const secret = "generated-secret-7f3a" // marked: of this test alone
	for _, test := range []struct {
		text  string
		want  []Pair
		fails bool
	}{
		{"", nil, false},
		{"# nothing", nil, false},
		{"a: 1.10\nb: True\nc: |\n  x\n  y\nd:\ne: '1.10'\n", []Pair{{"a", "1.1"}, {"b", "true"}, {"c", "x\ny\n"}, {"d", ""}, {"e", "1.10"}}, false},
		{`{"a": "1", "b": 1e3, "c": null}`, []Pair{{"a", "1"}, {"b", "1000"}, {"c", ""}}, false},
		{"a: [" + secret + "]", nil, true},
		{"- " + secret, nil, true},
		{secret, nil, true},
		{"{" + secret, nil, true},
		{strings.Repeat("#", maxPairsText+1), nil, true},
	} {
		got, err := ParsePairs(test.text)
		if (err != nil) != test.fails || err == nil && !slices.Equal(got, test.want) {
			t.Errorf("%.60q: got %v, %v", test.text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error quotes the text: %v", err)
		}
	}
}

// FuzzParseManifest: what is read has one kind, and its steps are one of two.
func FuzzParseManifest(f *testing.F) {
	good, err := os.ReadFile(filepath.Join("testdata", "manifest.yml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("runs: {using: docker, image: Dockerfile, args: ['', a], env: {a: b}}"))
	f.Add([]byte("inputs: &a {x: {default: 1}}\nruns: {using: node20, main: a.js, post: *a}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := ParseManifest(src)
		if err != nil {
			return
		}
		if m.Runs.Kind() == "" {
			t.Fatalf("%q: no kind", src)
		}
		for _, s := range m.Runs.Steps {
			if (s.Uses == "") != (s.Shell != "") {
				t.Fatalf("%q: step %+v", src, s)
			}
		}
	})
}

// FuzzParsePairs: what is read as JSON of texts comes back.
func FuzzParsePairs(f *testing.F) {
	f.Add("a: 1\nb: [c]", "x", "y")
	f.Add("{\"a\":\"\\ud800\"}", "1.0", "null")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		_, _ = ParsePairs(text)
		data, err := json.Marshal(map[string]string{name: value})
		if err != nil || !utf8.ValidString(name) || !utf8.ValidString(value) || name == "" {
			return
		}
		got, err := ParsePairs(string(data))
		if err != nil || len(got) != 1 || got[0] != (Pair{name, value}) {
			t.Errorf("%s: got %q, %v", data, got, err)
		}
	})
}
