package runner

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// shell is how a script of some language is run.
type shell struct {
	program   string
	template  string // arguments; {0} stands for the script's path
	extension string
}

// builtIn are the shells that have a name (ScriptHandlerHelpers.cs). In an action
// a shell must be named, so bash is always the strict one.
func builtIn(name string) (shell, bool) {
	switch strings.ToLower(name) {
	case "bash":
		return shell{"bash", "--noprofile --norc -e -o pipefail {0}", ".sh"}, true
	case "sh":
		return shell{"sh", "-e {0}", ".sh"}, true
	case "python":
		return shell{"python", "{0}", ".py"}, true
	case "pwsh":
		return shell{"pwsh", "-command \". '{0}'\"", ".ps1"}, true
	case "powershell":
		return shell{"powershell", "-command \". '{0}'\"", ".ps1"}, true
	case "cmd":
		return shell{"cmd", "/D /E:ON /V:OFF /S /C \"CALL \"{0}\"\"", ".cmd"}, true
	}
	return shell{}, false
}

// parseShell reads the shell of a step: a name, or a program and its arguments
// with {0} among them.
func parseShell(text string) (shell, error) {
	text = strings.TrimSpace(text)
	if s, ok := builtIn(text); ok {
		return s, nil
	}
	program, template, _ := strings.Cut(text, " ")
	if template = strings.TrimSpace(template); template == "" {
		return shell{}, fmt.Errorf("shell %q is not known: expected bash, sh, python, pwsh, or a program and its arguments with {0} for the script", text)
	}
	if !strings.Contains(template, "{0}") {
		return shell{}, fmt.Errorf("shell %q: {0}, which stands for the script, is missing", text)
	}
	s := shell{program: program, template: template}
	if b, ok := builtIn(program); ok {
		s.extension = b.extension
	}
	return s, nil
}

// arguments puts the script's path in. The template is split as .NET does for a
// process: at blanks, but for those in double quotes, which are taken off.
func (s shell) arguments(script string) []string {
	var args []string
	var word strings.Builder
	quoted, open := false, false
	for _, r := range s.template {
		switch {
		case r == '"':
			quoted, open = !quoted, true
		case (r == ' ' || r == '\t') && !quoted:
			if open {
				args = append(args, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		args = append(args, word.String())
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{0}", script)
	}
	return args
}

// fix is what the runner adds to scripts of some shells, so that an error ends
// them (ScriptHandlerHelpers.cs, FixUpScriptContents).
func (s shell) fix(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	switch s.program {
	case "pwsh", "powershell":
		text = "$ErrorActionPreference = 'stop'\n" + text +
			"\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
	case "cmd":
		text = "@echo off\n" + text
	}
	if runtime.GOOS == "windows" {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// writeScript puts a script where the runner puts it.
func (s shell) writeScript(temp, text string) (path string, err error) {
	path = filepath.Join(temp, strings.ToLower(rand.Text())+s.extension)
	if err := os.WriteFile(path, []byte(s.fix(text)), 0o600); err != nil {
		return "", fmt.Errorf("write the script: %w", err)
	}
	return path, nil
}
