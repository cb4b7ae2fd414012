package sink

import (
	"fmt"
	"strings"

	githubactions "github.com/sethvargo/go-githubactions"
)

// aimSummary is how much of a summary we write. A page longer than that is not
// read; the runner's own limit is maxFile, beyond which it drops the whole file,
// the wrapped step's part too (CreateStepSummaryCommand).
const aimSummary = 60_000

// Summary appends markdown to the job summary, at most 60 kB over the life of the
// Sink and never beyond the runner's 1 MiB, counting what is already in the file.
// What is too long is cut at a line boundary, and a last line counts the lines
// left out. Untrusted text in it must have passed EscapeMarkdown or Code.
// Errors: a *MissingFileError, or a file that is already full.
func (s *Sink) Summary(markdown string) error {
	text := printable(markdown)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var wrote int64
	err := s.appendFile("GITHUB_STEP_SUMMARY", func(size int64) (string, error) {
		room := min(aimSummary-s.summary, maxFile-size-int64(len(githubactions.EOF)))
		fit, ok := fitLines(text, int(max(room, 0)))
		if !ok {
			return "", fmt.Errorf("job summary: no room left for %d lines", strings.Count(text, "\n"))
		}
		wrote = int64(len(fit))
		return fit, nil
	})
	if err != nil {
		return err
	}
	s.summary += wrote
	return nil
}

// fitLines returns text, or as many of its lines as fit into room bytes together
// with a line that counts the others. ok is false if not even that line fits.
func fitLines(text string, room int) (fit string, ok bool) {
	if len(text) <= room {
		return text, true
	}
	total := strings.Count(text, "\n")
	count := func(left int) string { return fmt.Sprintf("\n_%d more lines left out._\n", left) }
	keep, lines := 0, 0
	reserve := len(count(total)) // no later count is longer
	if reserve > room {
		return "", false
	}
	for line := range strings.Lines(text) {
		if keep+len(line)+reserve > room {
			break
		}
		keep += len(line)
		lines++
	}
	return text[:keep] + count(total-lines), true
}

// printable returns markdown of ours without control characters other than line
// feeds and tabs, and as valid UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < ' ' || r >= 0x7F && r <= 0x9F || ignorable(r) {
			return -1
		}
		return r
	}, s)
}
