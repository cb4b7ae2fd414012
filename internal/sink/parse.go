package sink

import (
	"fmt"
	"runtime"
	"strings"
)

// maxPairs bounds what is read from a file that somebody else wrote.
const maxPairs = 10_000

// ParseFileCommand reads the records of a GITHUB_OUTPUT or GITHUB_ENV file as
// the runner does (FileCommandManager.cs in actions/runner v2.336.0): NAME=VALUE,
// or NAME<<DELIMITER, lines, DELIMITER; whichever of "=" and "<<" comes first
// decides; blank lines are skipped; the last record of a name counts. On Windows a
// carriage return belongs to the end of its line, elsewhere to the text. The
// error names the line, and never quotes a value; beside it is what came before.
func ParseFileCommand(data []byte) (map[string]string, error) {
	pairs := map[string]string{}
	lines := strings.Split(string(data), "\n")
	for i := 0; i < len(lines); i++ {
		line := ended(lines[i])
		if line == "" {
			continue
		}
		if len(pairs) == maxPairs {
			return pairs, fmt.Errorf("line %d: more than %d values", i+1, maxPairs)
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case heredoc >= 0 && (equals < 0 || heredoc < equals):
			name, value, end, err := readHeredoc(lines, i, line[:heredoc], line[heredoc+2:])
			if err != nil {
				return pairs, err
			}
			pairs[name] = value
			i = end
		case equals > 0:
			pairs[line[:equals]] = line[equals+1:]
		default:
			return pairs, fmt.Errorf("line %d: expected NAME=VALUE or NAME<<DELIMITER", i+1)
		}
	}
	return pairs, nil
}

// readHeredoc reads the record that starts at line start; end is the index of
// its last line.
func readHeredoc(lines []string, start int, name, delimiter string) (n, value string, end int, err error) {
	if name == "" || delimiter == "" {
		return "", "", 0, fmt.Errorf("line %d: name and delimiter must not be empty", start+1)
	}
	for i := start + 1; i < len(lines); i++ {
		if ended(lines[i]) == delimiter {
			return name, ended(strings.Join(lines[start+1:i], "\n")), i, nil
		}
	}
	return "", "", 0, fmt.Errorf("line %d: the delimiter does not come again", start+1)
}

// ended is a line without the part of its end that stands before the line feed.
func ended(line string) string {
	if runtime.GOOS == "windows" {
		return strings.TrimSuffix(line, "\r")
	}
	return line
}
