//go:build unix

package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// processes writes a /proc: for each its parent and its program.
func processes(t *testing.T, list map[int]struct {
	parent int
	exe    string
},
) string {
	t.Helper()
	proc := t.TempDir()
	for pid, p := range list {
		dir := filepath.Join(proc, fmt.Sprint(pid))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		stat := fmt.Sprintf("%d (a) S) 99) S %d 1 1 0\n", pid, p.parent)
		if err := os.WriteFile(filepath.Join(dir, "stat"), []byte(stat), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(p.exe, filepath.Join(dir, "exe")); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

func program(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNodes(t *testing.T) {
	type process = struct {
		parent int
		exe    string
	}
	runner, path := t.TempDir(), t.TempDir()
	node24 := program(t, runner, "externals", "node24", "bin", "node")
	onPath := program(t, path, "node")
	proc := processes(t, map[int]process{
		40: {30, "/bin/bash"}, 30: {20, filepath.Join(runner, "bin", "Runner.Worker")}, 20: {1, "/x/bin/Runner.Worker"},
		50: {51, "/bin/a"}, 51: {50, "/bin/b"}, // a circle
		60: {1, "/bin/bash"},
	})
	alpine := t.TempDir()
	alpineNode := program(t, alpine, "node20_alpine", "bin", "node")
	for _, test := range []struct {
		name   string
		finder NodeFinder
		using  string
		want   string
		notice string
		fails  string
	}{
		{"older version than the runner has", NodeFinder{Proc: proc, Parent: 40, PATH: path}, "node16", node24, "", ""},
		{"its own version", NodeFinder{Proc: proc, Parent: 40, PATH: path}, "node24", node24, "", ""},
		{"newer than the runner has", NodeFinder{Proc: proc, Parent: 40, PATH: path}, "node26", onPath, "node26: the runner's own is not here", ""},
		{"no runner above", NodeFinder{Proc: proc, Parent: 60, PATH: path}, "node20", onPath, "whatever its version is", ""},
		{"a circle of parents", NodeFinder{Proc: proc, Parent: 50, PATH: path}, "node20", onPath, "node on PATH is used", ""},
		{"no process", NodeFinder{Proc: proc, Parent: 7, PATH: path}, "node20", onPath, "node on PATH is used", ""},
		{"alpine", NodeFinder{Proc: proc, Parent: 60, Exts: []string{alpine}}, "node20", alpineNode, "", ""},
		{"none", NodeFinder{Proc: proc, Parent: 60, PATH: runner}, "node20", "", "", "there is no node20 here"},
		{"no version", NodeFinder{Proc: proc, Parent: 60, PATH: path}, "node", "", "", "names no version"},
	} {
		got, notice, err := test.finder.Find(test.using)
		if got != test.want || !strings.Contains(notice, test.notice) || (notice == "") != (test.notice == "") || (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: got %q, %q, %v", test.name, got, notice, err)
		}
	}
}
