package refs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

const (
	shaA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// repositories is a resolver over files in memory: "owner/repo@sha" to path to
// text. A tag names the commit of the same text.
type repositories struct {
	files  map[string]map[string]string
	tags   map[string]string // owner/repo@tag to sha
	panics string            // a repository at which reading panics
}

func (r repositories) Resolve(_ context.Context, refs []actionref.Ref) []ghresolve.Answer {
	var out []ghresolve.Answer
	for _, ref := range refs {
		sha := ref.SHA()
		if sha == "" {
			sha = r.tags[ref.Repository()+"@"+ref.Version()]
		}
		a := ghresolve.Answer{Verdict: ghresolve.Undetermined, Reason: "not known"}
		if sha != "" {
			a = ghresolve.Answer{Verdict: ghresolve.ReachableDefault, SHA: sha}
		}
		out = append(out, a)
	}
	return out
}

func (r repositories) ReadFile(_ context.Context, repository, sha string, names []string, _ int64) (string, []byte, error) {
	if repository == r.panics {
		panic("nobody thought of this")
	}
	files, ok := r.files[repository+"@"+sha]
	if !ok {
		return "", nil, errors.New("the server is gone")
	}
	for _, name := range names {
		if text, ok := files[name]; ok {
			return name, []byte(text), nil
		}
	}
	return "", nil, fs.ErrNotExist
}

func (r repositories) Commit(context.Context, string, string) (ghresolve.Git, error) {
	return nil, errors.New("no commits here")
}

// composite is an action that uses others.
func composite(uses ...string) string {
	text := "name: composite\nruns:\n  using: composite\n  steps:\n    - run: 'true'\n      shell: bash\n"
	for _, u := range uses {
		text += "    - uses: " + u + "\n"
	}
	return text
}

// followed scans the workflow ci.yml of the current folder and follows it.
func followed(t *testing.T, w World) Report {
	t.Helper()
	r := Scan([]string{".github/workflows/ci.yml"})
	r.Follow(t.Context(), w)
	return r
}

// tree is the references of a report, each with what leads to it.
func tree(r Report) []string {
	var lines []string
	for _, ref := range r.References {
		lines = append(lines, strings.Join(append(slices.Clone(ref.Via), ref.Key), " > "))
	}
	slices.Sort(lines)
	return lines
}

func reference(t *testing.T, r Report, key string) Reference {
	t.Helper()
	for _, ref := range r.References {
		if ref.Key == key {
			return ref
		}
	}
	t.Fatalf("no reference %s in %q", key, tree(r))
	return Reference{}
}

func wantTree(t *testing.T, r Report, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := tree(r); !slices.Equal(got, want) {
		t.Errorf("followed:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestFollowWorkspace: local actions are read in the workspace and nowhere else.
func TestFollowWorkspace(t *testing.T) {
	dir := inTree(t, map[string]string{
		"ws/.github/workflows/ci.yml": workflow("./yml", "./yaml", "$/self", "./linked", "./out", "./none", "./docker", "./../outside", "./bad"),
		"ws/yml/action.yml":           composite("acme/a@v1"), "ws/yml/action.yaml": composite("acme/never@v1"),
		"ws/yaml/action.yaml":  composite("./yml", "acme/b@v1"),
		"ws/self/action.yml":   composite("$/yml", "acme/c@v1"),
		"ws/linked/action.yml": "-> ../yml/action.yml",
		"ws/out/action.yml":    "-> ../../outside/action.yml",
		"ws/docker/Dockerfile": "FROM acme/never",
		"ws/bad/action.yml":    "runs:\n  using: composite\n  steps:\n    - uses: acme/d@v1\n  using: node24\n",
		"outside/action.yml":   composite("acme/stolen@v1"),
	})
	t.Chdir("ws")
	r := followed(t, World{Workspace: filepath.Join(dir, "ws")})
	wantTree(t, r, "./yml", "./yaml", "$/self", "./linked", "./out", "./none", "./docker", "./../outside", "./bad",
		"./yml > acme/a@v1", "./yaml > acme/b@v1", "$/self > acme/c@v1", "$/self > $/yml", "./bad > acme/d@v1")
	for key, why := range map[string]string{"./out": "./out: ", "./none": "./none: there is no none/action.yml", "./../outside": "leaves the workspace"} {
		if ref := reference(t, r, key); ref.Followed || !strings.Contains(ref.NotFollowed, why) {
			t.Errorf("%s: followed %t, %q", key, ref.Followed, ref.NotFollowed)
		}
	}
	if ref := reference(t, r, "./docker"); !ref.Followed || ref.Using != "docker" || !ref.Local() {
		t.Errorf("an action of a Dockerfile alone: %+v", ref)
	}
	if ref := reference(t, r, "./yml"); ref.Name != "composite" || ref.Using != "composite" || !slices.Equal(ref.Nested, []string{"acme/a@v1"}) {
		t.Errorf("%+v", ref)
	}
	// What is wrong inside stands at the line that leads there.
	if !slices.ContainsFunc(Judge(r), func(f Finding) bool {
		return f.Rule == ruleRefused && f.Line == 14 && strings.Contains(f.Message, "in the file of ./bad, line 5: duplicate key using")
	}) {
		t.Errorf("findings: %+v", Judge(r))
	}
	// A reference inside says what leads to it.
	for _, row := range r.Rows {
		if row.Uses == "acme/b@v1" && (row.Line != 7 || !slices.Equal(row.Via, []string{"./yaml"}) || row.Pinned || !row.Annotate) {
			t.Errorf("%+v", row)
		}
	}
	r = followed(t, World{})
	if ref := reference(t, r, "./yml"); ref.Followed || ref.NotFollowed != errNotHere.Error() || len(r.NotFollowed) == 0 {
		t.Errorf("without a workspace: %+v, %q", ref, r.NotFollowed)
	}
}

// downloadedTree makes a runner's folder: OWNER/REPO/REF/FILE, complete unless
// the name begins with a dash.
func downloadedTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name, half := strings.CutPrefix(name, "-")
		ref, file, ok := strings.Cut(name, " ")
		if !ok {
			t.Fatalf("%q: want FOLDER FILE", name)
		}
		path := filepath.Join(dir, filepath.FromSlash(ref), filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if half {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(ref))+".completed", nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFollowDownloaded: what the runner has downloaded is found whatever the
// spelling, and what it has not completed is not there.
func TestFollowDownloaded(t *testing.T) {
	inTree(t, map[string]string{
		".github/workflows/ci.yml": workflow("ACME/Tool@"+strings.ToUpper(shaA), "acme/slash/sub@release/v1", "acme/case@V1", "acme/half@v1"),
	})
	actions := downloadedTree(t, map[string]string{
		"acme/tool/" + strings.ToUpper(shaA) + " action.yml": composite("acme/inner@v1", "./helper"),
		"Acme/Slash/release/v1 sub/action.yml":               composite("$/other"),
		"Acme/Slash/release/v1 other/action.yml":             composite(),
		"acme/case/v1 action.yml":                            composite("acme/never@v1"),
		"-acme/half/v1 action.yml":                           composite("acme/never@v1"),
		"acme/left/v2 action.yml":                            composite("acme/behind@v1"),
	})
	want := []string{
		"acme/tool@" + shaA, "acme/slash/sub@release/v1", "acme/case@V1", "acme/half@v1",
		"acme/tool@" + shaA + " > acme/inner@v1", "acme/tool@" + shaA + " > ./helper", "acme/slash/sub@release/v1 > acme/slash/other@release/v1",
	}
	r := followed(t, World{Actions: actions})
	wantTree(t, r, want...)
	for key, there := range map[string]bool{"acme/tool@" + shaA: true, "acme/slash/other@release/v1": true, "acme/case@V1": false, "acme/half@v1": false, "acme/inner@v1": false} {
		ref := reference(t, r, key)
		if (ref.Download.Dir != "") != there || (ref.Bytes.TreeSHA256 != "") != there || ref.Followed != there {
			t.Errorf("%s: %+v", key, ref)
		}
	}
	if ref := reference(t, r, "./helper"); !ref.Local() || ref.Followed {
		t.Errorf("./ in somebody else's action is the workspace: %+v", ref)
	}
	// What nothing leads to is part of the job all the same.
	r = followed(t, World{Actions: actions, All: true})
	wantTree(t, r, append(want, "acme/case@v1", "acme/case@v1 > acme/never@v1", "acme/left@v2", "acme/left@v2 > acme/behind@v1")...)
}

// TestFollowOnline: reusable workflows and actions of other repositories are
// read there, and what they call their own is theirs.
func TestFollowOnline(t *testing.T) {
	inTree(t, map[string]string{
		".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    uses: acme/flows/.github/workflows/outer.yml@v1\n",
		"mine/action.yml":          composite("acme/mine@v1"),
	})
	r := followed(t, World{Workspace: ".", Resolver: repositories{
		tags: map[string]string{"acme/flows@v1": shaA, "acme/tool@v1": shaB},
		files: map[string]map[string]string{
			"acme/flows@" + shaA: {
				".github/workflows/outer.yml": "on: workflow_call\njobs:\n  a:\n    uses: ./.github/workflows/inner.yml\n  b:\n    uses: $/.github/workflows/self.yml\n",
				".github/workflows/inner.yml": workflow("$/act", "./mine", "acme/tool/sub@v1"),
				".github/workflows/self.yml":  workflow("acme/tool@v9"),
				"act/action.yml":              composite("docker://alpine:3"),
			},
			"acme/tool@" + shaB: {"sub/Dockerfile": "FROM x"},
		},
	}})
	outer, inner, self := "acme/flows/.github/workflows/outer.yml@v1", "acme/flows/.github/workflows/inner.yml@v1", "acme/flows/.github/workflows/self.yml@v1"
	wantTree(t, r, outer, outer+" > "+inner, outer+" > "+self, outer+" > "+inner+" > acme/flows/act@v1", outer+" > "+inner+" > ./mine",
		outer+" > "+inner+" > acme/tool/sub@v1", outer+" > "+inner+" > ./mine > acme/mine@v1", outer+" > "+self+" > acme/tool@v9",
		outer+" > "+inner+" > acme/flows/act@v1 > docker docker://alpine:3")
	if ref := reference(t, r, "acme/tool/sub@v1"); !ref.Followed || ref.Using != "docker" || ref.Commit() != shaB {
		t.Errorf("%+v", ref)
	}
	for _, key := range []string{"acme/mine@v1", "acme/tool@v9"} {
		if ref := reference(t, r, key); ref.Answer.Verdict != ghresolve.Undetermined || ref.NotFollowed != errNoCommit.Error() {
			t.Errorf("%+v", ref)
		}
	}
}

// TestFollowUnreadable: a proved reference whose inside stays unknown is no
// clean one, and one that panics hides no other.
func TestFollowUnreadable(t *testing.T) {
	inTree(t, map[string]string{".github/workflows/ci.yml": workflow("acme/gone@"+shaA, "acme/panics@"+shaA, "acme/empty@"+shaA, "acme/fine@"+shaA)})
	r := followed(t, World{Resolver: repositories{panics: "acme/panics", files: map[string]map[string]string{
		"acme/empty@" + shaA: {}, "acme/fine@" + shaA: {"action.yml": composite("acme/inner@" + shaB)},
	}}})
	for name, why := range map[string]string{"gone": "the server is gone", "panics": "nobody thought of this", "empty": "there is no action.yml"} {
		if ref := reference(t, r, "acme/"+name+"@"+shaA); ref.Followed || ref.Nested != nil || !strings.Contains(ref.NotFollowed, why) {
			t.Errorf("%+v", ref)
		}
		if !slices.ContainsFunc(Judge(r), func(f Finding) bool {
			return f.Rule == ruleUndetermined && strings.Contains(f.Message, "what is inside acme/"+name) && strings.Contains(f.Message, why)
		}) {
			t.Errorf("%s: findings are %+v", name, Judge(r))
		}
	}
	reference(t, r, "acme/inner@"+shaB)
}

// chain is n actions of which each uses the next.
func chain(n int, last string) map[string]map[string]string {
	files := map[string]map[string]string{}
	for i := range n {
		next := fmt.Sprintf("acme/a%d@%s", i+1, shaA)
		if i == n-1 {
			next = last
		}
		files[fmt.Sprintf("acme/a%d@%s", i, shaA)] = map[string]string{"action.yml": composite(next)}
	}
	return files
}

// TestFollowDeep: nesting that the runner refuses is an error, circles too,
// and ends the following.
func TestFollowDeep(t *testing.T) {
	pinned := "acme/pinned@" + shaA
	for _, test := range []struct {
		name  string
		files map[string]map[string]string
		deep  bool
	}{
		{"nine", chain(9, pinned), false},
		{"ten", chain(10, pinned), true},
		{"fifty", chain(50, pinned), true},
		{"circle", chain(3, "acme/a0@"+shaA), true},
		{"itself", chain(1, "acme/a0@"+shaA), true},
	} {
		test.files[pinned] = map[string]string{"action.yml": composite()}
		inTree(t, map[string]string{".github/workflows/ci.yml": workflow("acme/a0@"+shaA, pinned)})
		r := followed(t, World{Resolver: repositories{files: test.files}})
		var lines []int
		for _, f := range Judge(r) {
			if f.Rule == ruleRefused && strings.Contains(f.Message, "nest deeper than 9") {
				lines = append(lines, f.Line)
			}
		}
		if (len(lines) == 1 && lines[0] == 6) != test.deep || len(lines) > 1 || len(r.References) > 12 {
			t.Errorf("%s: said at lines %v; %d references", test.name, lines, len(r.References))
		}
	}
}

// TestFollowMany: there is an end to it, and it is said.
func TestFollowMany(t *testing.T) {
	var uses []string
	for i := range maxReferences + 10 {
		uses = append(uses, fmt.Sprintf("acme/t%d@%s", i, shaA))
	}
	inTree(t, map[string]string{".github/workflows/ci.yml": workflow("./many"), "many/action.yml": composite(uses...)})
	r := followed(t, World{Workspace: "."})
	if len(r.References) != maxReferences || len(r.Gaps) != 1 || Verdict(Judge(r)) == "pass" {
		t.Errorf("%d references, gaps %q", len(r.References), r.Gaps)
	}
	if f := Judge(r); f[len(f)-1].Rule != ruleUndetermined && f[0].Rule != ruleUndetermined {
		t.Errorf("not said: %+v", f[0])
	}
}
