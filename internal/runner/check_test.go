package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// checked is a program of the actions whose manifests these are; the first runs.
// Each has a file main.js.
func checked(t *testing.T, manifests ...string) Program {
	t.Helper()
	p := Program{Actions: map[string]Action{}, Nodes: map[string]string{"node20": "/node"}, Docker: "/docker", Workspace: t.TempDir()}
	for i, src := range manifests {
		m, err := ParseManifest([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		name := string(rune('a' + i))
		a := Action{Repository: "acme/" + name, Ref: "v1", Root: t.TempDir(), Manifest: m}
		if a.Key, _, err = KeyOf(Action{}, "acme/"+name+"@v1"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(a.Root, "main.js"), []byte("process.env.ACTIONS_RUNTIME_TOKEN"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Actions[a.Key] = a
		if i == 0 {
			p.Uses = a.Key
		}
	}
	return p
}

const plainNode = "runs: {using: node20, main: main.js}\n"

func steps(list ...string) string {
	return "runs:\n  using: composite\n  steps:\n    - " + strings.Join(list, "\n    - ") + "\n"
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name      string
		manifests []string
		change    func(*Program)
		want      string // in the refusals; empty: it passes
		notice    string
	}{
		{name: "fine", manifests: []string{steps("uses: acme/b@v1", "{run: a, shell: bash}"), plainNode}, notice: "acme/b@v1 can use the runner's cache and artifact service"},
		{name: "a token that is not there", manifests: []string{"inputs: {t: {default: '${{ github.token }}'}}\n" + plainNode}, want: "the default of input t reads github.token, and there is none"},
		{name: "a token that is given", manifests: []string{"inputs: {t: {default: '${{ github.token }}'}}\n" + plainNode}, change: func(p *Program) { p.Inputs = []Pair{{"T", "x"}} }},
		{name: "a token that is there", manifests: []string{"inputs: {t: {default: '${{ github.token }}'}}\n" + plainNode}, change: func(p *Program) { p.Token = "x" }},
		{name: "a token in a step", manifests: []string{steps("{run: 'echo ${{ github.TOKEN }}', shell: bash}")}, want: "line 4: run reads github.token"},
		{name: "a token through an index", manifests: []string{steps("{run: \"echo ${{ github['token'] }}\", shell: bash}")}, want: "reads github.token"},
		{name: "a token of an inner default", manifests: []string{steps("uses: acme/b@v1"), "inputs: {t: {default: '${{ github.token }}'}}\n" + plainNode}, want: "acme/b@v1: the default of input t reads github.token"},
		{name: "an inner default that is given", manifests: []string{steps("{uses: acme/b@v1, with: {t: x}}"), "inputs: {t: {default: '${{ github.token }}'}}\n" + plainNode}},
		{name: "an inner default that is given elsewhere", manifests: []string{steps("{uses: acme/b@v1, with: {t: x}}", "uses: acme/b@v1"), "inputs: {t: {default: '${{ github.token }}'}}\n" + plainNode}, want: "the default of input t"},
		{name: "a required input", manifests: []string{"inputs: {a: {required: true}}\n" + plainNode}, want: "input a is required and has no value"},
		{name: "a required input that is empty", manifests: []string{"inputs: {a: {required: true}}\n" + plainNode}, change: func(p *Program) { p.Inputs = []Pair{{"A", ""}} }, want: "input a is required"},
		{name: "a required input with a default", manifests: []string{"inputs: {a: {required: true, default: x}}\n" + plainNode}},
		{name: "an unknown input", manifests: []string{"inputs: {a: {}}\n" + plainNode}, change: func(p *Program) { p.Inputs = []Pair{{"b", "1"}} }, notice: "input b is none that acme/a@v1 declares; it declares: a"},
		{name: "itself", manifests: []string{steps("uses: acme/a@v1")}, want: "it stands inside itself: acme/a@v1, acme/a@v1"},
		{name: "a circle", manifests: []string{steps("uses: acme/b@v1"), steps("uses: acme/a@v1")}, want: "acme/a@v1, acme/b@v1, acme/a@v1"},
		{name: "a file that is not there", manifests: []string{steps("uses: acme/c@v1")}, want: "uses acme/c@v1: its files are not here"},
		{name: "no reference", manifests: []string{steps("uses: acme")}, want: "line 4: uses acme: "},
		{name: "an expression", manifests: []string{steps("uses: ${{ inputs.x }}")}, want: "line 4: uses ${{ inputs.x }}"},
		{name: "no main", manifests: []string{"runs: {using: node20, main: none.js}\n"}, want: "runs.main: none.js: "},
		{name: "no post", manifests: []string{"runs: {using: node20, main: main.js, post: none.js}\n"}, want: "runs.post: none.js"},
		{name: "out of the action", manifests: []string{"runs: {using: node20, main: ../../x.js}\n"}, want: `runs.main: "../../x.js" is not a file of the action`},
		{name: "absolute", manifests: []string{"runs: {using: node20, main: /etc/passwd}\n"}, want: "is not a file of the action"},
		{name: "a folder", manifests: []string{"runs: {using: node20, main: .}\n"}, want: "runs.main: . is no regular file"},
		{name: "no node", manifests: []string{"runs: {using: node16, main: main.js}\n"}, want: "there is no node16 here"},
		{name: "an unknown function", manifests: []string{steps("{run: '${{ nothing() }}', shell: bash}")}, want: "line 4: run: "},
		{name: "status in a script", manifests: []string{steps("{run: '${{ cancelled() }}', shell: bash}")}, want: "line 4: run: "},
		{name: "a bad condition", manifests: []string{steps("{run: a, shell: bash, if: always( }")}, want: "line 4: if: "},
		{name: "secrets", manifests: []string{steps("{run: a, shell: bash, env: {x: '${{ secrets.y }}'}}")}, want: "the context secrets is not available"},
		{name: "inputs in a default", manifests: []string{"inputs: {a: {default: '${{ inputs.b }}'}}\n" + plainNode}, want: "default of input a: "},
		{name: "a bad post-if", manifests: []string{"runs: {using: node20, main: main.js, post: main.js, post-if: 'x('}\n"}, want: "runs.post-if: "},
		{name: "a bad output", manifests: []string{"outputs: {a: {value: '${{ secrets.x }}'}}\n" + steps("{run: a, shell: bash}")}, want: "output a: "},
		{name: "an unknown shell", manifests: []string{steps("{run: a, shell: fish}")}, want: `line 4: shell "fish" is not known`},
		{name: "no engine", manifests: []string{"runs: {using: docker, image: 'docker://alpine:3'}\n"}, change: func(p *Program) { p.Docker = "" }, want: "docker"},
		{name: "an engine for a step", manifests: []string{steps("uses: docker://alpine:3")}, change: func(p *Program) { p.Docker = "" }, want: "docker"},
		{name: "github in args", manifests: []string{"runs: {using: docker, image: 'docker://alpine:3', args: ['${{ github.sha }}']}\n"}, want: "runs.args or runs.env, number 1: "},
		{name: "a step may make it", manifests: []string{steps("uses: ./made")}},
		{name: "the cache", manifests: []string{plainNode}, change: rename("Actions/Cache"), want: "it needs the runner's cache and artifact service"},
		{name: "artifacts", manifests: []string{plainNode}, change: rename("actions/upload-artifact"), want: "it needs the runner's"},
		{name: "artifacts with a token", manifests: []string{plainNode}, change: func(p *Program) { rename("actions/upload-artifact")(p); p.Runtime = true }},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := checked(t, test.manifests...)
			if test.change != nil {
				test.change(&p)
			}
			refusals, notices := p.Check()
			said := fmt.Sprint(refusals)
			if (len(refusals) > 0) != (test.want != "") || !strings.Contains(said, test.want) {
				t.Errorf("got %s, want %q", said, test.want)
			}
			if !strings.Contains(strings.Join(notices, "\n"), test.notice) {
				t.Errorf("got %q, want %q", notices, test.notice)
			}
			for _, a := range p.Actions {
				if strings.Contains(said, a.Root) {
					t.Errorf("a path of this machine: %s", said)
				}
			}
		})
	}
}

func rename(repository string) func(*Program) {
	return func(p *Program) {
		a := p.Actions[p.Uses]
		a.Repository = repository
		p.Actions[p.Uses] = a
	}
}

func TestSymlinkOutOfTheAction(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs symlinks")
	}
	p := checked(t, "runs: {using: node20, main: linked.js}\n")
	root := p.Actions[p.Uses].Root
	outside := filepath.Join(t.TempDir(), "x.js")
	for _, step := range []error{os.WriteFile(outside, nil, 0o600), os.Symlink(outside, filepath.Join(root, "linked.js"))} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if refusals, _ := p.Check(); len(refusals) != 1 || !strings.Contains(refusals[0].Error(), "runs.main: linked.js leads out of the action") {
		t.Errorf("got %v", refusals)
	}
	if err := os.Remove(filepath.Join(root, "linked.js")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("main.js", filepath.Join(root, "linked.js")); err != nil {
		t.Fatal(err)
	}
	if refusals, _ := p.Check(); len(refusals) > 0 {
		t.Errorf("got %v", refusals)
	}
}

// TestManySteps: those of actions inside count as often as they are used.
func TestManySteps(t *testing.T) {
	script := "{run: a, shell: bash}"
	many := func(n int, s string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = s
		}
		return steps(list...)
	}
	for name, test := range map[string]struct {
		manifests []string
		refused   bool
	}{
		"5000":     {[]string{many(maxSteps, script)}, false},
		"5001":     {[]string{many(maxSteps+1, script)}, true},
		"a bomb":   {[]string{many(70, "uses: acme/b@v1"), many(70, "uses: acme/c@v1"), many(70, script)}, true},
		"50 by 50": {[]string{many(50, "uses: acme/b@v1"), many(50, script)}, false},
	} {
		p := checked(t, test.manifests...)
		refusals, _ := p.Check()
		if said := fmt.Sprint(refusals); strings.Contains(said, "more than 5000 steps") != test.refused || !test.refused && len(refusals) > 0 {
			t.Errorf("%s: got %.300s", name, said)
		}
	}
}

// TestDepth: ten actions inside each other are what the runner takes, counted
// from the outermost.
func TestDepth(t *testing.T) {
	for depth, refused := range map[int]bool{MaxDepth: false, MaxDepth + 1: true} {
		var chain []string
		for i := range depth {
			chain = append(chain, steps(fmt.Sprintf("uses: acme/%c@v1", 'b'+i)))
		}
		p := checked(t, append(chain, plainNode)...)
		refusals, _ := p.Check()
		if strings.Contains(fmt.Sprint(refusals), "deeper than 9 actions") != refused {
			t.Errorf("depth %d: got %v", depth, refusals)
		}
	}
}

// TestDepthTwice: an action that was looked at where it stands high is too deep
// where it stands lower.
func TestDepthTwice(t *testing.T) {
	chain := []string{steps("uses: acme/c@v1", "uses: acme/b@v1"), steps("uses: acme/c@v1")}
	for i := range MaxDepth - 1 {
		chain = append(chain, steps(fmt.Sprintf("uses: acme/%c@v1", 'd'+i)))
	}
	refusals, _ := checked(t, append(chain, plainNode)...).Check()
	if !strings.Contains(fmt.Sprint(refusals), "deeper than 9 actions") {
		t.Errorf("got %v", refusals)
	}
}

// TestManyUses: what many uses of an action with many inputs cost is no product.
// It would take hours, and nobody could stop it.
func TestManyUses(t *testing.T) {
	var inputs, given strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&inputs, "  i%d: {default: '${{ github.token }}'}\n", i)
		fmt.Fprintf(&given, ", i%d: x", i)
	}
	inner := "inputs:\n" + inputs.String() + plainNode
	uses := steps(strings.Split(strings.Repeat("uses: acme/b@v1\n", 4900), "\n")[:4900]...)
	with := steps("{uses: acme/b@v1, with: {x: y" + given.String() + "}}")
	for name, test := range map[string]struct {
		manifest, token, want string
	}{
		"with a token":    {uses, "x", ""},
		"without a token": {uses, "", "the default of input i0 reads github.token"},
		"all given":       {with, "", ""},
	} {
		p := checked(t, test.manifest, inner)
		p.Token = test.token
		refusals, _ := p.Check()
		if said := fmt.Sprint(refusals); !strings.Contains(said, test.want) || test.want == "" && len(refusals) > 0 || len(refusals) > maxRefusals {
			t.Errorf("%s: got %.300s", name, said)
		}
	}
}

func TestContextName(t *testing.T) {
	for want, a := range map[string]Action{
		"__actions_checkout":                {Key: "actions/checkout@v4", Repository: "actions/checkout"},
		"__Acme_my_action-x":                {Key: "acme/my.action-x/sub@v1", Repository: "Acme/my.action-x"},
		"__self":                            {Key: "./local"},
		"__alpine_3_20":                     {Key: "docker://alpine:3.20"},
		"__acme_" + strings.Repeat("x", 93): {Key: "acme/x@v1", Repository: "acme/" + strings.Repeat("x", 200)},
	} {
		if got := contextName(a); got != want {
			t.Errorf("%s: got %s, want %s", a.Key, got, want)
		}
	}
}

func TestKeyOf(t *testing.T) {
	origin := Action{Repository: "Acme/Outer", Ref: "v1"}
	for uses, want := range map[string]string{
		"./a/b/": "./a/b", "$/sub": "acme/outer/sub@v1", "$/": "acme/outer@v1", "docker://alpine:3": "docker://alpine:3", "acme": "", "acme/x": "", "$/sub@v2": "",
	} {
		got, _, err := KeyOf(origin, uses)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %s, %v; want %s", uses, got, err, want)
		}
	}
	if _, _, err := KeyOf(Action{}, "$/sub"); err == nil {
		t.Error("$/ of the workspace has a meaning")
	}
}
