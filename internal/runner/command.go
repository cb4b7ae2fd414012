package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The beginnings of the two forms of a command (ActionCommand.cs): ::name at the
// beginning of a line, ##[name anywhere in it.
const (
	commandKey = "::"
	oldPrefix  = "##["
)

// command is a line that the runner would obey.
type command struct {
	name       string // in lower case
	properties map[string]string
	data       string
	at         int // where it begins: what is before is text
}

// knownCommands are the names that the runner knows (ActionCommandManager.cs). A
// line with another name is no command, and may hold one in the older form.
func knownCommands() []string {
	return []string{
		"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher",
		"save-state", "set-env", "set-output", "stop-commands", "warning",
	}
}

// maxSet bounds the values that commands set in one step.
const maxSet = 10_000

// obey returns how much of a line is left, and whether the rest was a command for
// the action itself. In the older form what is before it stays.
func (r *commandReader) obey(line string, beginning bool) (keep int, taken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := func(name string) bool {
		return slices.Contains(knownCommands(), name) || r.stopped != "" && strings.EqualFold(name, r.stopped)
	}
	var c command
	ok := false
	if beginning {
		c, ok = parseCommand(line, known)
	}
	if !ok {
		c, ok = parseOldCommand(line, known)
	}
	switch {
	case !ok:
		return len(line), false
	case r.stopped != "":
		if strings.EqualFold(c.name, r.stopped) {
			r.stopped = ""
		}
		return len(line), false
	case r.do(c):
		return c.at, true
	}
	return len(line), false
}

// do reports whether a command was one for the action itself. One that cannot be
// obeyed fails the step, as on the runner, and is taken out all the same: the
// runner would fail ours.
func (r *commandReader) do(c command) bool {
	var err error
	switch c.name {
	case "stop-commands":
		if err = badStopWord(c.data); err == nil {
			r.stopped = c.data
			return false
		}
	case "set-output":
		err = set(r.outputs, c)
	case "save-state":
		err = set(r.state, c)
	case "set-env":
		switch {
		case !r.unsecure:
			err = errUnsecure
		case strings.EqualFold(c.properties["name"], nodeOptions):
			r.notices = append(r.notices, nodeOptions+" is not set: the runner does not allow it")
		default:
			err = set(r.env, c)
		}
	case "add-path":
		switch {
		case !r.unsecure:
			err = errUnsecure
		case c.data == "":
			err = errors.New("it has no path")
		case len(r.path) < maxSet:
			r.path = append(r.path, c.data)
		}
	default:
		return false
	}
	if err != nil && len(r.errs) < maxProblems {
		r.errs = append(r.errs, fmt.Errorf("command %s: %w", c.name, err))
	}
	return true
}

// nodeOptions is the variable that no command sets (ActionCommandManager.cs,
// FileCommandManager.cs).
const nodeOptions = "NODE_OPTIONS"

var errUnsecure = errors.New("the runner has disabled it: write to GITHUB_ENV or GITHUB_PATH, or set ACTIONS_ALLOW_UNSECURE_COMMANDS to true")

// Masked is the value that a line of output masks, in any of the forms in which the
// runner takes a command.
func Masked(line string) (value string, ok bool) {
	known := func(name string) bool { return slices.Contains(knownCommands(), name) }
	c, ok := parseCommand(line, known)
	if !ok {
		c, ok = parseOldCommand(line, known)
	}
	return c.data, ok && c.name == "add-mask" && c.data != ""
}

// badStopWord refuses the words that could not end stop-commands, or that others
// could write by chance.
func badStopWord(word string) error {
	switch {
	case word == "", strings.EqualFold(word, "pause-logging"), slices.Contains(knownCommands(), strings.ToLower(word)):
		return fmt.Errorf("%.100q cannot end it: expected a word that is no command", word)
	case strings.ContainsAny(word, " \r\n") || strings.Contains(word, commandKey):
		// The runner takes it and stays stopped to the end of the step, which is ours.
		return fmt.Errorf("%.100q can never end it", word)
	}
	return nil
}

func set(m map[string]string, c command) error {
	name := c.properties["name"]
	if name == "" {
		return errors.New("it has no name")
	}
	if _, ok := m[name]; !ok && len(m) >= maxSet {
		return fmt.Errorf("more than %d values", maxSet)
	}
	m[name] = c.data
	return nil
}

// open is the word that ends stop-commands if the process has left it open: the
// runner forgets it with the step that said it, which is not ours.
func (r *commandReader) open() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// parseCommand reads ::name key=value,key=value::data.
func parseCommand(line string, known func(string) bool) (command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), commandKey)
	if !ok {
		return command{}, false
	}
	head, data, ok := strings.Cut(rest, commandKey)
	name, list, _ := strings.Cut(head, " ")
	c := command{name: strings.ToLower(name), data: unescapeData(data)}
	c.properties = propertiesOf(strings.TrimSpace(list), ",", unescapeProperty)
	return c, ok && known(c.name)
}

// parseOldCommand reads ##[name key=value;key=value]data.
func parseOldCommand(line string, known func(string) bool) (command, bool) {
	at := strings.Index(line, oldPrefix)
	if at < 0 {
		return command{}, false
	}
	head, data, ok := strings.Cut(line[at+len(oldPrefix):], "]")
	name, list, _ := strings.Cut(head, " ")
	c := command{name: strings.ToLower(name), data: unescapeOld(data), at: at}
	c.properties = propertiesOf(list, ";", unescapeOld)
	return c, ok && known(c.name)
}

// propertiesOf reads key=value pairs. Those without a value are left out, and the
// case of keys does not count.
func propertiesOf(list, separator string, unescape func(string) string) map[string]string {
	properties := map[string]string{}
	for part := range strings.SplitSeq(list, separator) {
		if key, value, _ := strings.Cut(strings.TrimLeft(part, "="), "="); key != "" && value != "" {
			properties[strings.ToLower(key)] = unescape(value)
		}
	}
	return properties
}

func unescapeData(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(s)
}

func unescapeProperty(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(s)
}

func unescapeOld(s string) string {
	return strings.NewReplacer("%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%").Replace(s)
}
