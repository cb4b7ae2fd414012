// Package sink is the only writer to GitHub's runner: workflow commands, the
// files named by GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE and
// GITHUB_STEP_SUMMARY, and the ID token request.
//
// Every text that reaches it is untrusted. The runner reads each line of both
// output streams, so a file name is enough to raise an annotation, stop the
// command parser or unmask a secret. What the runner reads, and is defused here
// (actions/runner v2.336.0, ActionCommand.cs, OutputManager.cs):
//
//   - "::name k=v::data" at the start of a line after trimming Unicode white space;
//   - "##[name k=v]data" anywhere in a line, tried when the first form fails;
//   - a lone carriage return ends a line as a line feed does.
//
// Nothing here relies on the runner obeying a command: the wrapped step may have
// stopped the parser (stop-commands). What must arrive goes through the files.
//
// Outside Actions (GITHUB_ACTIONS is not "true") annotations and groups are plain
// lines, masks are not printed, and each file method returns a *MissingFileError.
//
// go-githubactions is used behind it for the encoding of commands, masks and the
// ID token. Its file commands are not: their heredoc delimiter is a constant, and
// they panic. Nor is its Context: it decodes the event's 64-bit ids as floating
// point and knows neither workflow_ref nor workflow_sha.
package sink

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	githubactions "github.com/sethvargo/go-githubactions"
)

// maxLine bounds one printed line, in UTF-16 units.
const maxLine = 16 << 10

// Options are the parts of the world a Sink touches. The zero value discards
// commands and finds no environment.
type Options struct {
	Writer     io.Writer           // commands and lines go here; on the runner, standard output
	Getenv     func(string) string // our own environment
	HTTPClient *http.Client        // for the ID token; its Timeout and redirect policy are replaced
}

// Sink writes to the runner. It is safe for concurrent use: each line is one
// Write, and the limits are counted for the Sink, so a process has one.
type Sink struct {
	getenv     func(string) string
	client     *http.Client
	retryPause time.Duration

	mu      sync.Mutex // guards all below
	w       io.Writer
	notes   map[Level][]Annotation
	dropped map[Level]int // beyond what notes may hold
	written map[Level]int
	summary int64 // bytes of ours in the summary
}

// New returns a Sink. It writes nothing.
func New(o Options) *Sink {
	s := &Sink{
		w:          o.Writer,
		getenv:     o.Getenv,
		client:     boundedClient(o.HTTPClient),
		retryPause: 500 * time.Millisecond,
		notes:      map[Level][]Annotation{},
		dropped:    map[Level]int{},
		written:    map[Level]int{},
	}
	if s.w == nil {
		s.w = io.Discard
	}
	if s.getenv == nil {
		s.getenv = func(string) string { return "" }
	}
	return s
}

// InActions reports whether a GitHub runner reads what is written.
func (s *Sink) InActions() bool { return s.getenv("GITHUB_ACTIONS") == "true" }

// Line prints text as one line that the runner cannot read as a command. Line
// ends inside it are shown as \n; control, bidirectional and zero-width
// characters are removed; a very long line is cut with a mark.
//
// A problem matcher that an earlier step registered can still make an annotation
// of any line: that is the workflow's choice, and it is no command.
func (s *Sink) Line(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.printLine(text)
}

func (s *Sink) printLine(text string) error {
	return s.write(cut(lineSafe(text), maxLine) + githubactions.EOF)
}

// Break ends an unfinished line. Call it before Flush when the wrapped step's
// output did not end in a line feed: a command in mid-line is not read.
func (s *Sink) Break() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(githubactions.EOF)
}

// Group starts a collapsible section of the log under an untrusted title.
func (s *Sink) Group(title string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.InActions() {
		return s.printLine(title)
	}
	return s.command("group", nil, cut(visible(title, `\n`), maxTitle))
}

// EndGroup ends the section that Group started.
func (s *Sink) EndGroup() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.InActions() {
		return nil
	}
	return s.command("endgroup", nil, "")
}

// Mask asks the runner to hide value in everything it logs from now on: once
// whole, and once for each of its lines, since the runner logs by the line. Blank
// lines are left out (the runner refuses them). Outside Actions it does nothing,
// because there the command would itself be the leak.
func (s *Sink) Mask(value string) error {
	if !s.InActions() {
		return nil
	}
	var b bytes.Buffer // the library panics when a write fails; a buffer's never does
	gha := githubactions.New(githubactions.WithWriter(&b), githubactions.WithGetenv(s.getenv))
	lines := strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) > 1 {
		lines = append(lines, value)
	}
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			gha.AddMask(l)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(b.String())
}

// command writes one workflow command. Data and properties are already visible
// text; the %-escaping is the library's. The caller holds the lock.
func (s *Sink) command(name string, props githubactions.CommandProperties, data string) error {
	c := githubactions.Command{Name: name, Properties: props, Message: based(data)}
	return s.write(c.String() + githubactions.EOF)
}

// write is the one place that reaches the writer. The caller holds the lock.
func (s *Sink) write(text string) error {
	if text == "" {
		return nil
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}
