package runner

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestShells(t *testing.T) {
	const path = `/tmp dir/it's "x".sh`
	for _, test := range []struct {
		shell, program, extension string
		args                      []string
	}{
		{"bash", "bash", ".sh", []string{"--noprofile", "--norc", "-e", "-o", "pipefail", path}},
		{" sh ", "sh", ".sh", []string{"-e", path}},
		{"python", "python", ".py", []string{path}},
		{"pwsh", "pwsh", ".ps1", []string{"-command", ". '" + path + "'"}},
		{"powershell", "powershell", ".ps1", []string{"-command", ". '" + path + "'"}},
		{"cmd", "cmd", ".cmd", []string{"/D", "/E:ON", "/V:OFF", "/S", "/C", "CALL " + path}},
		{"bash -x {0}", "bash", ".sh", []string{"-x", path}},
		{"perl {0}", "perl", "", []string{path}},
		{"node -r  x\t{0} --y={0}", "node", "", []string{"-r", "x", path, "--y=" + path}},
		{`sudo -E "a b" "" {0}`, "sudo", "", []string{"-E", "a b", "", path}},
		{`x "a""b" \"c \\d\\ {{}} {0}`, "x", "", []string{`a"b`, `"c`, `\\d\\`, "{}", path}},
		{"/bin/sh -c {0}", "/bin/sh", "", []string{"-c", path}},
	} {
		s, err := parseShell(test.shell)
		if err != nil {
			t.Errorf("%s: %v", test.shell, err)
			continue
		}
		args, err := s.arguments(path)
		if err != nil || s.program != test.program || s.extension != test.extension || !slices.Equal(args, test.args) {
			t.Errorf("%s: got %s %q and %q, %v; want %q", test.shell, s.program, args, s.extension, err, test.args)
		}
	}
}

func TestUnknownShells(t *testing.T) {
	for shell, why := range map[string]string{
		"":                "is not known",
		"fish":            "is not known",
		"bash -x":         "{0}, which stands for the script, is missing",
		"awk {print} {0}": "a brace",
		"x {0} {1}":       "a brace",
	} {
		if _, err := parseShell(shell); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want %q", shell, err, why)
		}
	}
}

// TestScripts are written as the runner writes them.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("line ends are others")
	}
	const text = "echo 1\r\necho 2\n"
	for name, want := range map[string]string{
		"bash": text,
		"pwsh": "$ErrorActionPreference = 'stop'\n" + text + "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }",
		"cmd":  "@echo off\n" + text,
	} {
		s, err := parseShell(name)
		if err != nil {
			t.Fatal(err)
		}
		path, err := s.writeScript(t.TempDir(), text)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != want || filepath.Ext(path) != s.extension {
			t.Errorf("%s: got %q in %s", name, got, filepath.Base(path))
		}
	}
}
