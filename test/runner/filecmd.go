package runner

import (
	"fmt"
	"strings"
)

// Pair is one key and value of a file command.
type Pair struct{ Key, Value string }

// ParsePairs reads the text of a GITHUB_OUTPUT, GITHUB_ENV or GITHUB_STATE file
// as FileCommandManager.cs does on Linux and macOS: lines end with LF alone, blank
// ones are skipped, and whichever of "=" and "<<" comes first decides what a line
// is. An error fails the step; the real runner has by then applied the pairs that
// came before for GITHUB_ENV, and so do we.
func ParsePairs(text string) ([]Pair, error) {
	text = strings.TrimPrefix(strings.ToValidUTF8(text, "\uFFFD"), "\uFEFF")
	var pairs []Pair
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		equals, doc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case line == "":
		case equals >= 0 && (doc < 0 || equals < doc):
			if equals == 0 {
				return pairs, fmt.Errorf("invalid format '%s': name must not be empty", line)
			}
			pairs = append(pairs, Pair{line[:equals], line[equals+1:]})
		case doc >= 0:
			key, delimiter := line[:doc], line[doc+2:]
			if key == "" || delimiter == "" {
				return pairs, fmt.Errorf("invalid format '%s': name and delimiter must not be empty", line)
			}
			value, rest, ok := untilLine(text, delimiter)
			if !ok {
				return pairs, fmt.Errorf("invalid value: matching delimiter not found '%s'", delimiter)
			}
			pairs = append(pairs, Pair{key, value})
			text = rest
		default:
			return pairs, fmt.Errorf("invalid format '%s'", line)
		}
	}
	return pairs, nil
}

// untilLine returns the text before the line that equals delimiter, without the
// line feed that precedes it, and the text behind it.
func untilLine(text, delimiter string) (value, rest string, ok bool) {
	start := 0
	for start < len(text) {
		line, _, more := strings.Cut(text[start:], "\n")
		if line == delimiter {
			value = strings.TrimSuffix(text[:start], "\n")
			if !more {
				return value, "", true
			}
			return value, text[start+len(line)+1:], true
		}
		if !more {
			break
		}
		start += len(line) + 1
	}
	return "", "", false
}

// parsePath reads a GITHUB_PATH file (AddPathFileCommand): one directory a line,
// and here a carriage return does end a line.
func parsePath(text string) []string {
	var dirs []string
	for _, line := range SplitLines(text) {
		if line != "" {
			dirs = append(dirs, line)
		}
	}
	return dirs
}
