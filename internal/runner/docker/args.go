package docker

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// maxCommand is the most that is taken apart of a text of arguments. Linux
// takes 128 KiB for one argument and a few MiB for all.
const maxCommand = 1 << 20

// SplitArgs takes the one text apart that a workflow has as with: args, as the
// runner does: it puts the text behind the image (DockerCommandManager.cs), and
// .NET splits it as a C program on Windows would be given it (System.Diagnostics
// Process.Unix.cs). No shell is asked, and its rules are others:
//   - Only blanks and tabs separate. A line break inside belongs to the argument;
//     white space at the end of the text is gone.
//   - Only " quotes; ' is a letter. Two " within quotes are one.
//   - A backslash is a letter too, but before a ": then each pair of them is one,
//     and an odd one makes the " a letter.
//   - A quote that is not closed ends with the text.
func SplitArgs(s string) ([]string, error) {
	if len(s) > maxCommand {
		return nil, fmt.Errorf("split arguments: %d bytes are more than %d", len(s), maxCommand)
	}
	if strings.Contains(s, "\x00") {
		return nil, errors.New("split arguments: they have a NUL, which no argument can have")
	}
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	var args []string
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		var arg string
		arg, s = nextArg(s)
		args = append(args, arg)
	}
	return args, nil
}

// nextArg reads one argument, which s begins with, and returns what follows.
func nextArg(s string) (arg, rest string) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		slashes := len(s[i:]) - len(strings.TrimLeft(s[i:], `\`))
		i += slashes
		if i == len(s) || s[i] != '"' {
			b.WriteString(s[i-slashes : i])
			slashes = 0
		}
		b.WriteString(strings.Repeat(`\`, slashes/2))
		switch {
		case i == len(s):
			return b.String(), ""
		case s[i] == '"' && slashes%2 == 1:
			b.WriteByte('"')
		case s[i] == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && (s[i] == ' ' || s[i] == '\t'):
			return b.String(), s[i:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// Stage is when a container of an action runs.
type Stage string

// The stages.
const (
	Pre  Stage = "pre"
	Main Stage = "main"
	Post Stage = "post"
)

// Runs is what action.yml says of its container, expressions evaluated. A step
// that uses docker://IMAGE, and an action that only has a Dockerfile, has none.
type Runs struct {
	Entrypoint, PreEntrypoint, PostEntrypoint string
	// Args are verbatim, empty ones included. Nil means that action.yml has no
	// args at all: only then can the step set them.
	Args []string
}

// Command returns the entry point of a stage, empty for the image's own, and the
// arguments. inputs are the step's, with defaults filled in; names are compared
// without case.
//
// Two things surprise (ContainerActionHandler.cs): with: args and with:
// entrypoint of a step count only where action.yml leaves them out, and pre and
// post get the same arguments as main. An entry point is one word.
func (r Runs) Command(stage Stage, inputs map[string]string) (entrypoint string, args []string, err error) {
	switch stage {
	case Pre:
		entrypoint = r.PreEntrypoint
	case Post:
		entrypoint = r.PostEntrypoint
	case Main:
		if entrypoint = r.Entrypoint; entrypoint == "" {
			entrypoint = input(inputs, "entrypoint")
		}
	default:
		return "", nil, fmt.Errorf("there is no stage %q of a container action", stage)
	}
	if r.Args != nil {
		return entrypoint, r.Args, nil
	}
	args, err = SplitArgs(input(inputs, "args"))
	return entrypoint, args, err
}

// Has says whether there is a container to run at this stage.
func (r Runs) Has(stage Stage) bool {
	return stage == Main || stage == Pre && r.PreEntrypoint != "" || stage == Post && r.PostEntrypoint != ""
}

func input(inputs map[string]string, name string) string {
	if value, ok := inputs[name]; ok {
		return value
	}
	for key, value := range inputs {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
