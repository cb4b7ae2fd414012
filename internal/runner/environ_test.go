package runner

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/runner/expr"
)

// environJob is a job with this environment, and its github context.
func environJob(t *testing.T, environ ...string) *job {
	t.Helper()
	j, err := newJob(Program{Workspace: "/ws", Temp: "/temp"}, environ, newChildren(nil, nil), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestEnvironment(t *testing.T) {
	j := environJob(t, "PATH=/bin", "HOME=/h", "GITHUB_ACTION=ours", "GITHUB_ACTION_PATH=/ours", "GITHUB_ACTION_REPOSITORY=our/s", "GITHUB_SHA=abc", "X=base", "Y=base", "GITHUB_REF_PROTECTED=true")
	j.path = []string{"/first", "/last"}
	u := &use{name: "__acme_x"}
	of := Action{Repository: "acme/x", Ref: "v1"}
	environ := j.environ(map[string]string{"X": "step", "GITHUB_SHA": "forged", "PATH": "/step"}, j.githubOf(u, of), Pair{"INPUT_A", "1"})
	for name, want := range map[string]string{
		"X": "step", "Y": "base", "HOME": "/h", "INPUT_A": "1", "PATH": strings.Join([]string{"/last", "/first", "/step"}, string(filepath.ListSeparator)),
		"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/ws", "RUNNER_TEMP": "/temp",
		"GITHUB_SHA": "abc", "GITHUB_ACTION": "__acme_x", "GITHUB_ACTION_REPOSITORY": "acme/x", "GITHUB_ACTION_REF": "v1", "GITHUB_REF_PROTECTED": "true",
	} {
		if got := valueOf(environ, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !slices.IsSorted(environ) || slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, "GITHUB_ACTION_PATH=") }) {
		t.Errorf("got %q", environ)
	}
	script := j.environ(nil, j.githubOf(&use{name: "__acme_x", within: "/a"}, Action{}))
	if !slices.Contains(script, "GITHUB_ACTION_REPOSITORY=") || !slices.Contains(script, "GITHUB_ACTION_REF=") || !slices.Contains(script, "GITHUB_ACTION_PATH=/a") {
		t.Errorf("a script has %q", script)
	}
}

func TestInputVariables(t *testing.T) {
	inputs := &expr.Object{}
	inputs.Set("my input-x.y", "1")
	if got := inputVariables(inputs); len(got) != 1 || got[0] != (Pair{"INPUT_MY_INPUT-X.Y", "1"}) {
		t.Errorf("got %v", got)
	}
	if got := stateVariables(map[string]string{"b": "2", "a": "1"}); !slices.Equal(got, []Pair{{"STATE_a", "1"}, {"STATE_b", "2"}}) {
		t.Errorf("got %v", got)
	}
}

func TestWhich(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs have other names")
	}
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a/tool": 0o644, "b c/tool": 0o755, "d/tool": 0o755} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "d")) // an empty entry of PATH is not the current folder
	path := strings.Join([]string{"", dir, dir + "/a", dir + "/b c", dir + "/d"}, ":")
	if got, err := which("tool", path); err != nil || got != dir+"/b c/tool" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := which("/x/y", path); err != nil || got != "/x/y" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := which("none", path); err == nil || !strings.Contains(err.Error(), "none: command not found") {
		t.Errorf("got %v", err)
	}
}
