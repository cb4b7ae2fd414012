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

// builtIn are the shells that have a name (ScriptHandlerHelpers.cs), in any case.
// In an action a shell must be named, so bash is always the strict one.
func builtIn(name string) (shell, bool) {
	switch strings.ToLower(name) {
	case "bash":
		return shell{name, "--noprofile --norc -e -o pipefail {0}", ".sh"}, true
	case "sh":
		return shell{name, "-e {0}", ".sh"}, true
	case "python":
		return shell{name, "{0}", ".py"}, true
	case "pwsh", "powershell":
		return shell{name, "-command \". '{0}'\"", ".ps1"}, true
	case "cmd":
		return shell{name, "/D /E:ON /V:OFF /S /C \"CALL \"{0}\"\"", ".cmd"}, true
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
	if _, err := s.arguments(""); err != nil {
		return shell{}, err
	}
	return s, nil
}

// arguments puts the script's path in. The template is split before, so that
// blanks in a path do no harm: on the runner they would.
func (s shell) arguments(script string) ([]string, error) {
	args := splitArguments(s.template)
	for i, arg := range args {
		text, ok := format(arg, script)
		if !ok {
			return nil, fmt.Errorf("shell %q: a brace that does not belong to {0} is written twice", s.program+" "+s.template)
		}
		args[i] = text
	}
	return args, nil
}

// format is string.Format of .NET for one value: {0}, and {{ and }} for braces.
func format(template, value string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(template); {
		rest := template[i:]
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			out.WriteByte(rest[0])
			i += 2
		case strings.HasPrefix(rest, "{0}"):
			out.WriteString(value)
			i += len("{0}")
		case rest[0] == '{', rest[0] == '}':
			return "", false
		default:
			out.WriteByte(rest[0])
			i++
		}
	}
	return out.String(), true
}

// splitArguments cuts a command line as .NET does for a process, on all systems
// as Windows does: at blanks outside of double quotes, which are taken off. A
// backslash means itself but before a quote, and two quotes inside are one.
func splitArguments(line string) (args []string) {
	var word strings.Builder
	quoted, open := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			n := len(line[i:]) - len(strings.TrimLeft(line[i:], `\`))
			i += n - 1
			open = true
			if !strings.HasPrefix(line[i+1:], `"`) {
				word.WriteString(strings.Repeat(`\`, n))
				break
			}
			word.WriteString(strings.Repeat(`\`, n/2))
			if n%2 == 1 {
				word.WriteByte('"')
				i++
			}
		case c == '"' && quoted && i+1 < len(line) && line[i+1] == '"':
			word.WriteByte('"')
			i++
		case c == '"':
			quoted, open = !quoted, true
		case (c == ' ' || c == '\t') && !quoted:
			if open {
				args = append(args, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if open {
		args = append(args, word.String())
	}
	return args
}

// fix is what the runner adds to scripts of some shells, so that an error ends
// them (ScriptHandlerHelpers.cs, FixUpScriptContents). It looks at the name as it
// is written.
func (s shell) fix(text string) string {
	switch s.program {
	case "pwsh", "powershell":
		text = "$ErrorActionPreference = 'stop'\n" + text +
			"\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
	case "cmd":
		text = "@echo off\n" + text
	}
	if runtime.GOOS == "windows" {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	}
	return text
}

// writeScript puts a script where the runner puts it, to be read by whoever the
// shell may run it as.
func (s shell) writeScript(temp, text string) (path string, err error) {
	path = filepath.Join(temp, strings.ToLower(rand.Text())+s.extension)
	if err := os.WriteFile(path, []byte(s.fix(text)), 0o644); err != nil {
		return "", fmt.Errorf("write the script: %w", err)
	}
	return path, nil
}
