package sink

import (
	"fmt"
	"strconv"
	"strings"

	githubactions "github.com/sethvargo/go-githubactions"
)

// Level is the weight of an annotation, spelled as the runner's command.
type Level string

// The levels the runner shows. Any other value counts as Error: what is odd is
// not hidden.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// worstFirst is the order of writing: the runner keeps the first ones.
var worstFirst = [...]Level{Error, Warning, Notice}

const (
	// maxOfLevel is how many annotations of each level the runner keeps for a
	// step (ExecutionContext.cs). The inner steps of a composite action share
	// their parent's; so do the annotations of the step we wrap.
	maxOfLevel = 10
	// maxHeld bounds the annotations of a level that wait here; more are counted.
	maxHeld = 1000
	// maxMessage is where the runner cuts a message, in UTF-16 units.
	maxMessage = 4096
	// maxTitle is the Checks API's limit of an annotation's title.
	maxTitle = 255
)

// Properties place an annotation. All are optional; numbers count from 1 and 0
// means absent. File is relative to the workspace, or absolute and inside it.
type Properties struct {
	File          string
	Line, EndLine int
	Col, EndCol   int // ignored unless the annotation is within one line, as the runner does
	Title         string
}

// Annotation is one message for the people who look at the run. Its text is
// untrusted and kept as it was given.
type Annotation struct {
	Level      Level
	Properties Properties
	Message    string
}

// Rest is what Flush did not write.
type Rest struct {
	Annotations []Annotation  // worst first, in the order they came within a level; at most 1,000 of each
	Count       map[Level]int // how many of each level, kept above or not
}

// Annotate keeps an annotation for Flush. An empty message is left out: the
// runner shows nothing for it.
func (s *Sink) Annotate(level Level, p Properties, message string) {
	if strings.TrimSpace(message) == "" {
		return
	}
	if level != Warning && level != Notice {
		level = Error
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.notes[level]) >= maxHeld {
		s.dropped[level]++
		return
	}
	s.notes[level] = append(s.notes[level], Annotation{level, p, message})
}

// Flush writes the annotations kept so far, worst first, at most 10 of each level
// in the life of the Sink, and returns the others for the summary. Outside
// Actions nothing limits the reader, so all that are held are written, as plain
// lines. Those that a write error kept back are in the Rest.
func (s *Sink) Flush() (Rest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := Rest{Count: map[Level]int{}}
	var failed error
	for _, level := range worstFirst {
		held := s.notes[level]
		n := len(held)
		if s.InActions() {
			n = min(n, maxOfLevel-s.written[level])
		}
		done := 0
		for done < n && failed == nil {
			if failed = s.annotation(held[done]); failed == nil {
				done++
			}
		}
		s.written[level] += done
		rest.Annotations = append(rest.Annotations, held[done:]...)
		if c := len(held) - done + s.dropped[level]; c > 0 {
			rest.Count[level] = c
		}
		delete(s.notes, level)
		delete(s.dropped, level)
	}
	return rest, failed
}

// annotation writes one annotation. The caller holds the lock.
func (s *Sink) annotation(a Annotation) error {
	if s.InActions() {
		return s.command(string(a.Level), a.Properties.command(), message(a.Message))
	}
	text := string(a.Level) + ": " + a.Properties.place()
	for line := range strings.Lines(message(a.Message)) {
		if err := s.printLine(text + strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
		text = "  "
	}
	return nil
}

// message is the text the runner shall show. White space around it goes, line
// ends inside it stay: they are %0A in a command.
func message(s string) string {
	return cut(strings.TrimSpace(visible(s, "\n")), maxMessage)
}

// property is a value that the runner reads back as it is here: it trims the
// property list, and loses the equals signs a value begins with.
func property(s string, limit int) string {
	s = strings.TrimSpace(cut(visible(s, `\n`), limit))
	if strings.HasPrefix(s, "=") {
		return "'" + cut(s, limit-1)
	}
	return s
}

// command returns the properties by the runner's names (IssueCommandProperties).
func (p Properties) command() githubactions.CommandProperties {
	m := githubactions.CommandProperties{}
	set := func(name, value string) {
		if value != "" {
			m[name] = value
		}
	}
	number := func(name string, n int) {
		if n > 0 {
			m[name] = strconv.Itoa(n)
		}
	}
	file := visible(p.File, `\n`)
	if strings.HasPrefix(file, "=") {
		file = "./" + file
	}
	set("file", property(file, maxMessage))
	set("title", property(p.Title, maxTitle))
	number("line", p.Line)
	if p.Line <= 0 {
		return m
	}
	if p.EndLine >= p.Line {
		number("endLine", p.EndLine)
	}
	if p.Col > 0 && (p.EndLine <= 0 || p.EndLine == p.Line) {
		number("col", p.Col)
		if p.EndCol >= p.Col {
			number("endColumn", p.EndCol)
		}
	}
	return m
}

// place is the position as compilers print it, for a terminal.
func (p Properties) place() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
			if p.Col > 0 {
				fmt.Fprintf(&b, ":%d", p.Col)
			}
		}
		b.WriteString(": ")
	}
	if p.Title != "" {
		b.WriteString(p.Title + ": ")
	}
	return b.String()
}

// Total is how many annotations were not written.
func (r Rest) Total() int {
	n := 0
	for _, c := range r.Count {
		n += c
	}
	return n
}

// Markdown lists the rest for the summary under a line that counts it; it is
// empty if nothing is left. Summary bounds its length.
func (r Rest) Markdown() string {
	if r.Total() == 0 {
		return ""
	}
	var parts []string
	for _, level := range worstFirst {
		if n := r.Count[level]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, level))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**Not shown as annotations:** %s\n\n", strings.Join(parts, ", "))
	for _, a := range r.Annotations {
		text, _, more := strings.Cut(message(a.Message), "\n")
		if more {
			text += " …"
		}
		fmt.Fprintf(&b, "- **%s** %s\n", a.Level, EscapeMarkdown(a.Properties.place()+text))
	}
	return b.String()
}
