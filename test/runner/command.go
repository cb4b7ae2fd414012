package runner

import (
	"slices"
	"strings"
	"unicode"
)

// Command is a workflow command as the runner understood it. Name is in lower
// case; Properties and Data are unescaped.
type Command struct {
	Name       string
	Properties map[string]string // names in lower case: the runner's table ignores case
	Data       string
}

// registered are the commands the runner knows (ActionCommandManager.cs).
var registered = []string{
	"add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group",
	"notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
}

// SplitLines splits output as .NET's StreamReader.ReadLine does: a line ends with
// LF, CR or CR LF. Invalid UTF-8 is read as U+FFFD.
func SplitLines(output string) []string {
	output = strings.ToValidUTF8(output, "\uFFFD")
	output = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(output)
	if output == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(output, "\n"), "\n")
}

// ParseCommand reads one line of output as TryProcessCommand does: "::name::" at
// the start after white space, and only if that is no command "##[name]" anywhere
// (ActionCommand.cs, TryParseV2 and TryParse). extra are further names, such as
// the token that ends stop-commands.
//
// The original searches with culture-sensitive comparison in places, where it
// skips characters of no weight; here it is always ordinal.
func ParseCommand(line string, extra ...string) (Command, bool) {
	if c, ok := parseV2(line, extra); ok {
		return c, true
	}
	return parseV1(line, extra)
}

func parseV2(line string, extra []string) (Command, bool) {
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return Command{}, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return Command{}, false
	}
	name, props, _ := strings.Cut(info, " ")
	c, ok := named(name, extra)
	if !ok {
		return Command{}, false
	}
	setProperties(&c, strings.TrimSpace(props), ",", unescapeProperty)
	c.Data = unescapeData.apply(data)
	return c, true
}

func parseV1(line string, extra []string) (Command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return Command{}, false
	}
	info, data, ok := strings.Cut(rest, "]")
	if !ok {
		return Command{}, false
	}
	name, props, _ := strings.Cut(info, " ")
	c, ok := named(name, extra)
	if !ok {
		return Command{}, false
	}
	setProperties(&c, props, ";", unescapeV1)
	c.Data = unescapeV1.apply(data)
	return c, true
}

func named(name string, extra []string) (Command, bool) {
	lower := strings.ToLower(name)
	known := slices.Contains(registered, lower) ||
		slices.ContainsFunc(extra, func(e string) bool { return strings.EqualFold(e, name) })
	return Command{Name: lower, Properties: map[string]string{}}, known && name != ""
}

// setProperties splits as String.Split with RemoveEmptyEntries and a count of 2
// does: empty parts vanish, and so do further equals signs behind the first.
func setProperties(c *Command, list, separator string, un unescaping) {
	for pair := range strings.SplitSeq(list, separator) {
		key, value, ok := strings.Cut(strings.TrimLeft(pair, "="), "=")
		value = strings.TrimLeft(value, "=")
		if ok && value != "" {
			c.Properties[strings.ToLower(key)] = un.apply(value)
		}
	}
}

// unescaping lists escape sequences in the order in which the runner replaces
// them; %25 is last everywhere.
type unescaping [][2]string

var (
	unescapeData     = unescaping{{"%0D", "\r"}, {"%0A", "\n"}, {"%25", "%"}}
	unescapeProperty = unescaping{{"%0D", "\r"}, {"%0A", "\n"}, {"%3A", ":"}, {"%2C", ","}, {"%25", "%"}}
	unescapeV1       = unescaping{{"%3B", ";"}, {"%0D", "\r"}, {"%0A", "\n"}, {"%5D", "]"}, {"%25", "%"}}
)

func (u unescaping) apply(s string) string {
	for _, e := range u {
		s = strings.ReplaceAll(s, e[0], e[1])
	}
	return s
}
