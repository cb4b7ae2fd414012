//go:build unix

package runner

import (
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestFileCommands(t *testing.T) {
	big := strings.Repeat("x", 2<<20)
	write := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	instead := func(do func(string) error) func(string) error {
		return func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return do(path)
		}
	}
	other := t.TempDir() + "/other"
	if err := write("linked=1\n")(other); err != nil {
		t.Fatal(err)
	}
	fifo := instead(func(path string) error { return syscall.Mkfifo(path, 0o600) })
	for _, test := range []struct {
		name    string
		file    func(files) string
		change  func(path string) error
		want    said
		fails   string
		notices int
	}{
		{name: "nothing", file: func(f files) string { return f.output }, change: write("")},
		{name: "outputs", file: func(f files) string { return f.output }, change: write("a=1\nb<<E\nx\ny\nE"), want: said{outputs: map[string]string{"a": "1", "b": "x\ny"}}},
		{name: "what comes before a bad line", file: func(f files) string { return f.output }, change: write("a=1\nbad\nc=2\n"), want: said{outputs: map[string]string{"a": "1"}}, fails: "GITHUB_OUTPUT: line 2"},
		{name: "a mark", file: func(f files) string { return f.output }, change: write("\ufeffa=1\n"), want: said{outputs: map[string]string{"a": "1"}}},
		{name: "UTF-16", file: func(f files) string { return f.output }, change: write("\xff\xfea\x00=\x00\xe4\x00\n\x00"), want: said{outputs: map[string]string{"a": "ä"}}},
		{name: "UTF-16, the other way", file: func(f files) string { return f.path }, change: write("\xfe\xff\x00/\x00a\x00"), want: said{path: []string{"/a"}}},
		{name: "env", file: func(f files) string { return f.env }, change: write("a=1\nNode_Options=--x\n"), want: said{env: map[string]string{"a": "1"}}, notices: 1},
		{name: "state", file: func(f files) string { return f.state }, change: write("a=1\n"), want: said{state: map[string]string{"a": "1"}}},
		{name: "path", file: func(f files) string { return f.path }, change: write("/a b\n\n/c\r\n /d"), want: said{path: []string{"/a b", "/c", " /d"}}},
		{name: "summary", file: func(f files) string { return f.summary }, change: write("# x\n"), want: said{summary: "# x\n"}},
		{name: "large outputs", file: func(f files) string { return f.output }, change: write("a=" + big), fails: "GITHUB_OUTPUT: read its file: more than"},
		{name: "large path", file: func(f files) string { return f.path }, change: write(big), fails: "GITHUB_PATH: read its file: more than"},
		{name: "a large summary is left out", file: func(f files) string { return f.summary }, change: write(big), notices: 1},
		{name: "removed", file: func(f files) string { return f.output }, change: os.Remove},
		{name: "a pipe", file: func(f files) string { return f.output }, change: fifo, fails: "GITHUB_OUTPUT"},
		{name: "a pipe for a summary", file: func(f files) string { return f.summary }, change: fifo, notices: 1},
		{name: "a symlink is followed", file: func(f files) string { return f.env }, change: instead(func(path string) error { return os.Symlink(other, path) }), want: said{env: map[string]string{"linked": "1"}}},
		{name: "a symlink to nothing", file: func(f files) string { return f.env }, change: instead(func(path string) error { return os.Symlink(other+"x", path) })},
		{name: "a folder", file: func(f files) string { return f.state }, change: instead(func(path string) error { return os.MkdirAll(path+"/x", 0o700) }), fails: "GITHUB_STATE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			f, err := newFiles(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := test.change(test.file(f)); err != nil {
				t.Fatal(err)
			}
			got, err := f.read()
			if (err != nil) != (test.fails != "") || err != nil && (!strings.Contains(err.Error(), test.fails) || strings.Contains(err.Error(), dir)) {
				t.Errorf("got %v, want %q", err, test.fails)
			}
			if !maps.Equal(got.outputs, test.want.outputs) || !maps.Equal(got.env, test.want.env) || !maps.Equal(got.state, test.want.state) ||
				!slices.Equal(got.path, test.want.path) || got.summary != test.want.summary || len(got.notices) != test.notices {
				t.Errorf("got %+v", got)
			}
			f.remove()
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s is left", left[0].Name())
			}
		})
	}
}
